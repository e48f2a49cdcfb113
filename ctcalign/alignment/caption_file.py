"""What a caption file holds beside the text and the times of its cues, as read."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Block:
    """Lines of a caption file that are no cue: a comment, a style, a line that another tool reads.

    Attributes:
        before: the `index` of the cue that it stands above; the number of cues at the end of the file.
        kind: what it is, as the format calls it: "NOTE", "STYLE", "Comment", ...
        text: its lines, unchanged.
    """

    before: int
    kind: str
    text: str


@dataclass(frozen=True)
class CaptionFile:
    """The format and the frame of the caption file that an alignment was made of.

    The writer of the same format restores it; another format names it as lost. What belongs to one cue is in the
    `attributes` of the cue.

    Attributes:
        format: name of the format.
        header: the lines above the first cue, unchanged.
        blocks: the other lines that are no cue, in file order.
        recording: id of the recording in the file, of formats that have one (STM, CTM, Kaldi, lhotse).
    """

    format: str
    header: str = ""
    blocks: list[Block] = field(default_factory=list)
    recording: str | None = None
