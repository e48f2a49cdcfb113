"""Captions of much more than the recording: an excerpt, or a recording from which parts were cut."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import soundfile as sf

import ctcalign
from ctcalign.aligner.options import AlignOptions
from ctcalign.errors import CaptionError

TALK = Path(__file__).parents[2] / "egs" / "demo" / "talk.ogg"
SPOKEN = [
    "Good evening, and welcome to the harbour museum.",
    "Tonight we hear about a lighthouse that nearly went dark.",
    "Please welcome our guest, Thomas Reed.",
    "Thank you, Anna. The tower was finished in 1884.",
]
WORDS = (
    "a i no oh the of and to in is it was he on as with at by had not are but from or have an they which one you were "
    "her all she there would their we him been has when who will more if out so said what up its about into than them "
    "can only other new some could time these two may then do first any my now such like our over man me even most"
).split()


def others(count: int) -> list[str]:
    """Captions of one to nine words that are not spoken here."""
    rng = random.Random(count)
    return [" ".join(rng.choices(WORDS, k=rng.randint(1, 9))).capitalize() + "." for _ in range(count)]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """The first captions of the bundled talk, without its music; and their times."""
    samples, rate = sf.read(TALK, dtype="float32")
    path = tmp_path_factory.mktemp("excerpt") / "clip.wav"
    sf.write(path, samples[int(5.5 * rate) : int(21.2 * rate)], rate)
    plain = ctcalign.align(path, SPOKEN)
    assert [cue.status for cue in plain.cues] == ["aligned"] * len(SPOKEN)
    return path, [(cue.start, cue.end) for cue in plain.cues]


def place(before: int, middle: int, after: int) -> tuple[list[str], list[int]]:
    """Captions with so many others before, in the middle and after, and the positions of the spoken ones."""
    text = [*others(before), *SPOKEN[:2], *others(middle), *SPOKEN[2:], *others(after)]
    return text, [before, before + 1, before + middle + 2, before + middle + 3]


@pytest.mark.parametrize(("before", "middle", "after"), [(60, 0, 0), (0, 150, 0), (0, 0, 60), (300, 20, 300)])
def test_captions_of_the_rest_cost_no_time(clip, before, middle, after):
    path, times = clip
    text, spoken = place(before, middle, after)
    found = ctcalign.align(path, text)
    for number, time in zip(spoken, times, strict=True):
        assert found.cues[number].status == "aligned"
        assert (found.cues[number].start, found.cues[number].end) == pytest.approx(time, abs=0.05)
    rest = [cue for number, cue in enumerate(found.cues) if number not in spoken]
    assert {cue.status for cue in rest} == {"not_spoken"}
    assert {(cue.start, cue.end) for cue in rest} == {(None, None)}


def test_with_all_spoken_everything_counts(clip):
    text, _ = place(200, 0, 0)
    with pytest.raises(CaptionError, match=r"words do not fit into 15\.\d s of audio .*need at least \d+ frames"):
        ctcalign.align(clip[0], text, options=AlignOptions(skips=None))


def test_windows_of_pseudo_forced_alignment_pass_over_it(clip):
    pytest.importorskip("silero_vad")
    path, times = clip
    text, spoken = place(120, 0, 60)
    found = ctcalign.align(path, text, method="ipfa")
    for number, (start, _) in zip(spoken, times, strict=True):
        assert found.cues[number].start == pytest.approx(start, abs=0.3)
