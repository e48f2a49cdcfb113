"""Text of users inside of HTML: data as JSON that ends no element, titles that reorder nothing."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

from markupsafe import Markup

# "<" could end the element, "&" begins a reference in XHTML, and the two separators end a line of old JavaScript.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


def json_markup(value: Any) -> Markup:
    """A JSON value for an element `<script type="application/json">`.

    >>> json_markup({"a": "</script>"})
    Markup('{"a":"\\\\u003c/script\\\\u003e"}')
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(_UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def plain_line(text: str) -> str:
    """A text for the title of a page: one line, without control, formatting and unpaired surrogate characters.

    Bidirectional overrides are formatting characters: in a title, nothing else could confine them.

    >>> plain_line("a\u202egpj.exe\\n")
    'agpj.exe'
    """
    return " ".join("".join(c for c in text if c.isspace() or unicodedata.category(c)[0] != "C").split())
