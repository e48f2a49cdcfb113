"""Stretches of a caption with their styles, for formats whose mark-up has to be nested or is no text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ctcalign.formats.shared.mark_up import OVERRIDE_STYLE, TAG

Styles = dict[str, str]  # "i", "b", "u", "s" -> "", "color" -> "#rrggbb"

_NAMES = {"i": "i", "em": "i", "b": "b", "strong": "b", "u": "u", "s": "s", "font": "color"}
_COLOUR = re.compile(r"\bcolor\s*=\s*[\"']?(#[0-9a-fA-F]{6})\b")


def runs(text: str) -> Iterator[tuple[str, Styles]]:
    """The stretches of a text between tags, `<br>` as a line end, each with the styles that hold there.

    >>> list(runs("So <i>it</i> goes"))
    [('So ', {}), ('it', {'i': ''}), (' goes', {})]
    """
    opened: list[tuple[str, str]] = []
    cursor, waiting = 0, ""
    for tag in TAG.finditer(text):
        waiting += text[cursor : tag.start()]
        cursor = tag.end()
        if (tag["name"] or "").lower() == "br":
            waiting += "\n"
            continue
        if waiting:
            yield waiting, _styles(opened)
            waiting = ""
        _apply(tag, opened)
    waiting += text[cursor:]
    if waiting:
        yield waiting, _styles(opened)


def _styles(opened: list[tuple[str, str]]) -> Styles:
    return {style: value for style, value in opened if style != "color" or value}


def kept(tag: re.Match[str]) -> str:
    """The style of a tag, "" if it has none of `Styles`; see `Format.tag`."""
    name = (tag["name"] or "").lower()
    if tag["override"]:
        return "style" if OVERRIDE_STYLE.search(tag["override"]) else ""
    if name == "font" and not tag[0].startswith("</") and not _COLOUR.search(tag[0]):
        return ""
    return _NAMES.get(name, "")


def _apply(tag: re.Match[str], opened: list[tuple[str, str]]) -> None:
    """Open or close the styles of a tag."""
    if tag["override"]:
        for letter, on in OVERRIDE_STYLE.findall(tag["override"]):
            if on == "1":
                opened.append((letter, ""))
            else:
                _close(letter, opened)
        return
    style = _NAMES.get((tag["name"] or "").lower())
    if style is None:
        return
    if tag[0].startswith("</"):
        _close(style, opened)
    elif style != "color":
        opened.append((style, ""))
    else:
        colour = _COLOUR.search(tag[0])
        opened.append((style, colour[1].lower() if colour else ""))


def _close(style: str, opened: list[tuple[str, str]]) -> None:
    last = next((k for k in reversed(range(len(opened))) if opened[k][0] == style), None)
    if last is not None:
        del opened[last]
