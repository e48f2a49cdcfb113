"""The element tree of an XML caption file."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from ctcalign.errors import CaptionError
from ctcalign.formats.shared.drafts import Source

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_XML_ENTITIES = {"amp", "lt", "gt", "quot", "apos"}


def parse_xml(source: Source) -> Element:
    """The root of an XML file; names of HTML such as "&nbsp;" are known.

    Raises:
        CaptionError: not well-formed XML.
    """
    from xml.etree import ElementTree  # only for these formats

    text = re.sub(r"&([A-Za-z][A-Za-z0-9]*);", _named_entity, source.text.lstrip("\ufeff \t\n"))
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise CaptionError(f"{source.name}: not well-formed XML ({error}); is the file complete?") from error


def _named_entity(match: re.Match[str]) -> str:
    return match.group() if match[1] in _XML_ENTITIES else html.unescape(match.group())


def tag_of(element: Element) -> str:
    """The name of an element without its namespace, in lower case."""
    return str(element.tag).rpartition("}")[2].lower()
