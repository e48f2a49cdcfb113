"""CTC segmentation against the stored runs of the published program, against the installed one, and by itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.ctc.segmentation.segments import (
    LOWEST,
    Segmentation,
    SegmentationRules,
    Trellis,
    min_mean,
    segment_utterances,
    utterance_symbols,
    utterance_times,
)
from ctcalign.errors import NoPathError, ShapeError

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "ctc_segmentation.json").read_text())
CASES = {case["name"]: case for case in GOLDEN["cases"] if case["error"] is None}


def rules_of(config: dict) -> SegmentationRules:
    return SegmentationRules(
        config["blank_transition_cost_zero"],
        config["preamble_transition_cost_zero"],
        config["backtrack_from_max_t"],
        config.get("min_window_size"),
    )


@pytest.mark.parametrize("name", CASES)
def test_stored_runs(name):
    case = CASES[name]
    emission = np.array(GOLDEN["emissions"][case["emission"]], np.float32)
    config = case["config"]
    path = Trellis(emission, np.array(case["ground_truth_mat"]), 0, rules_of(config)).path()
    np.testing.assert_allclose(path.frames * config["index_duration"], case["timings"], atol=1e-9)
    np.testing.assert_allclose(path.frame_scores, case["char_probs"], atol=1e-5)
    names = {-2: "", -1: "ε", **dict(enumerate(GOLDEN["chars"]))}
    assert [names[state] for state in path.states.tolist()] == case["state_list"]
    length = config["score_min_mean_over_L"]
    found = utterance_times(path, case["utt_begin_indices"], config["index_duration"], length)
    assert len(found) == len(case["segments"])
    for here, (start, end, score) in zip(found, case["segments"], strict=True):
        assert here.start == pytest.approx(start, abs=1e-9)
        assert here.end == pytest.approx(end, abs=1e-9)
        assert here.score == pytest.approx(score, abs=1e-5)


@pytest.mark.parametrize("case", GOLDEN["confidence_cases"])
def test_stored_confidences(case):
    shift = case["index_duration"]
    frames = np.array(case["timings"]) / shift  # fractions of a frame would do as well
    path = Segmentation(frames, np.array(case["char_probs"]), np.zeros(0, np.int64))
    [found] = utterance_times(path, case["utt_begin_indices"], shift, case["L"])
    assert [found.start, found.end] == pytest.approx(case["segment"][:2], abs=1e-9)
    assert found.score == pytest.approx(case["segment"][2], rel=1e-9, abs=1e-9)


def test_more_text_than_audio():
    [case] = [case for case in GOLDEN["cases"] if case["error"]]
    emission = np.array(GOLDEN["emissions"]["e1"], np.float32)[:5]
    with pytest.raises(NoPathError, match="symbols but there are only 5 frames"):
        Trellis(emission, np.array(case["ground_truth_mat"]))


def random_emission(seed: int, frames: int, classes: int = 6) -> np.ndarray:
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(frames, classes)) * 4
    return (logits - np.log(np.exp(logits).sum(1, keepdims=True))).astype(np.float32)


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**16),
    texts=st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=6), min_size=1, max_size=5),
    more=st.integers(0, 60),
    free_blank=st.booleans(),
    free_preamble=st.booleans(),
    from_last=st.booleans(),
    length=st.integers(1, 12),
    window=st.sampled_from([8000, 8, 16, 24]),
)
def test_the_same_as_the_installed_program(seed, texts, more, free_blank, free_preamble, from_last, length, window):
    peer = pytest.importorskip("ctc_segmentation")
    symbols, begins = utterance_symbols(texts)
    emission = random_emission(seed, len(symbols) + more)
    config = peer.CtcSegmentationParameters(
        char_list=list("-abcde"),
        index_duration=0.02,
        score_min_mean_over_L=length,
        blank_transition_cost_zero=free_blank,
        preamble_transition_cost_zero=free_preamble,
        backtrack_from_max_t=from_last,
        min_window_size=window,
    )
    matrix, places = peer.prepare_token_list(config, [np.array(text) for text in texts])
    assert matrix[:, 0].tolist() == symbols.tolist()
    assert places == begins
    rules = SegmentationRules(free_blank, free_preamble, from_last, window)
    try:
        timings, char_probs, _ = peer.ctc_segmentation(config, emission, matrix)
    except IndexError:
        with pytest.raises(NoPathError, match="window"):
            Trellis(emission, symbols, rules=rules).path()
        return
    path = Trellis(emission, symbols, rules=rules).path()
    np.testing.assert_allclose(path.frames * 0.02, timings, atol=1e-9)
    np.testing.assert_allclose(path.frame_scores, char_probs, atol=1e-6)
    wanted = peer.determine_utterance_segments(config, places, char_probs, timings, texts)
    found = utterance_times(path, begins, 0.02, length)
    assert [(u.start, u.end) for u in found] == [(float(a), float(b)) for a, b, _ in wanted]
    np.testing.assert_allclose([u.score for u in found], [s for _, _, s in wanted], rtol=1e-9, atol=1e-6)


@settings(deadline=None)
@given(seed=st.integers(0, 2**16), more=st.integers(0, 40), window=st.sampled_from([8000, 16]))
def test_the_same_as_the_installed_program_over_text_of_longer_symbols(seed, more, window):
    peer = pytest.importorskip("ctc_segmentation")
    config = peer.CtcSegmentationParameters(char_list=["-", "a", "b", "ab", "bba", "c"], min_window_size=window)
    matrix, _ = peer.prepare_text(config, ["abba", "cab bab", "abc"])
    emission = random_emission(seed, len(matrix) + more)
    rules = SegmentationRules(window=window)
    try:
        timings, char_probs, _ = peer.ctc_segmentation(config, emission, matrix)
    except IndexError:
        with pytest.raises(NoPathError, match="window"):
            Trellis(emission, matrix, rules=rules).path()
        return
    path = Trellis(emission, matrix, rules=rules).path()
    np.testing.assert_allclose(path.frames * config.index_duration, timings, atol=1e-9)
    np.testing.assert_allclose(path.frame_scores, char_probs, atol=1e-6)


@settings(deadline=None)
@given(seed=st.integers(0, 2**16), kept=st.integers(1, 4))
def test_a_trellis_serves_every_beginning_of_its_text(seed, kept):
    texts = [[1, 2, 3], [4, 4], [5], [2, 1, 2, 3]]
    symbols, begins = utterance_symbols(texts)
    emission = random_emission(seed, 40)
    whole = Trellis(emission, symbols).path(begins[kept])
    alone = Trellis(emission, utterance_symbols(texts[:kept])[0]).path()
    np.testing.assert_array_equal(whole.frames, alone.frames)
    np.testing.assert_array_equal(whole.frame_scores, alone.frame_scores)


def test_the_last_window_is_looked_at_when_asked():
    scores = np.zeros(10)
    scores[9] = -3.0
    assert min_mean(scores, 0, 10, 3) == 0.0
    assert min_mean(scores, 0, 10, 3, last_window=True) == -1.0
    assert min_mean(scores, 8, 10, 3) == -1.5
    assert min_mean(scores, 4, 4, 3) == -1e10


def test_impossible_frames_do_not_lose_the_path():
    emission = np.full((12, 3), -np.inf, np.float32)
    emission[:, 0] = 0.0
    emission[[4, 6]] = [-np.inf, 0.0, -np.inf]
    [one] = segment_utterances(emission, [[1, 1]], 0.02)
    assert (one.start, one.end) == pytest.approx((0.01, 0.13))  # halfway between the start and the blank before it
    assert one.score == 0.0
    assert LOWEST < -1000


def test_wrong_input_is_named():
    emission = random_emission(0, 20)
    with pytest.raises(ValueError, match="number 1 has no label"):
        segment_utterances(emission, [[1], []], 0.02)
    with pytest.raises(ShapeError, match=r"labels in \[0, 6\)"):
        segment_utterances(emission, [[1, 6]], 0.02)
    with pytest.raises(ShapeError, match="blank: expected"):
        Trellis(emission, np.array([-1, 1]), blank=9)
    with pytest.raises(ShapeError, match="only the start marker"):
        Trellis(emission, np.array([-1, 1, -1]))
    with pytest.raises(ValueError, match="logits"):
        segment_utterances(emission + 5, [[1]], 0.02)


def test_symbols_of_utterances():
    symbols, begins = utterance_symbols([[3, 1], [2]], blank=5)
    assert symbols.tolist() == [-1, 5, 3, 1, 5, 2, 5]
    assert begins == [1, 4, 6]
    assert symbols.dtype == np.int64
    assert utterance_symbols([[3]])[0].tolist() == [-1, 0, 3, 0]


def path_at(frames, scores=200):
    return Segmentation(np.array(frames), -np.ones(scores), np.zeros(0, np.int64))


def test_times_are_halfway_but_at_most_half_a_second_away():
    # Start marker, separator, two symbols, separator, one symbol, separator; 0.1 s a frame.
    near = path_at([0, 2, 6, 9, 11, 14, 20])
    first, second = utterance_times(near, [1, 4, 6], 0.1)
    assert (first.start, first.end) == pytest.approx((0.1, 1.0))  # (0 + 2) / 2 and (9 + 11) / 2 frames
    assert (second.start, second.end) == pytest.approx((1.0, 1.7))
    far = path_at([0, 20, 40, 45, 70, 90, 130])
    first, second = utterance_times(far, [1, 4, 6], 0.1)
    assert (first.start, first.end) == pytest.approx((3.5, 5.0))  # half a second before frame 40 and after frame 45
    assert (second.start, second.end) == pytest.approx((8.5, 9.5))
    first, second = utterance_times(far, [1, 4, 6], 0.1, cores=True)
    assert (first.start, first.end) == pytest.approx((4.0, 4.6))
    assert (second.start, second.end) == pytest.approx((9.0, 9.1))


def test_the_score_is_of_the_frames_of_the_utterance():
    scores = np.zeros(40)
    scores[[9, 10, 19, 20]] = -8.0, -1.0, -2.0, -16.0
    path = Segmentation(np.array([0, 5, 10, 19, 30]), scores, np.zeros(0, np.int64))
    assert utterance_times(path, [1, 4], 0.1, 10, cores=True)[0].score == pytest.approx(-0.3)  # frames 10 to 19
    assert utterance_times(path, [1, 4], 0.1, 2, cores=True)[0].score == pytest.approx(-0.5)
    assert utterance_times(path, [1, 4], 0.1, 2, True, cores=True)[0].score == pytest.approx(-1.0)
    assert utterance_times(path, [1, 4], 0.1, 30, cores=True)[0].score == pytest.approx(-0.3)


def test_smallest_mean_of_windows():
    scores = np.array([-1.0, -5.0, -2.0, -9.0, 0.0])
    assert min_mean(scores, 0, 5, 2) == -5.5
    assert min_mean(scores, 0, 4, 2) == -3.5  # the last window, of frames 2 and 3, is left out
    assert min_mean(scores, 0, 4, 2, last_window=True) == -5.5
    assert min_mean(scores, 1, 3, 2) == -3.5  # one window
    assert min_mean(scores, 2, 3, 2) == -2.0
    assert min_mean(scores, 0, 5, 1) == -9.0
    assert min_mean(scores, 3, 2, 2) == -1e10
    assert min_mean(scores, 0, 5) == pytest.approx(-17 / 5)
    assert min_mean(np.zeros(40) + 1.0, 0, 40) == 0.0  # never above 0
    assert min_mean(np.arange(-40.0, 0.0), 0, 40) == pytest.approx(-25.5)  # 30 frames by default


def sure(labels, classes=3):
    emission = np.full((len(labels), classes), -9.0, np.float32)
    emission[np.arange(len(labels)), labels] = 0.0
    return emission


def test_a_path_by_hand():
    emission = sure([0, 0, 1, 1, 0, 0, 2, 0, 0])
    symbols, _ = utterance_symbols([[1, 2]])
    path = Trellis(emission, symbols).path()
    assert path.frames[2:4].tolist() == [2, 6]
    assert path.states[0] == -2
    assert (path.states[2], path.states[6]) == (1, 2)
    assert set(path.states[[3, 4, 5]].tolist()) == {-1}
    assert path.frame_scores.tolist() == [0.0] * 9
    [found] = segment_utterances(emission, [[1, 2]], 0.1)
    assert found.score == 0.0
    assert 0.0 <= found.start <= 0.2
    assert 0.6 <= found.end <= 0.9
    last = Trellis(emission, symbols, rules=SegmentationRules(from_last_frame=True)).path()
    assert last.states[8] != -2
    assert last.frames[2:4].tolist() == [2, 6]


def test_frames_before_the_first_symbol():
    emission = sure([2, 2, 2, 0, 1, 0])
    symbols, _ = utterance_symbols([[1]])
    free = Trellis(emission, symbols).path()
    assert free.frames[2] == 4
    assert free.frame_scores[4] == 0.0
    bound = Trellis(emission, symbols, rules=SegmentationRules(free_preamble=False)).path()
    assert bound.frame_scores.sum() == -18.0  # two frames of another symbol, whatever the path says there
    assert free.frame_scores[3:].sum() == 0.0


@pytest.mark.parametrize("window", [60, 10**6])
def test_a_window_of_all_frames_changes_nothing(window):
    symbols, _ = utterance_symbols([[1, 2, 3], [4, 5]])
    emission = random_emission(5, 60)
    plain, windowed = (Trellis(emission, symbols, rules=SegmentationRules(window=one)).path() for one in (None, window))
    np.testing.assert_array_equal(plain.frames, windowed.frames)
    np.testing.assert_array_equal(plain.states, windowed.states)


def test_text_and_frames_at_the_edge():
    symbols, _ = utterance_symbols([[1, 2]])
    assert Trellis(random_emission(0, 5), symbols).path().frames.tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(NoPathError, match="the text has 5 symbols but there are only 4 frames"):
        Trellis(random_emission(0, 4), symbols)
    for wrong in (np.zeros((2, 2, 2)), np.zeros(0)):
        with pytest.raises(ShapeError, match=r"symbols: expected shape \(N,\) or \(N, S\) with N >= 1"):
            Trellis(random_emission(0, 9), wrong)
    for wrong in ([-2, 1], [-1, 6]):
        with pytest.raises(ShapeError, match=r"symbols: expected a start marker -1 and labels in \[0, 6\), got"):
            Trellis(random_emission(0, 9), np.array(wrong))
    for blank in (-1, 6):
        with pytest.raises(ShapeError, match=r"blank: expected a label in \[0, 6\)"):
            Trellis(random_emission(0, 9), np.array([-1, 1]), blank)
    assert len(Trellis(random_emission(0, 9), np.array([-1, 5, 0]), blank=5)) == 3


def test_impossible_labels_count_as_the_lowest_score():
    emission = np.full((4, 3), -np.inf, np.float32)
    emission[:, 0] = 0.0
    path = Trellis(emission, utterance_symbols([[1]])[0]).path()
    assert path.frame_scores.min() == LOWEST == -1e4


def test_the_score_is_of_thirty_frames_by_default():
    emission, texts = random_emission(3, 120), [[1, 2, 3, 4, 5] * 3]
    plain, named, shorter = (segment_utterances(emission, texts, 0.02, **options) for options in
                             ({}, {"length": 30, "last_window": False, "blank": 0}, {"length": 29}))  # fmt: skip
    assert plain == named
    assert plain != shorter
    assert segment_utterances(emission, texts, 0.02, last_window=True)[0].score <= plain[0].score
