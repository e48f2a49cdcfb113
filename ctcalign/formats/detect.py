"""Which format a caption file has: by its extension, and by its content where that speaks clearly."""

from __future__ import annotations

import re
from pathlib import PurePath

from ctcalign.errors import CaptionError
from ctcalign.formats.registry import CAPTION_FORMATS as FORMATS
from ctcalign.formats.registry import EXTENSIONS
from ctcalign.formats.shared.drafts import Notes, Source

_SAMPLE_LINES = 400
_TIMING = re.compile(r"^\s*[\d:.,;]+\s*-->\s*[\d:.,;]+", re.M)
_LRC = re.compile(r"^\s*\[(?:\d+:\d+(?:[.:]\d+)?|[a-zA-Z#]+:[^\]]*)\]")
_LRC_TIME = re.compile(r"^\s*\[\d+:\d+(?:[.:]\d+)?\]", re.M)
_AUDACITY = re.compile(r"^[-+]?\d+(?:[.,]\d+)?\t[-+]?\d+(?:[.,]\d+)?(?:\t|$)|^\\\t")
_STM = re.compile(r"^\S+\s+\S+\s+\S+\s+\d+(?:\.\d+)?\s+\d+(?:\.\d+)?(?:\s|$)")
_CTM = re.compile(r"^\S+\s+\S+\s+\d+(?:\.\d+)?\s+\d+(?:\.\d+)?\s+\S+(?:\s+\S+){0,3}$|^\S+\s+\S+\s+\*\s+\*\s+<ALT")
_TSV_HEAD = re.compile(
    r"^(?:[^\t\n]*\t)*\s*(?:start|begin)[^\t\n]*\t(?:[^\t\n]*\t)*[^\t\n]*(?:text|transcript|label|caption)", re.I
)


def recognise(source: Source, notes: Notes) -> str:
    """The format of a caption file.

    The extension decides, except where the content carries another format's own signature (a VTT header in a .srt,
    Audacity labels in a .txt): then the content does, and a note says so.

    Raises:
        CaptionError: neither says which it is.
    """
    path = PurePath(source.path.name if source.path is not None else source.name)
    suffixes = [s.lower() for s in path.suffixes if s.lower() != ".gz"]
    suffix = suffixes[-1] if suffixes else ""
    by_content = signature(source.text)
    if suffix in (".json", ".jsonl"):
        return _json_format(source)
    if source.path is not None and suffix == "" and path.name == "text" and _is_kaldi(source):
        return "kaldi"
    by_extension = EXTENSIONS.get(suffix)
    if by_extension is not None:
        if by_content is None or by_content == by_extension or not _outranks(by_content, by_extension):
            return by_extension
        chosen = _json_format(source) if by_content == "json" else by_content
        if chosen != by_extension:
            notes.add(f"named *{suffix} but its content is {chosen}; read as {chosen}")
        return chosen
    if by_content == "json":
        return _json_format(source)
    if by_content is not None:
        return by_content
    columns = _columns(source.text)
    if columns is not None:
        return columns
    if suffix == "" or source.path is None:
        return "txt"
    raise CaptionError(
        f"{source.name}: unknown caption format {suffix!r}; expected one of {', '.join(FORMATS)}; "
        "name it (align: --captions-format, convert: --from)"
    )


def signature(text: str) -> str | None:
    """The format whose own mark the text carries, "json" for any JSON, None when it carries none."""
    head = text.lstrip("\ufeff \t\n")
    first = head[:2000]
    if re.match(r"WEBVTT(?:\s|$)", head):
        return "vtt"
    if first.startswith(('File type = "ooTextFile', '"ooTextFile')) and "TextGrid" in first:
        return "textgrid"
    if re.match(r"\[Script Info\]|\[V4\+? Styles\]", head, re.I) or re.match(r"\[Events\]\s*\nFormat:", head, re.I):
        return "ass"
    if re.match(r"<\?xml|<(?:\w+:)?tt[\s>]", head) and re.search(r"<(?:\w+:)?tt[\s>]", head[:20000]):
        return "ttml"
    if _looks_like_json(head):
        return "json"
    if len(_TIMING.findall(text)) > 0:
        return "srt"
    lines = [line for line in text.split("\n") if line.strip()][:_SAMPLE_LINES]
    if lines and all(_AUDACITY.match(line) for line in lines):
        return "audacity"
    if lines and _LRC_TIME.search(text) and sum(bool(_LRC.match(line)) for line in lines) > 0.5 * len(lines):
        return "lrc"
    return None


def _outranks(content: str, extension: str) -> bool:
    """Plain text and its kin give way to any signature; the others only to one that cannot be theirs."""
    if extension in ("txt", "tsv"):
        return content != "audacity" or extension == "txt"
    if content == "srt":  # timing lines also make a VTT file that lost its header
        return extension not in ("vtt", "stm", "ctm")
    return content in ("vtt", "ass", "ttml", "textgrid", "json") and (content, extension) != ("json", "json3")


def _looks_like_json(head: str) -> bool:
    # "[MUSIC] hello" and "{\an8}..." are captions, not JSON.
    return re.match(r'\{\s*(?:"|\})|\[\s*(?:\{\s*"|\])', head) is not None


def _json_format(source: Source) -> str:
    from ctcalign.formats.shared.json_tree import parse_json

    return parse_json(source).format


def _is_kaldi(source: Source) -> bool:
    """A file `text`: given as its directory, or with other files of a data directory beside it."""
    if source.path is None or source.name != str(source.path):
        return source.path is not None
    return any((source.path.parent / name).is_file() for name in ("segments", "utt2spk", "wav.scp"))


def _columns(text: str) -> str | None:
    """STM, CTM and TSV have no mark of their own: every line must have their columns."""
    lines = [line for line in text.split("\n") if line.strip() and not line.lstrip().startswith(";;")][:_SAMPLE_LINES]
    if not lines:
        return None
    if _TSV_HEAD.match(lines[0]) or all(re.match(r"^[\d.:]+\t[\d.:]+\t", line) for line in lines):
        return "tsv"
    if all(_STM.match(line) for line in lines):
        return "stm"
    if all(_CTM.match(line) for line in lines):
        return "ctm"
    return None
