"""The data of a page as one JSON value, with rows in place of objects: hours have tens of thousands of words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.review.options import PageOptions
from ctcalign.review.sound.recording import PageSound

_STATUS = {"aligned": 0, "not_spoken": 1, "failed": 2}


@dataclass(frozen=True)
class AlignmentFile:
    """The file of the alignment, which the exported edits name: its name, and SHA-256 of its bytes in hexadecimal."""

    name: str
    sha256: str


def page_data(
    alignment: Alignment, file: AlignmentFile, sound: PageSound | None, options: PageOptions, warnings: list[str]
) -> dict[str, Any]:
    """The data that the scripts of the page read (`assets/scripts/data.js`). Times are seconds with 3 decimals.

    A cue is [index, text, start, end, status, confidence, reason, speaker, words, alternatives], a word
    [text, start, end, confidence, status, reason].
    """
    audio = sound.name if sound is not None else PurePath(alignment.audio).name
    return {
        "alignment": {"name": file.name, "sha256": file.sha256, "audio": audio, "cues": len(alignment.cues)},
        "duration": _rounded(sound.duration if sound is not None else _duration(alignment)),
        "model": alignment.model,
        "language": alignment.language,
        "cues": [_cue(cue) for cue in alignment.cues],
        "unwritten": [[_rounded(start), _rounded(end)] for start, end in alignment.unwritten],
        "sound": {
            "source": None if sound is None else sound.source,
            "mime": None if sound is None or sound.embedded is None else sound.embedded.mime,
            "peaksPerSecond": None if sound is None else sound.peaks.per_second,
            "tileSeconds": None if sound is None or sound.spectrogram is None else sound.spectrogram.seconds,
        },
        "limits": {"cps": options.max_cps, "line": options.max_line_length, "lines": options.max_lines},
        "warnings": warnings,
    }


def _duration(alignment: Alignment) -> float:
    ends = [cue.end for cue in alignment.cues if cue.end is not None]
    return max([alignment.duration, *ends, *(end for _, end in alignment.unwritten)])


def _cue(cue: AlignedCue) -> list[Any]:
    return [
        cue.index,
        cue.text,
        _rounded(cue.start),
        _rounded(cue.end),
        _STATUS[cue.status],
        _rounded(cue.confidence, 4),
        cue.reason,
        cue.speaker,
        [_word(word) for word in cue.words],
        [[_rounded(start), _rounded(end)] for start, end in cue.alternatives],
    ]


def _word(word: AlignedWord) -> list[Any]:
    row = [
        word.text,
        _rounded(word.start),
        _rounded(word.end),
        _rounded(word.confidence, 3),
        _STATUS[word.status],
        word.reason,
    ]
    return row if word.reason is not None else row[:5] if word.status != "aligned" else row[:4]


def _rounded(value: float | None, digits: int = 3) -> float | None:
    return None if value is None else round(value, digits)
