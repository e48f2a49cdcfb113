"""The paths of a transcript graph are exactly the texts that may be spoken."""

from __future__ import annotations

from itertools import combinations, groupby

import numpy as np
import pytest

from ctcalign.aligner.graph.word_graph import TWIN, SkipCosts, TranscriptGraph, skipping_graph, transcript_graph
from ctcalign.ctc import START, WILDCARD
from ctcalign.text.tokeniser import Tokeniser
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.text.words import words_of

VOCABULARY = Vocabulary(("_", " ", *"abcdefghijklmnopqrstuvwxyz'"), blank=0, separator=1)


def sentences(text: str, vocabulary: Vocabulary = VOCABULARY) -> set[str]:
    """Every token string that the graph allows."""
    tokeniser = Tokeniser(vocabulary, "en", "never")
    graph = transcript_graph([tokeniser.tokenise(w) for w in words_of(text) if w.spoken], vocabulary).graph
    after: dict[int, list[int]] = {}
    for node in range(len(graph)):
        for source in graph.arc_source[graph.arc_start[node] : graph.arc_start[node + 1]]:
            after.setdefault(int(source), []).append(node)
    found, stack = set(), [(START, "")]
    while stack:
        node, spoken = stack.pop()
        if node in np.asarray(graph.final):
            found.add(spoken)
        for following in after.get(node, []):
            label = int(graph.labels[following])
            stack.append((following, spoken + ("*" if label == WILDCARD else vocabulary.symbols[label])))
    return found


def test_separators_are_optional_between_words_and_nowhere_else():
    assert sentences("on a mat") == {"on a mat", "ona mat", "on amat", "onamat"}


def test_readings_are_parallel():
    assert {s for s in sentences("in 1984") if " " in s[:3]} >= {
        "in nineteen eighty four",
        "in one thousand nine hundred eighty four",
    }


def test_a_word_without_symbols_is_one_wildcard():
    assert sentences("a 二 b") == {"a * b", "a *b", "a* b", "a*b"}


def test_a_vocabulary_without_separator():
    assert sentences("on a", Vocabulary(("_", *"abcdefghijklmnopqrstuvwxyz"), blank=0)) == {"ona"}


def test_nodes_know_their_word_and_alternative():
    tokeniser = Tokeniser(VOCABULARY, "en")
    transcript = transcript_graph([tokeniser.tokenise(w) for w in words_of("ab c")], VOCABULARY)
    places = [(p.word, p.alternative, p.position) if p else None for p in transcript.places]
    assert places == [(0, 0, 0), (0, 0, 1), None, (1, 0, 0)]


COSTS = SkipCosts(opening=3.0, word=10.0, cue=25.0, cut=40.0)


def skipping(*cues: str, costs: SkipCosts = COSTS) -> TranscriptGraph:
    tokeniser = Tokeniser(VOCABULARY, "en", "never")
    words = [(tokeniser.tokenise(word), number) for number, cue in enumerate(cues) for word in words_of(cue)]
    return skipping_graph([word for word, _ in words], [number for _, number in words], VOCABULARY, costs)


def prices(graph: TranscriptGraph) -> dict[tuple[int, ...], float]:
    """The lowest price of each choice of words that the graph allows; every path is tried."""
    tokens = graph.graph
    after: dict[int, list[tuple[int, float]]] = {}
    for node in range(len(tokens)):
        for arc in range(tokens.arc_start[node], tokens.arc_start[node + 1]):
            after.setdefault(int(tokens.arc_source[arc]), []).append((node, float(tokens.arc_cost[arc])))
    found: dict[tuple[int, ...], float] = {}
    stack: list[tuple[int, tuple[int, ...], float]] = [(START, (), 0.0)]
    while stack:
        node, words, price = stack.pop()
        if node in tokens.final:
            found[words] = min(price, found.get(words, np.inf))
        for following, cost in after.get(node, []):
            place = graph.places[following]
            begun = (place.word,) if place is not None and place.position == 0 else ()
            stack.append((following, words + begun, price + cost))
    return found


@pytest.mark.parametrize("cues", [["a b c"], ["a", "b c"], ["a b c", "d"], ["a", "b", "c"], ["a b", "c d e", "f g"]])
def test_a_run_of_skipped_words_opens_once_and_pays_for_words_or_whole_cues(cues):
    """A run of whole cues within it costs no more than a cut."""
    words = [(word, number) for number, cue in enumerate(cues) for word in cue.split()]
    sizes = [len(cue.split()) for cue in cues]
    expected = {}
    for count in range(len(words) + 1):
        for kept in combinations(range(len(words)), count):
            price = 0.0
            for skipped, run in groupby(range(len(words)), lambda at, kept=kept: at not in kept):
                if not skipped:
                    continue
                price += COSTS.opening
                numbers = [(cue, len(list(members))) for cue, members in groupby(run, lambda at: words[at][1])]
                for whole, parts in groupby(numbers, lambda part: part[1] == sizes[part[0]]):
                    counts = [number for _, number in parts]
                    single = [min(number * COSTS.word, COSTS.cue if whole else np.inf) for number in counts]
                    price += min(sum(single), COSTS.cut) if whole else sum(single)
            expected[kept] = price
    assert prices(skipping(*cues)) == pytest.approx(expected)


def test_of_two_equal_cues_the_first_costs_more_to_skip():
    found = prices(skipping("a b", "a b"))
    assert found[0, 1] == COSTS.opening + 2 * COSTS.word
    assert found[2, 3] == COSTS.opening + COSTS.cue + TWIN
    # Not in a run either: of two doubled cues, skipping the two in the middle as one cut would be cheaper without it.
    found = prices(skipping("a", "a", "c", "c", costs=SkipCosts(opening=3.0, word=10.0, cut=20.0)))
    assert found[0, 2] < found[0, 3]
