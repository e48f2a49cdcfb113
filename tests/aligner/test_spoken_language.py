"""align() of captions in two languages of one writing system, of which one is spoken, in the language of tones."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
import soundfile as sf

from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import align
from ctcalign.alignment.cue import Cue
from tests.aligner.tones import RATE, ToneModel, say, silence

ENGLISH = (
    "good evening and welcome to the museum",
    "we hear about a lighthouse that went dark",
    "please welcome our guest",
    "thank you the tower was finished that year",
    "its lamp could be seen from far away",
    "three men lived there with two goats",
    "the oil cost more than the keeper earned",
)
DUTCH = (
    "goedenavond en welkom in het museum",
    "we horen over een vuurtoren die doofde",
    "verwelkom onze gast",
    "dank je de toren was toen klaar",
    "zijn lamp was van heel ver te zien",
    "er woonden drie mannen met twee geiten",
    "de olie kostte meer dan de wachter verdiende",
)


def spoken(texts, path):
    """Writes the texts as tones and returns their times in seconds."""
    pieces, times, at = [silence(0.5)], [], 0.5
    for text in texts:
        tones = say(re.sub("[^a-z ]", "", text))
        times.append((at, at + len(tones) / RATE))
        pieces += [tones, silence(0.6)]
        at = times[-1][1] + 0.6
    sf.write(path, np.concatenate(pieces), RATE, subtype="FLOAT")
    return times


def near(cues, times):
    return all(
        cue.status == "aligned" and abs(cue.start - start) < 0.05 and abs(cue.end - end) < 0.15
        for cue, (start, end) in zip(cues, times, strict=True)
    )


@pytest.mark.parametrize(("own", "other"), [(ENGLISH, DUTCH), (DUTCH, ENGLISH)])
@pytest.mark.parametrize("first", [True, False])
def test_the_language_that_the_recording_has_is_aligned(tmp_path, own, other, first):
    times = spoken(own, tmp_path / "talk.wav")
    texts = [f"{a}\n{b}" if first else f"{b}\n{a}" for a, b in zip(own, other, strict=True)]
    result = align(tmp_path / "talk.wav", texts, ToneModel())
    assert [cue.text for cue in result.cues] == texts
    assert near(result.cues, times)
    for cue, text, translation in zip(result.cues, own, other, strict=True):
        statuses = [word.status for word in cue.words]
        count = len(text.split())
        own_statuses = statuses[:count] if first else statuses[-count:]
        assert own_statuses == ["aligned"] * count
        assert statuses.count("not_spoken") == len(translation.split())
    warning = [text for text in result.warnings if "bilingual" in text]
    assert len(warning) == 1
    assert f"7 of 7 captions have text in another language {'below' if first else 'above'}" in warning[0]
    assert repr(other[0]) in warning[0]


def test_a_translation_as_a_caption_of_its_own_has_the_times_of_the_original(tmp_path):
    times = spoken(ENGLISH, tmp_path / "talk.wav")
    cues = [
        Cue(2 * number + below, text, 5.0 * number, 5.0 * number + 4)
        for number, pair in enumerate(zip(ENGLISH, DUTCH, strict=True))
        for below, text in enumerate(pair)
    ]
    found = align(tmp_path / "talk.wav", cues, ToneModel()).cues
    assert near(found[::2], times)
    assert {cue.status for cue in found[1::2]} == {"not_spoken"}
    assert [cue.span for cue in found[1::2]] == [cue.span for cue in found[::2]]


def test_both_languages_are_aligned_where_both_are_spoken(tmp_path):
    pairs = list(zip(ENGLISH, DUTCH, strict=True))
    times = spoken([f"{a} {b}" for a, b in pairs], tmp_path / "talk.wav")
    result = align(tmp_path / "talk.wav", [f"{a}\n{b}" for a, b in pairs], ToneModel())
    assert near(result.cues, times)
    assert {word.status for cue in result.cues for word in cue.words} == {"aligned"}
    assert result.warnings == []


def test_lines_of_one_language_are_aligned(tmp_path):
    texts = [f"{a}\n{b}" for a, b in itertools.pairwise(ENGLISH)]
    times = spoken([text.replace("\n", " ") for text in texts], tmp_path / "talk.wav")
    result = align(tmp_path / "talk.wav", texts, ToneModel())
    assert near(result.cues, times)
    assert result.warnings == []


def test_all_is_aligned_if_all_must_be_spoken(tmp_path):
    spoken(ENGLISH, tmp_path / "talk.wav")
    texts = [f"{a}\n{b[:12]}" for a, b in zip(ENGLISH, DUTCH, strict=True)]
    result = align(tmp_path / "talk.wav", texts, ToneModel(), options=AlignOptions(skips=None))
    assert not any("bilingual" in warning for warning in result.warnings)
