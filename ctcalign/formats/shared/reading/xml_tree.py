"""The element tree of an XML caption file."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from ctcalign.errors import CaptionError
from ctcalign.files.text_size import DEPTH, NESTED
from ctcalign.formats.shared.drafts import Source

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_XML_ENTITIES = {"amp", "lt", "gt", "quot", "apos"}


def parse_xml(source: Source) -> Element:
    """The root of an XML file; names of HTML such as "&nbsp;" are known.

    Raises:
        CaptionError: not well-formed XML, or nested too deeply.
    """
    from xml.etree import ElementTree  # only for these formats

    text = re.sub(r"&([A-Za-z][A-Za-z0-9]*);", _named_entity, source.text.lstrip("\ufeff \t\n"))
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:  # ValueError: half a surrogate pair
        raise CaptionError(f"{source.name}: not well-formed XML ({error}); is the file complete?") from error
    level = [root]
    for _ in range(DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return root
    raise CaptionError(f"{source.name}: {NESTED}")


def _named_entity(match: re.Match[str]) -> str:
    return match.group() if match[1] in _XML_ENTITIES else html.unescape(match.group())


def tag_of(element: Element) -> str:
    """The name of an element without its namespace, in lower case."""
    return str(element.tag).rpartition("}")[2].lower()
