"""Readings of a written word: the ways it may be spoken, most likely first."""

from __future__ import annotations

from ctcalign.text.readings.rules import readings_of
from ctcalign.text.readings.tokens import Context, contexts

__all__ = ["Context", "contexts", "readings_of"]
