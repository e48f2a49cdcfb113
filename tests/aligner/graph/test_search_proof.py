"""A path near the anchors is called the best one only if it is: text that repeats itself, limits in wrong places."""

from __future__ import annotations

import random

import numpy as np
import pytest

from ctcalign.aligner.graph.word_graph import SkipCosts, TranscriptGraph, skipping_graph
from ctcalign.ctc import GraphPath, best_path_graph
from ctcalign.ctc.viterbi.outside import TILE, _other_arcs
from ctcalign.errors import NoPathError
from ctcalign.text.tokeniser import TokenisedWord
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.text.words import words_of

LETTERS = 6
SHIFT = 0.02
Words = list[TokenisedWord]


def vocabulary(separator: int | None) -> Vocabulary:
    return Vocabulary(symbols=("<b>", "|", *"abcdef"), blank=0, separator=separator)


def tokenised(readings: tuple[tuple[int, ...], ...]) -> TokenisedWord:
    return TokenisedWord(words_of("word")[0], readings)


def word(rng: random.Random) -> TokenisedWord:
    """A word of one to nine letters, sometimes of two or three readings, rarely a very long one or a wildcard."""
    sizes = [70, 100] if rng.random() < 0.02 else [1, 2, 4, 6, 9]
    readings = 1 if rng.random() < 0.8 else rng.randint(2, 3)
    spelled = [tuple(rng.choices(range(2, 2 + LETTERS), k=rng.choice(sizes))) for _ in range(readings)]
    return tokenised(() if rng.random() < 0.02 else tuple(spelled))


def emission_of(said: list[Words], rng: random.Random, sure: float) -> np.ndarray:
    labels: list[int] = []
    for words in said:
        for spoken in words:
            for letter in rng.choice(spoken.alternatives) if spoken.alternatives else (2, 3):
                labels += [letter] * rng.randint(1, 2) + [0]
        labels += [0] * rng.choice([2, 10, 40])
    logits = np.random.default_rng(rng.randint(0, 10**9)).normal(size=(len(labels), 2 + LETTERS))
    logits[np.arange(len(labels)), labels] += sure
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def searched(log_probs: np.ndarray, graph: TranscriptGraph, costs: SkipCosts, **limits: object) -> GraphPath:
    fillers = [costs.between * SHIFT, costs.inside * SHIFT]
    return best_path_graph(log_probs, graph.graph, wildcard_penalty=0.7, filler_penalty=fillers, **limits)


def frames_of(path: GraphPath, graph: TranscriptGraph, frames: int) -> np.ndarray:
    """The frame of each node on a path, in between for the others."""
    nodes = np.concatenate([[-1], path.nodes, [len(graph.graph)]])
    return np.interp(np.arange(len(graph.graph)), nodes, [0, *(start for start, _ in path.spans), frames])


@pytest.mark.parametrize("seed", range(16))
def test_what_is_certified_is_the_best_path(seed: int) -> None:
    rng = random.Random(seed)
    lexicon = [word(rng) for _ in range(rng.choice([3, 12, 40]))]
    phrases = [rng.choices(lexicon, k=rng.randint(2, 9)) for _ in range(rng.choice([3, 8, 30]))]
    cues = rng.choices(phrases, k=rng.randint(30, 70))
    said = [[w for w in cue if rng.random() > 0.05] for cue in cues if rng.random() > 0.1]
    if rng.random() < 0.2:  # an order of which the limits know nothing
        middle = rng.randint(0, len(said))
        said = said[middle:] + said[:middle]
    costs = SkipCosts(
        35 * rng.choice([0.3, 1, 1]),
        70,
        rng.choice([0.5, 3, 3]),
        10 * rng.choice([0.2, 1, 1]),
        30 * rng.choice([0.2, 1, 1]),
        60,
    )
    words, homes = [w for cue in cues for w in cue], [number for number, cue in enumerate(cues) for _ in cue]
    graph = skipping_graph(words, homes, vocabulary(rng.choice([None, 1])), costs)
    log_probs = emission_of(said, rng, rng.choice([5.0, 8.0]))
    best = searched(log_probs, graph, costs)
    right = frames_of(best, graph, len(log_probs))
    for centre in (right, right + 60, np.linspace(0, len(log_probs), len(right))):
        for band in (20.0, 150.0):
            try:
                near = searched(log_probs, graph, costs, band=band, centre=centre, relaxed=graph.relaxed)
            except NoPathError:
                continue
            assert near.score <= best.score + 1e-6
            if near.certified:
                assert near.score == pytest.approx(best.score, abs=1e-6)


def test_a_clear_recording_is_certified_in_a_narrow_band_and_a_band_in_a_wrong_place_is_not() -> None:
    rng = random.Random(1)
    cues = [[word(rng) for _ in range(6)] for _ in range(60)]
    words, homes = [w for cue in cues for w in cue], [number for number, cue in enumerate(cues) for _ in cue]
    costs = SkipCosts()
    graph = skipping_graph(words, homes, vocabulary(1), costs)
    log_probs = emission_of(cues, rng, 9.0)
    best = searched(log_probs, graph, costs)
    right = frames_of(best, graph, len(log_probs))
    near = searched(log_probs, graph, costs, band=250.0, centre=right, relaxed=graph.relaxed)
    assert near.certified
    assert near.score == pytest.approx(best.score, abs=1e-6)
    assert not searched(log_probs, graph, costs, band=250.0, centre=right).certified  # without the proof
    moved = np.minimum(right + 600, len(log_probs))
    elsewhere = searched(log_probs, graph, costs, band=250.0, centre=moved, relaxed=graph.relaxed)
    assert elsewhere.score < best.score
    assert not elsewhere.certified


def test_arcs_between_readings_beside_the_chain() -> None:
    words = [tokenised(((2, 3),)), tokenised(((4,), (5, 6))), tokenised(((7,),))]
    relaxed = skipping_graph(words, [0, 0, 0], vocabulary(None), SkipCosts()).relaxed
    assert relaxed is not None
    source, target, gap = _other_arcs(relaxed)
    # Letters 0 1 | 2 or 3 4 | 5: to the second reading, from the first one, and to the end behind the last word.
    assert sorted(zip(source.tolist(), target.tolist(), gap.tolist(), strict=True)) == [(1, 3, 2), (2, 5, 5), (5, 6, 6)]
    assert TILE == 64
