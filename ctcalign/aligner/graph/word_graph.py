"""The graph of a transcript: every word is spoken, or words and cues may be skipped.

In either graph the readings of a word are parallel, separators between words are optional, and a word for which the
model has no symbols is a wildcard.

The graph with skips has a gap before every word and after the last one. A filler in the gap matches any speech, at a
cost per second. The cost is low between cues and high inside cues, since a cue is usually spoken without interruption.

Skip arcs connect the gaps: from one gap to the next (a word is skipped), from the gap before a cue to the one after it
(the cue is skipped), and over any number of cues. Each kind has its own cost. Gaps are made of EPSILON nodes, which
take no frame, so skipped text takes no time. All skips use this one chain of gaps, so the graph is linear in the number
of words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctcalign.aligner.graph.settings import SkipCosts as SkipCosts
from ctcalign.ctc import EPSILON, FILLER, START, WILDCARD, GraphBuilder, RelaxedGraph, TokenGraph
from ctcalign.text.tokeniser import TokenisedWord
from ctcalign.text.vocabulary import Vocabulary

# Additional nats for a gap that begins without a frame. It decides between equals: if one of two equal words is spoken,
# the one is skipped that leaves the gap in a pause, where a frame is free.
TIGHT = 0.1
# Additional nats for skipping a cue whose text is repeated a little later: of two equal cues, the first is preferred.
TWIN = 8.0
NEAR = 3  # cues

INSIDE = FILLER - 1  # the label of fillers between the words of one cue


@dataclass(frozen=True, slots=True)  # there is one for each symbol of the text
class Place:
    """Meaning of a node of the graph: symbol `position` of reading `alternative` of word `word`."""

    word: int
    alternative: int
    position: int


@dataclass(frozen=True)
class TranscriptGraph:
    """A token graph and the meaning of its nodes; separators and fillers have none.

    `relaxed` gives lower bounds of the costs of its paths, if words may be skipped.
    """

    graph: TokenGraph
    places: tuple[Place | None, ...]
    relaxed: RelaxedGraph | None = None


def transcript_graph(words: Sequence[TokenisedWord], vocabulary: Vocabulary) -> TranscriptGraph:
    """Words in sequence; the best path chooses a reading of each.

    A separator between two words is optional: words may be spoken without a pause, and models differ in whether they
    emit one. A word for which the model has no symbols is a wildcard, which matches anything that is spoken.

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


def skipping_graph(
    words: Sequence[TokenisedWord], cues: Sequence[int], vocabulary: Vocabulary, costs: SkipCosts
) -> TranscriptGraph:
    """The graph of words with fillers in between; any word may be skipped.

    Args:
        words: spoken words in order, at least one.
        cues: number of the cue of each word, ascending.
        vocabulary: the model's symbols.
        costs: of skips; `between` and `inside` are given to the search, per frame, as its `filler_penalty`.
    """
    builder = GraphBuilder()
    places: list[Place | None] = []

    def add(label: int, arcs: dict[int, float], place: Place | None = None) -> int:
        node = builder.add(label, arcs.keys(), arcs.values())
        places.append(place)
        return node

    twins = _earlier_twins(words, cues)
    ends: tuple[int, ...] = (START,)  # the nodes after which the next word may begin
    gap: int | None = None  # the end of the gap before the last word
    cue_gap: int | None = None  # the end of the gap before its cue
    cut: int | None = None  # the way past the cues up to that one

    def add_gap(label: int, again: float) -> int:
        """A gap, with a filler of this label or without; `again` is added to the cost of skips that end here."""
        skips = _skips(gap, cue_gap, cut, costs, again) if label == FILLER else _skips(gap, None, None, costs, again)
        filler = add(label, {**dict.fromkeys(ends, costs.opening), **skips})
        return add(EPSILON, {filler: 0.0, **dict.fromkeys(ends, costs.opening + TIGHT), **skips})

    for number, word in enumerate(words):
        begins = number == 0 or cues[number] != cues[number - 1]
        again = TWIN if number and cues[number - 1] in twins else 0.0
        gap = add_gap(FILLER if begins else INSIDE, again)
        if begins:
            cue_gap = gap
            cut = add(EPSILON, {gap: costs.cut} if cut is None else {gap: costs.cut, cut: again})
        before = {gap: 0.0, **dict.fromkeys(ends, 0.0)}
        if vocabulary.separator is not None:
            before = {add(vocabulary.separator, before): 0.0, **before}
        ends = ()
        for choice, tokens in enumerate(word.alternatives or ((WILDCARD,),)):
            node = -1
            for position, label in enumerate(tokens):
                node = add(label, before if position == 0 else {node: 0.0}, Place(number, choice, position))
            ends = (*ends, node)
    graph = builder.build(final=(*ends, add_gap(FILLER, 0.0)))
    return TranscriptGraph(graph, tuple(places), _relaxed(places, vocabulary, costs))


def _relaxed(places: Sequence[Place | None], vocabulary: Vocabulary, costs: SkipCosts) -> RelaxedGraph:
    letters = [(node, place.word, place.alternative) for node, place in enumerate(places) if place is not None]
    nodes, words, readings = np.array(letters, np.int64).reshape(-1, 3).T
    return RelaxedGraph(
        nodes=nodes,
        words=words,
        readings=readings,
        separators=() if vocabulary.separator is None else (vocabulary.separator,),
        opening=costs.opening,
        skip=min(costs.word, costs.cue, costs.cut),
        word=costs.word,
        several=min(costs.cue, costs.cut),
    )


def _skips(gap: int | None, cue_gap: int | None, cut: int | None, costs: SkipCosts, more: float) -> dict[int, float]:
    """Arcs into a gap with their costs: over the word before, over the whole cue before, over any number of cues.

    `more` is added to each.
    """
    arcs = {} if gap is None else {gap: costs.word + more}
    if cue_gap is not None:
        arcs[cue_gap] = min(costs.cue + more, arcs.get(cue_gap, costs.cue + more))
    if cut is not None:
        arcs[cut] = more
    return arcs


def _earlier_twins(words: Sequence[TokenisedWord], cues: Sequence[int]) -> set[int]:
    """Cues whose words are repeated in one of the next `NEAR` cues."""
    texts: dict[int, list[object]] = {}
    for word, cue in zip(words, cues, strict=True):
        texts.setdefault(cue, []).append(word.alternatives)
    numbers = list(texts)
    return {
        cue
        for place, cue in enumerate(numbers)
        if any(texts[cue] == texts[other] for other in numbers[place + 1 : place + 1 + NEAR])
    }
