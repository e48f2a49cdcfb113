"""Mark-up inside a caption, translated to the mark-up of an output format.

Known tags are `<i> <b> <u> <s> <font> <c> <v> <lang> <ruby> <rt> <span> <br>`, times as in VTT and override blocks as
in ASS (`{\\i1}`). Anything else between angle brackets or braces is the user's text.
"""

from __future__ import annotations

import html
import re

TAG = re.compile(
    r"</?(?P<name>i|b|u|s|em|strong|font|c|v|lang|ruby|rt|span|br)(?P<rest>[.\s][^<>]*|\s*/)?>"
    r"|(?P<time><(?:\d+:)?\d{1,2}:\d{2}\.\d{1,3}>)"
    r"|\{(?P<override>\\[^{}]*)\}",
    re.IGNORECASE,
)
_STYLE = {"i": "i", "em": "i", "b": "b", "strong": "b", "u": "u", "s": "s"}
_VTT_TAGS = frozenset({"i", "b", "u", "c", "v", "lang", "ruby", "rt"})
_SRT_TAGS = frozenset({"i", "b", "u", "s", "em", "strong", "font"})
OVERRIDE_STYLE = re.compile(r"\\([ibus])([01])(?![\d.])")
_KARAOKE = re.compile(r"\\(?:[kK][fot]?)\d+")
_POSITION = re.compile(r"\\an?\d+")
_REFERENCE = re.compile(r"&(?:amp|lt|gt|lrm|rlm|nbsp|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_BARE_AMPERSAND = re.compile(rf"&(?!{_REFERENCE.pattern[1:]})")
WORD_JOINER = "\u2060"


def plain(text: str) -> str:
    """The text without its tags, on one line, runs of white space as one space.

    >>> plain("<i>Hello</i>\\n{\\\\b1}you{\\\\b0} <laughs>")
    'Hello you <laughs>'
    """
    if "<" not in text and "{" not in text and "&" not in text:  # most words
        return " ".join(text.split())
    return " ".join(unescaped(TAG.sub(lambda m: " " if _name(m) == "br" else "", text)).split())


def unescaped(text: str) -> str:
    """HTML character references replaced by their characters, unless text would become a tag.

    >>> unescaped("AT&amp;T &lt;laughs&gt; &lt;i&gt;")
    'AT&amp;T &lt;laughs&gt; &lt;i&gt;'
    >>> unescaped("AT&amp;T &lt;laughs&gt;")
    'AT&T <laughs>'
    """
    if "&" not in text:
        return text
    out, cursor = [], 0
    for tag in [*TAG.finditer(text), None]:  # text inside a tag stays
        end = len(text) if tag is None else tag.start()
        out.append(_REFERENCE.sub(lambda match: html.unescape(match[0]), text[cursor:end]))
        if tag is not None:
            out.append(tag[0])
            cursor = tag.end()
    raw = "".join(out)
    return raw if len(TAG.findall(raw)) == len(TAG.findall(text)) else text


def _name(match: re.Match[str]) -> str:
    return (match["name"] or "").lower()


def tag_label(match: re.Match[str]) -> str:
    """What a tag is called in a message, "" for line breaks and times."""
    if match["override"]:
        return "commands in braces"
    return "" if match["time"] or _name(match) == "br" else f"<{_name(match)}>"


def _closing(match: re.Match[str]) -> bool:
    return match[0].startswith("</")


def srt_tag(match: re.Match[str]) -> str:
    """A tag of SubRip players: `<i> <b> <u> <s> <font>` and the ASS position `{\\an8}`; others are dropped."""
    name = _name(match)
    if name == "br":
        return "\n"
    if name in _SRT_TAGS:
        return match[0]
    if match["override"]:
        position = _POSITION.search(match["override"])
        return (f"{{{position[0]}}}" if position else "") + _html_styles(match["override"], _SRT_TAGS)
    return ""


def vtt_tag(match: re.Match[str]) -> str:
    """A tag of WebVTT; times are dropped, since the writer sets its own; `<em>` is `<i>`, `<strong>` is `<b>`."""
    name = _name(match)
    if name == "br":
        return "\n"
    name = _STYLE.get(name, name)
    if name in _VTT_TAGS:
        rest = "" if match["name"].lower() in ("em", "strong") else (match["rest"] or "").rstrip(" /")
        return f"</{name}>" if _closing(match) else f"<{name}{_BARE_AMPERSAND.sub('&amp;', rest)}>"
    return _html_styles(match["override"], _VTT_TAGS) if match["override"] else ""


def ass_tag(match: re.Match[str], *, keep_karaoke: bool) -> str:
    """A tag as ASS override: `<i>` is `{\\i1}`. Karaoke times of the source are dropped unless `keep_karaoke`."""
    name = _name(match)
    if name == "br":
        return r"\N"
    if name in _STYLE:
        return f"{{\\{_STYLE[name]}{0 if _closing(match) else 1}}}"
    if match["override"]:
        kept = match["override"] if keep_karaoke else _KARAOKE.sub("", match["override"])
        return f"{{{kept}}}" if kept else ""
    return ""


def _html_styles(override: str, known: frozenset[str]) -> str:
    found = OVERRIDE_STYLE.findall(override)
    return "".join(f"<{name}>" if on == "1" else f"</{name}>" for name, on in found if name in known)


def lines(text: str) -> str:
    """The text without blank lines, which end a caption in SRT and VTT."""
    return "\n".join(line for line in text.split("\n") if line.strip())


def vtt_text(text: str) -> str:
    """Text escaped for WebVTT. Character references stay as they are: web captions contain them.

    >>> vtt_text("a < b --> c & d")
    'a &lt; b --&gt; c &amp; d'
    """
    return _BARE_AMPERSAND.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


def ass_text(text: str) -> str:
    """Text that no ASS player interprets as a command.

    ASS has no escapes that all players support: braces become full-width braces, and a word joiner (no width, no break)
    separates a backslash from a letter with which it would be a line break.
    """
    text = text.replace("{", "\uff5b").replace("}", "\uff5d")
    return re.sub(r"\\(?=[Nnh])", "\\\\" + WORD_JOINER, text).replace("\n", r"\N")
