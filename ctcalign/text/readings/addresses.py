"""E-mail addresses, URLs, handles and hashtags."""

from __future__ import annotations

import re
from typing import Final

from ctcalign.text.readings.locale import Locale
from ctcalign.text.readings.spoken import combined
from ctcalign.text.readings.tokens import Context, Core

_SCHEME = re.compile(r"(?:https?|ftp)://|mailto:", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?:[\w.+%-]+@)?(?:[^\W_](?:[\w-]*[^\W_])?\.)+(?P<end>[^\W\d_]{2,24})(?::\d+)?(?:[/?#][^\s]*)?", re.IGNORECASE
)
# Top-level domains and file extensions that make a dotted word an address without any other sign of one.
ENDINGS: Final = frozenset(
    """
            com org net edu gov mil int info biz io ai co tv me app dev uk us de fr es it nl be ch at pl ru cn jp kr
            in br mx ar ca au nz ie se no dk fi pt gr cz hu ro ua tr il za eu py js md pdf html htm php txt jpg png
            gif csv json xml zip exe
            """.split()
)  # fmt: skip
_PARTS = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
_WORDS_OF_TWO: Final = frozenset("ac at be by do go he hi if in is it me my no of ok on or so to up us we".split())


def address(core: Core, locale: Locale, _context: Context) -> list[str]:
    """ "name@example.com", "https://www.example.org/a_b", "example.com"."""
    text = core.text
    scheme = _SCHEME.match(text)
    rest = text[scheme.end() :] if scheme else text
    match = _ADDRESS.fullmatch(rest)
    if match is None and scheme is None:
        return []
    if scheme is None and match is not None and "@" not in text and not text.lower().startswith("www."):
        if match["end"].lower() not in ENDINGS or match["end"] != match["end"].lower():
            return []
    if not locale.address or len(text) > 200:
        return []
    phrases = combined([_spoken(part, locale) for part in _PARTS.findall(rest)], 4)
    if rest.lower().startswith("www."):
        short = combined([_spoken(part, locale) for part in _PARTS.findall(rest[4:])], 2)
        phrases = [phrases[0], *short, *phrases[1:2]]
    if scheme and "//" in scheme[0]:
        letters = " ".join(scheme[0].lower().rstrip(":/"))
        colon, slash = locale.address[":"][0], locale.address["/"][0]
        phrases = [*phrases, f"{letters} {colon} {slash} {slash} {phrases[0]}"]
    return phrases


def handle(core: Core, locale: Locale, _context: Context) -> list[str]:
    """ "@name", "#word", "#1"."""
    match = re.fullmatch(r"([@#])(\w+)", core.text)
    if match is None:
        return []
    parts = [part for word in re.findall(r"[A-Z]?[^\W\dA-Z_]+|[A-Z]+|\d+", match[2]) for part in [word]]
    name = combined([_spoken(part, locale) for part in parts], 3) if parts else []
    joined = [match[2]] if len(parts) > 1 and not any(map(str.isdigit, parts)) else []
    if match[1] == "#" and match[2].isdigit():
        return combined([locale.number_sign or ("",), locale.numbers.integer(match[2])[:4]])
    sign = locale.address.get("@", ()) if match[1] == "@" else locale.number_sign[1:]
    return [*combined([sign, [*name, *joined]], 4), *name[:2], *joined]


def _spoken(part: str, locale: Locale) -> list[str]:
    if part.isdigit():
        return locale.numbers.integer(part)[:3] or [part]
    if not part[0].isalpha():
        return list(locale.address.get(part, ()))[:2] or [""]
    lower = part.lower()
    spelled = " ".join(lower)
    if len(lower) == 1:
        return [lower]
    if len(lower) == 2 and lower not in _WORDS_OF_TWO:
        return [spelled, lower]
    if len(lower) <= 4 and not set(lower) & set("aeiouyáéíóúäöüаеиоуыэюя") and lower.isascii():
        return [spelled, lower]
    return [lower]
