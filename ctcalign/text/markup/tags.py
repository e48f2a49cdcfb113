"""Tags of HTML, WebVTT and ASS, entities, and characters that are not pronounced."""

from __future__ import annotations

import re

ENTITY = re.compile(r"&(?:amp;)?(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Zero-width, direction, invisible operators, soft hyphen, BOM, fillers of hangul, C0 and C1 controls but white space.
CONTROL = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\u115f\u1160\u3164\uffa0\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]+"
)
_PICTURE = "[\U0001f000-\U0001f3b4\U0001f3b7-\U0001faff\u2600-\u2669\u2670-\u27bf\u2b50\u2b55\u231a\u231b\u23e9-\u23f3]"
EMOJI = re.compile(f"{_PICTURE}[\ufe0e\ufe0f\u20e3]?(?:\u200d?{_PICTURE}[\ufe0f]?)*")

_NAMES = (
    "a|abbr|b|big|br|c|center|cite|code|div|em|font|h[1-6]|i|img|lang|li|mark|ol|p|q|rp|rt|ruby|s|small|span|strike|"
    "strong|sub|sup|tt|u|ul|v"
)
_HTML = re.compile(
    rf"<\s?/\s?(?:{_NAMES})\s?>"  # end tag
    rf"|<(?:{_NAMES})\s?/?\s?>"
    r"|<(?:v|c|lang|b|i|u|ruby|rt)\.[^<>\n]*>"  # VTT classes
    r"|<(?:v|lang)[ \t][^<>\n]*>"  # VTT voice and language
    rf"|<(?:{_NAMES})\s[^<>=]{{0,300}}=[^<>]{{0,1000}}>"  # attributes: "a <b and c> d" has none
    r"|<(?:\d+:)?\d+:\d+(?:[.,]\d+)?>"  # time stamps of VTT and LRC
    r"|<!--.{0,1000}?-->|</?\w+:\w+[^<>]*>",
    re.I | re.S,
)
_ESCAPED = re.compile(rf"&lt;/?(?:{_NAMES})\s*/?&gt;|&lt;font\s.{0, 200}?&gt;", re.I)
# <unk>, <laugh>, <door slams>: transcribers' notes in angle brackets
_ANGLE_NOTE = re.compile(r"(?<![^\s>(\"'])<[A-Za-z][A-Za-z_\- ]{0,40}:?/?>")
# (%hesitation), %uh: hesitations of NIST transcripts; of the second kind only the sign is not spoken
_HESITATION = re.compile(r"(?<![^\s(])\(?%(?:hesitation|hes|fp|noise)\)?(?![^\s),.])", re.I)
_HESITATION_SIGN = re.compile(
    r"(?<![^\s(])%(?=(?:[aeu]h+|[uhae]m+|hm+|mm+|mhm|uh-?huh|um-?hum|oh|er)(?![^\s),.]))", re.I
)
_ASS = re.compile(r"\{[^{}]*\\[^{}]*\}|\{[A-Za-z]:[^{}]*\}")
_DRAWING = re.compile(r"(\{[^{}]*\\p[1-9][^{}]*\})(.*?)(?=\{[^{}]*\\p0[^{}]*\}|$)", re.S)
_RUBY_TEXT = re.compile(r"(<rt[^<>]*>)(.*?)(</rt>|</ruby>|$)", re.I | re.S)
_ASS_BREAK = re.compile(r"(?<![:\\\w])\\[Nn](?=\S|\s|$)|(?<=[^:\\])\\N|\\h")


def tag_regions(text: str) -> list[tuple[int, int, str]]:
    """Regions (start, end, kind) of all tags, in order and without overlap. Kinds: tag, note."""
    found: list[tuple[int, int, str]] = []
    for match in _HTML.finditer(text):
        found.append((match.start(), match.end(), "tag"))
    found += [(m.start(), m.end(), "tag") for m in _ESCAPED.finditer(text)]
    found += [(m.start(), m.end(), "tag") for m in _ASS.finditer(text)]
    found += [(m.start(2), m.end(2), "tag") for m in _DRAWING.finditer(text)]
    found += [(m.start(2), m.end(2), "note") for m in _RUBY_TEXT.finditer(text)]  # pronunciation of the adjacent word
    found += [(m.start(), m.end(), "tag") for m in _ASS_BREAK.finditer(text)]
    found += [(m.start(), m.end(), "note") for m in _ANGLE_NOTE.finditer(text)]
    found += [(m.start(), m.end(), "note") for m in _HESITATION.finditer(text)]
    found += [(m.start(), m.end(), "tag") for m in _HESITATION_SIGN.finditer(text)]
    out: list[tuple[int, int, str]] = []
    for start, end, kind in sorted(found, key=lambda r: (r[0], -r[1])):
        if start < end and (not out or start >= out[-1][1]):
            out.append((start, end, kind))
    return out


def is_break(tag: str) -> bool:
    """Whether a tag separates words or lines: <br>, ASS \\N and \\h."""
    return tag.lower().startswith("<br") or tag in ("\\N", "\\n", "\\h")
