"""When the times of a caption count as right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ctcalign.alignment.cue import Cue
from ctcalign.calibration.truth import LabelledCue, LabelledWord

WORDS = (LabelledWord("good", True, (1.4, 1.6)), LabelledWord("evening", True, (1.6, 1.9)))
CUE = LabelledCue(Cue(0, "good evening", 1.0, 2.2), 1.0, 2.2, True, WORDS, (0.8, 2.5))


@pytest.mark.parametrize(
    ("cue", "start", "end", "right"),
    [
        (CUE, 1.4, 1.9, True),
        (CUE, 1.49, 1.81, True),  # 0.1 s beyond the words
        (CUE, 1.51, 1.9, False),
        (CUE, 1.4, 1.79, False),
        (CUE, 0.71, 2.59, True),  # and beyond the clip
        (CUE, 0.69, 2.2, False),
        (CUE, 1.0, 2.61, False),
        (replace(CUE, words=()), 1.11, 2.2, False),  # no word is known
        (replace(CUE, words=()), 1.09, 2.11, True),
        (replace(CUE, edges=None), 1.4, 1.9, False),  # no clip
        (replace(CUE, words=(LabelledWord("good", True, (2.6, 2.7)), WORDS[1])), 1.4, 2.2, False),  # outside of it
        (replace(CUE, exact=False), 1.0, 2.2, False),
        (CUE, None, 2.2, False),
    ],
)
def test_any_time_between_the_border_of_the_clip_and_the_word_is_right(cue, start, end, right):
    assert cue.right(start, end, 0.1) == right
