"""The helper rules of IPFA, against the stored values of the published program and by their properties."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctcalign.aligner.ipfa.amounts import chunks, fitting, proportion
from ctcalign.aligner.ipfa.references import aligned_rows, between_long_pauses, speech_after, spread
from tests.aligner.ipfa.ipfa_runs import GOLDEN


@pytest.mark.parametrize("case", GOLDEN["text_chunking"])
def test_stored_chunks(case):
    if "text" in case:
        assert chunks(case["text"], case["max_words"]) == case["chunks"]
    else:
        text = " ".join(["word"] * case["num_words"])
        assert [len(piece.split()) for piece in chunks(text, case["max_words"])] == case["chunks_num_words"]


@given(words=st.integers(1, 200), most=st.integers(1, 30))
def test_balanced_chunks_are_almost_equal(words, most):
    text = " ".join(str(number) for number in range(words))
    pieces = chunks(text, most, balanced=True)
    sizes = [len(piece.split()) for piece in pieces]
    assert " ".join(pieces) == text
    assert max(sizes) <= most
    assert max(sizes) - min(sizes) <= 1
    assert len(pieces) == len(chunks(text, most))


@pytest.mark.parametrize("case", GOLDEN["text_to_audio_proportion"])
def test_stored_proportions(case):
    value = proportion(["x" * case["text_len"]], case["audio_samples"] / case["sr"])
    assert value == pytest.approx(case["value"], rel=1e-12)


@pytest.mark.parametrize("case", GOLDEN["find_valid_amount_of_text"])
def test_stored_amounts(case):
    texts = ["x" * length for length in case["text_lengths"]]
    kept, others = fitting(texts, case["audio_samples"] // case["samples_to_frames"])
    assert (len(kept), len(others)) == (case["kept"], case["discarded"])
    assert kept + others[::-1] == texts


@pytest.mark.parametrize("case", GOLDEN["initial_time_references"])
def test_stored_references(case):
    speech = [tuple(stretch) for stretch in case["vad_segments"]]
    rows = spread(case["text_lengths"], speech, case["audio_length"], start=0.0, misplaced_pauses=True)
    assert [kind for kind, *_ in case["rows"]] == ["Non-Speech" if row.row is None else "Speech" for row in rows]
    for row, (_, start, end) in zip(rows, case["rows"], strict=True):
        assert (row.start, row.end) == pytest.approx((start, end), abs=1e-9)
    mended = spread(case["text_lengths"], speech, case["audio_length"], start=0.0)
    assert sorted(mended, key=lambda row: row.start) == mended == sorted(rows, key=lambda row: row.start)


@given(
    lengths=st.lists(st.integers(1, 80), min_size=1, max_size=20),
    gaps=st.lists(st.tuples(st.floats(0.5, 20), st.floats(1, 60)), min_size=1, max_size=6),
)
def test_references_follow_one_another(lengths, gaps):
    speech, at = [], 0.0
    for pause, talk in gaps:
        speech.append((at + pause, at + pause + talk))
        at += pause + talk
    rows = spread(lengths, speech, at + 1)
    assert [row.row for row in rows if row.row is not None] == list(range(len(lengths)))
    assert rows[0].start == speech[0][0]
    for before, here in pairwise(rows):
        assert here.start == pytest.approx(before.end)


def test_only_long_pauses_divide():
    speech = [(1.0, 5.0), (6.0, 9.0), (45.0, 50.0), (51.0, 58.0)]
    assert between_long_pauses(speech, 30.0, 60.0) == [(1.0, 9.0), (45.0, 60.0)]
    assert between_long_pauses(speech, 40.0, 60.0) == [(0.0, 60.0)]
    assert between_long_pauses([], 30.0, 60.0) == [(0.0, 60.0)]


def test_speech_after_an_anchor():
    speech = [(0.0, 10.0), (20.0, 30.0), (40.0, 50.0)]
    assert speech_after(speech, 4.0, 60.0) == [(4.0, 10.0), (20.0, 30.0), (40.0, 50.0)]
    assert speech_after(speech, 15.0, 60.0) == [(15.0, 30.0), (40.0, 50.0)]
    assert speech_after(speech, 55.0, 60.0) == [(55.0, 60.0)]


def test_aligned_rows():
    assert aligned_rows([3], 3) == 0
    assert aligned_rows([3, 3, 3], 6) == 2
    assert aligned_rows([3, 3, 3], 5) == 1
    assert aligned_rows([3, 3, 3], 2) == 0
    assert aligned_rows([3, 3, 3], 9) == 2  # the row at hand is never done
