"""Checks of what a batch may hold, and the mask of its valid frames. Padding is never looked at."""

from __future__ import annotations
