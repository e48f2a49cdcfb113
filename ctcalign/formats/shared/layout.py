"""Format-specific content: restored by the writer of the same format, reported as lost by the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ctcalign.alignment.alignment import Alignment
from ctcalign.alignment.caption_file import CaptionFile
from ctcalign.formats.shared.format import ALL, Format
from ctcalign.formats.shared.mark_up import TAG, tag_label
from ctcalign.formats.shared.view import counted


def with_blocks(rows: Iterable[tuple[int, str]], source: CaptionFile | None, end: str = "\n") -> list[str]:
    """The rows of a file, (index of the cue, its text), with the blocks of the input file above the same cues.

    A block comes before the first row that is of its cue or a later one; `end` is written after it.
    """
    blocks = list(source.blocks) if source is not None else []
    out: list[str] = []
    at = 0
    for index, text in rows:
        while at < len(blocks) and blocks[at].before <= index:
            out.append(blocks[at].text + end)
            at += 1
        out.append(text)
    return out + [block.text + end for block in blocks[at:]]


def lost_layout(alignment: Alignment, entry: Format) -> list[str]:
    """One note that names the content of the input file that this output cannot hold; none if nothing is lost."""
    source = alignment.source
    if source is None or entry.name == "json":
        return []
    kept = entry.restores.get(source.format, frozenset())
    if ALL in kept:
        return []
    counts: Counter[str] = Counter()
    for cue in alignment.cues:
        counts.update(key for key in _names(cue.attributes) if key not in kept)
        lost = set()
        if entry.tag is not None:
            lost = {tag_label(tag) for tag in TAG.finditer(cue.text) if not entry.tag(tag)} - {""}
        if cue.speaker and "<v>" not in lost and "speakers" not in entry.keeps:
            lost.add("speaker")
        counts.update(lost - ({"<v>"} if cue.speaker and "speakers" in entry.keeps else set()))
    found = ["header"] if source.header.strip() and "header" not in kept else []
    blocks = Counter(block.kind for block in source.blocks if block.text.strip() and block.kind not in kept)
    found += [kind if count == 1 else f"{kind} ({count})" for kind, count in blocks.items()]
    found += [f"{key} ({counted(count, 'cue')})" for key, count in counts.items()]
    return [f"not kept of the {source.format} file, which {entry.name} cannot hold: {', '.join(found)}"] * bool(found)


def _names(attributes: Mapping[str, object]) -> list[str]:
    # The raw text: its tags are counted. The span of a cut: its id is counted. Tiers: mostly the name of the speaker.
    return [key for key in attributes if key not in ("text", "cut_span", "tiers")]
