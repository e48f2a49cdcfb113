"""What a fit learns from: aligned captions with known errors, and the truth about their words, gaps and cues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.inputs import CueMaterial, Material
from ctcalign.aligner.confidence.recording_quality import Level
from ctcalign.aligner.confidence.word_features import Rows, features_of
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.calibration.truth import LabelledCue, LabelledWord

B8 = NDArray[np.int8]

UNKNOWN = -1  # beside 0 (no) and 1 (yes)
WITHIN = 0.5  # seconds that both ends of a cue may be off
WORD_WITHIN = 0.3


@dataclass(frozen=True)
class Example:
    """A cue with its truth.

    Attributes:
        group: recordings of one speaker share it; a fit is tested on groups that it has not seen.
        kind: of corruption.
        right: said as written, and placed with both ends within WITHIN.
        material: None where the cue has no place.
        said: of each word of the material, whether it is said as written. (n,) of 0, 1, UNKNOWN
        whole: of each gap between two words, whether nothing is left out there. (n - 1,)
        placed: of each word, whether it is said as written and placed within WORD_WITHIN. (n,)
    """

    group: str
    kind: str
    right: bool
    material: CueMaterial | None
    level: Level
    said: B8
    whole: B8
    placed: B8

    @cached_property
    def rows(self) -> Rows:
        """The features of the words and gaps: the fits of a cross-validation share them. Of a cue with a place."""
        if self.material is None:
            raise ValueError("an example without a place has no features")
        return features_of(self.material, self.level)


def examples(
    group: str,
    kind: str,
    keys: Sequence[LabelledCue],
    text: Transcript,
    cues: Sequence[AlignedCue],
    found: Material,
) -> list[Example]:
    """An example a cue.

    Args:
        keys: the truth about each of `cues`.
        text, found: of their alignment.
    """
    known = {cue.evidence.cue: cue for cue in found.cues}
    out: list[Example] = []
    for number, (key, cue) in enumerate(zip(keys, cues, strict=True)):
        own = known.get(number)
        right = own is not None and key.right(cue.start, cue.end, WITHIN)
        words = [] if own is None else own.evidence.words
        truth = _words(key, [text.spoken[n].word.start for n in words])
        said = [UNKNOWN if word is None else int(key.spoken and word.spoken) for word in truth]
        whole = [
            UNKNOWN if after is None or not (key.spoken and said[i] == said[i + 1] == 1) else int(not after.hole)
            for i, after in enumerate(truth[1:])
        ]
        times = [cue.words[text.homes[n][1]] for n in words]
        placed = [_placed(word, yes, time.start, time.end) for word, yes, time in zip(truth, said, times, strict=True)]
        out.append(Example(group, kind, right, own, found.level, _array(said), _array(whole), _array(placed)))
    return out


def _array(values: Sequence[int]) -> B8:
    return np.array(values, np.int8)


def _words(key: LabelledCue, begins: Sequence[int]) -> list[LabelledWord | None]:
    """The word of the key that holds each of these characters; None where the key does not know words."""
    if not key.words:
        return [LabelledWord("", False)] * len(begins) if not key.spoken else [None] * len(begins)
    edges = np.cumsum([0, *(len(word.text) + 1 for word in key.words)])
    return [key.words[int(np.searchsorted(edges, begin, side="right")) - 1] for begin in begins]


def _placed(word: LabelledWord | None, said: int, start: float | None, end: float | None) -> int:
    if said == 0 or start is None or end is None:
        return 0
    if said == UNKNOWN or word is None or word.place is None:
        return UNKNOWN
    return int(abs(start - word.place[0]) <= WORD_WITHIN and abs(end - word.place[1]) <= WORD_WITHIN)
