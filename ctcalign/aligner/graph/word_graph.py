"""The graph of a transcript: every word is spoken, or words and cues may be skipped.

In either graph the readings of a word are parallel, separators between words are optional, and a word for which the
model has no symbols is a wildcard.

In the graph with skips there is a filler before every word and after the last one, which matches any speech at a price
per second: a low one between cues, a high one inside cues, because a cue is usually spoken without interruption. An arc
from each filler to the next skips one word, and an arc from the filler before a cue to the one after it skips the whole
cue, each at its own price. All skips use this one chain of fillers, so the size of the graph is linear in the number of
words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ctcalign.ctc import FILLER, START, WILDCARD, GraphBuilder, TokenGraph
from ctcalign.text.tokeniser import TokenisedWord
from ctcalign.text.vocabulary import Vocabulary

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
    """A token graph and the meaning of its nodes; separators and fillers have none."""

    graph: TokenGraph
    places: tuple[Place | None, ...]


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


@dataclass(frozen=True)
class SkipCosts:
    """Prices of differences between text and audio, in nats. Fitted by tools/fit_skip_costs.py; see tools/fits/.

    Attributes:
        between: a second of speech between cues that no word covers.
        inside: the same between the words of one cue.
        opening: the beginning of such speech.
        word: a word that is not spoken.
        cue: a whole cue that is not spoken.
    """

    between: float = 35.0
    inside: float = 70.0
    opening: float = 3.0
    word: float = 10.0
    cue: float = 30.0


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
    filler: int | None = None
    cue_filler: int | None = None  # the filler before the cue of this word
    for number, word in enumerate(words):
        begins = number == 0 or cues[number] != cues[number - 1]
        again = TWIN if number and cues[number - 1] in twins else 0.0
        filler = add(FILLER if begins else INSIDE, _entries(ends, filler, cue_filler if begins else None, costs, again))
        cue_filler = filler if begins else cue_filler
        before = {filler: 0.0, **dict.fromkeys(ends, 0.0)}
        if vocabulary.separator is not None:
            before = {add(vocabulary.separator, before): 0.0, **before}
        ends = ()
        for choice, tokens in enumerate(word.alternatives or ((WILDCARD,),)):
            node = -1
            for position, label in enumerate(tokens):
                node = add(label, before if position == 0 else {node: 0.0}, Place(number, choice, position))
            ends = (*ends, node)
    last = add(FILLER, _entries(ends, filler, cue_filler, costs, 0.0))
    return TranscriptGraph(builder.build(final=(*ends, last)), tuple(places))


def _entries(
    ends: tuple[int, ...], filler: int | None, cue_filler: int | None, costs: SkipCosts, more: float
) -> dict[int, float]:
    """Arcs into a filler with their prices: from the word before, over that word, over the whole cue before.

    `more` is added to the price of skips.
    """
    arcs = dict.fromkeys(ends, costs.opening)
    if filler is not None:
        arcs[filler] = costs.word + more
    if cue_filler is not None:
        arcs[cue_filler] = min(costs.cue + more, arcs.get(cue_filler, costs.cue + more))
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
