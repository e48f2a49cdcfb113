"""Text and attributes of XML outputs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Text between tags; characters that XML cannot hold are left out.

    >>> xml_text("a < b & c\\x00")
    'a &lt; b &amp; c'
    """
    return escape(_NOT_XML.sub("", text))


def attributes(values: Mapping[str, str | None]) -> str:
    """Attributes of a tag, each with a space before it; None: left out.

    >>> attributes({"id": "a1", "name": 'so "called"', "none": None})
    ' id="a1" name=\\'so "called"\\''
    """
    return "".join(
        f" {name}={quoteattr(_NOT_XML.sub('', value))}" for name, value in values.items() if value is not None
    )
