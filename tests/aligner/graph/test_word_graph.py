"""The paths of a transcript graph are exactly the texts that may be spoken."""

from __future__ import annotations

import numpy as np

from ctcalign.aligner.graph.word_graph import transcript_graph
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
