"""Limits of recordings, without the libraries that decode them."""

from __future__ import annotations

# Seconds. Longer recordings are refused unless the caller says otherwise: a small file can hold days of silence.
MAX_DURATION = 12 * 3600.0
