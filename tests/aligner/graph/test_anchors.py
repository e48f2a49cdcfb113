"""The first look at a long recording: anchors, and a search near them that finds what the exact one finds."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctcalign.aligner.graph import search as searching
from ctcalign.aligner.graph.anchors import _longest_chain, _supported, anchors, expected_frames
from ctcalign.aligner.graph.search import search
from ctcalign.aligner.graph.word_graph import SkipCosts, skipping_graph
from ctcalign.emission.emission import compute_emission
from ctcalign.text.tokeniser import Tokeniser
from ctcalign.text.words import words_of
from tests.aligner.tones import ToneModel, say, silence

COSTS = SkipCosts()
FILLERS = [COSTS.between * 0.02, COSTS.inside * 0.02]


def sentences(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 7))) for _ in range(60)]
    return [" ".join(rng.choices(words, k=6)) for _ in range(count)]


def emission_of(spoken: list[str]):
    pieces = [piece for text in spoken for piece in (say(text), silence(0.7))]
    return compute_emission(ToneModel(), iter([np.concatenate(pieces)]))


def graph_of(written: list[str]):
    model = ToneModel()
    tokeniser = Tokeniser(model.vocabulary, "en", "auto")
    tokeniser.start_report()
    words = [(number, tokeniser.tokenise(word)) for number, text in enumerate(written) for word in words_of(text)]
    return skipping_graph([w for _, w in words], [number for number, _ in words], model.vocabulary, COSTS)


@given(st.lists(st.integers(0, 8), max_size=8))
def test_longest_chain(values):
    found = _longest_chain(np.array(values, np.int64)).tolist()
    picked = [values[place] for place in found]
    assert found == sorted(found)
    assert all(a < b for a, b in itertools.pairwise(picked))
    best = max(
        (n for n in range(len(values) + 1)
         if any(all(a < b for a, b in itertools.pairwise(c)) for c in itertools.combinations(values, n))),
    )  # fmt: skip
    assert len(found) == best


@pytest.mark.parametrize("seed", range(3))
def test_the_search_near_anchors_finds_the_exact_path(seed, monkeypatch):
    rng = random.Random(seed)
    spoken = sentences(30, seed)
    written = [text for text in spoken if rng.random() > 0.15]
    for place in range(0, len(written), 5):
        written.insert(place, sentences(1, 100 * seed + place + 7)[0])
    with emission_of(spoken) as emission:
        graph = graph_of(written)
        exact, _ = search(emission, graph, None, filler_penalty=FILLERS)
        near, warnings = search(emission, graph, None, filler_penalty=FILLERS, coarse_cells=0)
        assert near.score == pytest.approx(exact.score, abs=1e-6)
        assert near.nodes.tolist() == exact.nodes.tolist()
        assert near.certified
        assert warnings == []
        monkeypatch.setattr(searching, "PROVED_CELLS", 0)  # too long for a proof: wider limits check the path
        checked, warnings = search(emission, graph, None, filler_penalty=FILLERS, coarse_cells=0)
        assert checked.score == pytest.approx(exact.score, abs=1e-6)
        assert warnings == []
        nodes, frames = anchors(emission, graph)
        assert len(nodes) > 100
        assert (np.diff(nodes) > 0).all()
        assert (np.diff(frames) > 0).all()
        on_path = dict(zip(exact.nodes.tolist(), exact.spans, strict=True))
        spans = [on_path.get(node, (0, 0)) for node in nodes.tolist()]
        right = [first <= frame < stop for (first, stop), frame in zip(spans, frames.tolist(), strict=True)]
        assert np.mean(right) > 0.97  # words come again, so some are wrong


def test_expected_frames_enclose_the_path_and_narrow_it():
    spoken = sentences(20, 5)
    with emission_of(spoken) as emission:
        graph = graph_of(spoken)
        exact, _ = search(emission, graph, None, filler_penalty=FILLERS)
        bounds = expected_frames(emission, graph, 2)
        for node, (first, stop) in zip(exact.nodes.tolist(), exact.spans, strict=True):
            assert bounds[node, 0] <= first
            assert stop <= bounds[node, 1] + 1
        assert (np.diff(bounds, axis=0) >= 0).all()
        assert (bounds[:, 1] - bounds[:, 0]).mean() < 0.1 * len(emission.log_probs)


def test_without_anchors_everything_is_searched():
    with emission_of(["abc"]) as emission:
        graph = graph_of(["xyz"])
        bounds = expected_frames(emission, graph, 3)
        assert (bounds[:, 0] == 0).all()
        assert (bounds[:, 1] == len(emission.log_probs)).all()
        path, warnings = search(emission, graph, None, filler_penalty=FILLERS, coarse_cells=0)
        assert path.certified
        assert warnings == []


def test_a_recording_that_repeats_itself_has_anchors_too():
    spoken = sentences(6, 9) * 8
    with emission_of(spoken) as emission:
        graph = graph_of(spoken)
        nodes, frames = anchors(emission, graph)
        assert len(nodes) > 200
        exact, _ = search(emission, graph, None, filler_penalty=FILLERS)
        on_path = dict(zip(exact.nodes.tolist(), exact.spans, strict=True))
        spans = [on_path.get(node, (0, 0)) for node in nodes.tolist()]
        assert np.mean([a <= frame < b for (a, b), frame in zip(spans, frames.tolist(), strict=True)]) > 0.97


def test_text_that_is_not_spoken_leads_the_search_near_anchors_nowhere_else():
    """Much other text before, in the middle and after shares n-grams with the recording by chance."""
    spoken, rest = sentences(30, 5), sentences(300, 6)
    written = [*rest[:100], *spoken[:15], *rest[100:200], *spoken[15:], *rest[200:]]
    with emission_of(spoken) as emission:
        graph = graph_of(written)
        exact, _ = search(emission, graph, None, filler_penalty=FILLERS)
        near, warnings = search(emission, graph, None, filler_penalty=FILLERS, coarse_cells=0)
        assert near.score == pytest.approx(exact.score, abs=1e-6)
        assert warnings == []
        plain, _ = search(emission, graph_of(spoken), None, filler_penalty=FILLERS)
        own = [span for node, span in zip(plain.nodes, plain.spans, strict=True) if plain.path[span[0]] > 0]
        found = [span for node, span in zip(near.nodes, near.spans, strict=True) if near.path[span[0]] > 0]
        assert found == own


def test_an_anchor_alone_is_dropped():
    labels = np.array([5, 1000, 1030, 1060, 1100, 1150, 9000])
    frames = np.array([4, 50, 140, 230, 360, 500, 520])
    assert _supported(labels, frames).tolist() == [False, True, True, True, True, True, False]
    assert _supported(labels[:1], frames[:1]).tolist() == [True]
