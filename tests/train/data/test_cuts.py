"""Samples, texts and words of cuts, and sources that cannot be used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ctcalign.errors import UsageError
from ctcalign.train.data.cuts import open_cuts, read_samples, text_of_cut, timed_words
from tests.train.tones import make_cuts


@pytest.fixture(scope="module")
def manifest(tmp_path_factory) -> Path:
    return make_cuts(tmp_path_factory.mktemp("data") / "cuts0", 31)  # the folder names the cuts


def test_a_cut_read(manifest, tmp_path):
    cut = next(iter(open_cuts("x", str(manifest))))
    words = timed_words(cut)
    assert " ".join(word.text for word in words) == text_of_cut(cut)
    assert all(0 < word.start < word.end < cut.duration for word in words)
    assert len(read_samples(cut, 8_000)) == pytest.approx(cut.duration * 8_000, abs=2)
    cut.supervisions[0].text += " and more"  # no longer what was aligned
    assert all(np.isnan(word.end) for word in timed_words(cut))


def test_texts_are_composed(manifest):
    cut = next(iter(open_cuts("x", str(manifest))))
    [supervision] = cut.supervisions
    [one, *_] = supervision.alignment["word"]
    supervision.alignment = {"word": [one._replace(symbol="cafe\u0301")]}
    supervision.text = "café"
    assert [(word.text, word.end) for word in timed_words(cut)] == [("café", one.end)]
    supervision.text, supervision.alignment = "cafe\u0301", {"word": [one._replace(symbol="café")]}
    assert [(word.text, word.end) for word in timed_words(cut)] == [("café", one.end)]
    assert text_of_cut(cut) == "café"


def test_times_of_words_in_a_part_of_a_recording(manifest):
    """lhotse moves the times of a supervision when a recording is cut, not those of its words."""
    [cut] = list(open_cuts("x", str(manifest)))[:1]
    whole = timed_words(cut)
    shifted = cut.truncate(offset=whole[0].start)
    shifted.supervisions[0].start, shifted.supervisions[0].duration = 0.0, shifted.duration
    assert [word.start for word in timed_words(shifted)] == pytest.approx(
        [w.start - whole[0].start for w in whole], abs=1e-3
    )
    assert [word.end for word in timed_words(shifted)] == pytest.approx(
        [w.end - whole[0].start for w in whole], abs=1e-3
    )
    moved = cut.truncate(offset=whole[0].start)
    moved.supervisions[0].alignment = {"word": [item.with_offset(50) for item in cut.supervisions[0].alignment["word"]]}
    assert all(np.isnan(word.end) for word in timed_words(moved))  # of another place


def test_sources_that_are_none(tmp_path, manifest):
    for sources, message in (
        ([], "got an empty list"),
        ([str(tmp_path)], "a folder without Shar cuts"),
        ([str(tmp_path / "none.jsonl")], "no such file or folder"),
        ([str(manifest.with_name("cuts0-000.wav"))], "not a cut manifest by its extension; give a Shar"),
    ):
        with pytest.raises(UsageError, match=message):
            open_cuts("data.train", sources)


def test_sources_of_different_sizes_last_the_whole_epoch(tmp_path):
    """Drawn with equal probability, the small source would be used up in the first quarter of the epoch."""
    small, large = (make_cuts(tmp_path / name, count) for name, count in (("small", 12), ("large", 84)))
    order = [cut.id for cut in open_cuts("x", [str(small), str(large)], shuffle_seed=3)]
    places = [place for place, name in enumerate(order) if name.startswith("small")]
    assert len(order) == 96
    assert len(places) == 12
    assert sum(place < 48 for place in places) <= 9
