"""What may be said for a written word: several readings, most likely first."""

from __future__ import annotations

from ctcalign.text.readings.context import Context, contexts
from ctcalign.text.readings.rules import readings_of

__all__ = ["Context", "contexts", "readings_of"]
