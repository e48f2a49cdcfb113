"""The rules of reading, in the order in which they are tried."""

from __future__ import annotations

from ctcalign.text.languages import primary_code
from ctcalign.text.readings.context import NO_CONTEXT, Context
from ctcalign.text.readings.spoken import Reading, distinct


def readings_of(token: str, language: str | None = "en", context: Context = NO_CONTEXT) -> tuple[Reading, ...]:
    """What may be said for one word of a caption, most likely first; nothing for punctuation and pictures."""
    return distinct([token], primary_code(language))
