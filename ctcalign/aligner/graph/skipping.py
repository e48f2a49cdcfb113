"""Words that may be missing from the sound, and sound that may be missing from the words, in one graph.

Before every word, and behind the last, stands a filler that takes up anything at a price a second: a low one between
cues, a high one inside them, since a cue is said in one go. From filler to filler run arcs that skip one word, and from
the filler before a cue to the one behind it an arc that skips the whole cue, each at a price of its own. So skips run
along one chain of fillers, and the graph stays linear in the number of words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ctcalign.aligner.graph.verbatim import Place, TranscriptGraph
from ctcalign.ctc import FILLER, START, WILDCARD, GraphBuilder
from ctcalign.text.tokeniser import TokenisedWord
from ctcalign.text.vocabulary import Vocabulary

# Nats more for leaving out a word or cue that stands again a little further on: of two equal ones the first is said.
TWIN = 8.0
NEAR = 3  # cues

INSIDE = FILLER - 1  # the label of fillers between the words of one cue


@dataclass(frozen=True)
class SkipCosts:
    """Prices of disagreement between text and sound, in nats. tools/fit_skip_costs.py fits them; see tools/fits/.

    Attributes:
        between: a second of sound between cues that no word covers.
        inside: the same between the words of one cue.
        opening: the beginning of such a stretch.
        word: a word that is not said.
        cue: a whole cue that is not said.
    """

    between: float = 35.0
    inside: float = 70.0
    opening: float = 3.0
    word: float = 10.0
    cue: float = 30.0


def skipping_graph(
    words: Sequence[TokenisedWord], cues: Sequence[int], vocabulary: Vocabulary, costs: SkipCosts
) -> TranscriptGraph:
    """The graph of words of which any may be left out, with fillers between.

    Args:
        words: spoken words in order, at least one.
        cues: number of the cue of each word, ascending.
        vocabulary: the model's symbols.
        costs: those of skips; the search takes `between` and `inside`, a frame, as its `filler_penalty`.
    """
    builder = GraphBuilder()
    places: list[Place | None] = []

    def add(label: int, arcs: dict[int, float], place: Place | None = None) -> int:
        node = builder.add(label, arcs.keys(), arcs.values())
        places.append(place)
        return node

    twins = _earlier_twins(words, cues)
    ends: tuple[int, ...] = (START,)  # the nodes behind which the next word may begin
    filler: int | None = None
    cue_filler: int | None = None  # the filler before the cue that we are in
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
    """Arcs into a filler: from the word before, past that word, and past the whole cue before; `more` for skips."""
    arcs = dict.fromkeys(ends, costs.opening)
    if filler is not None:
        arcs[filler] = costs.word + more
    if cue_filler is not None:
        arcs[cue_filler] = min(costs.cue + more, arcs.get(cue_filler, costs.cue + more))
    return arcs


def _earlier_twins(words: Sequence[TokenisedWord], cues: Sequence[int]) -> set[int]:
    """Cues whose words stand again in one of the next few."""
    texts: dict[int, list[object]] = {}
    for word, cue in zip(words, cues, strict=True):
        texts.setdefault(cue, []).append(word.alternatives)
    numbers = list(texts)
    return {
        cue
        for place, cue in enumerate(numbers)
        if any(texts[cue] == texts[other] for other in numbers[place + 1 : place + 1 + NEAR])
    }
