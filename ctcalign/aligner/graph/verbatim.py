"""The graph of a transcript in which every word is spoken: parallel readings, optional separators, wildcards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ctcalign.ctc import START, WILDCARD, GraphBuilder, TokenGraph
from ctcalign.text.tokeniser import TokenisedWord
from ctcalign.text.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)  # there is one for each symbol of the text
class Place:
    """What a node of the graph stands for: symbol `position` of reading `alternative` of word `word`."""

    word: int
    alternative: int
    position: int


@dataclass(frozen=True)
class TranscriptGraph:
    """A token graph and the meaning of its nodes; separators and fillers have none."""

    graph: TokenGraph
    places: tuple[Place | None, ...]


def transcript_graph(words: Sequence[TokenisedWord], vocabulary: Vocabulary) -> TranscriptGraph:
    """Words one after the other; the best path chooses a reading of each.

    A separator between two words is optional: people run words together, and models differ in whether they write one.
    A word that the model has no symbols for is a wildcard, which takes whatever is spoken there.

    Args:
        words: spoken words in order.
        vocabulary: the model's symbols.
    """
    builder = GraphBuilder()
    places: list[Place | None] = []
    ends: tuple[int, ...] = (START,)  # the nodes after which the next word may begin

    def add(label: int, predecessors: Sequence[int], place: Place | None) -> int:
        node = builder.add(label, predecessors)
        places.append(place)
        return node

    for number, word in enumerate(words):
        before = ends
        if number and vocabulary.separator is not None:
            before = (add(vocabulary.separator, before, None), *before)
        ends = ()
        for choice, tokens in enumerate(word.alternatives or ((WILDCARD,),)):
            node = -1
            for position, label in enumerate(tokens):
                node = add(label, before if position == 0 else (node,), Place(number, choice, position))
            ends = (*ends, node)
    return TranscriptGraph(builder.build(final=ends), tuple(places))
