"""Choices of a batch as the sides that a preference loss compares: chosen and rejected ones, or rows of either kind."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ctcalign.metrics import edit_alignment
from ctcalign.preference import ctc_token_labels
from ctcalign.preference.pairs import differing_range
from ctcalign.train.preference.choices import Choice, Labels
from ctcalign.train.processes import padded

Values = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Side:
    """Responses that stand on one side of a loss, N of them.

    Attributes:
        name: "chosen", "rejected", "mismatched", or "" where rows are unpaired.
        places: of their utterances in the batch.  texts: labels of tokens or frames.
        values: numbers that came with them.
        partners: the chosen text of the same utterance; None where there is none.
        desirable: whether each is a chosen one.  probabilities: see `Example`.
    """

    name: str
    places: list[int]
    texts: list[Labels]
    values: list[Values]
    partners: list[Labels | None]
    desirable: list[bool]
    probabilities: list[float | None]

    def __len__(self) -> int:
        return len(self.texts)

    def judged(self) -> Side:
        """With values of each token by its edit alignment with the partner; T-REG's rewards are half to either side."""
        values: list[Values] = []
        for text, partner, value in zip(self.texts, self.partners, self.values, strict=True):
            if partner is not None:
                scores = edit_scores(text, partner)
                value = {"scores": tuple(scores), "token_rewards": tuple(one - 0.5 for one in scores), **value}
            values.append(value)
        return replace(self, values=values)


def pair_sides(choices: Sequence[Choice], together: bool) -> tuple[Side, Side]:
    """Chosen and rejected side of the choices that have both; row i of one belongs to row i of the other, or to rows
    i * M to i * M + M - 1 where M rejected ones stand `together`."""
    chosen, rejected = _empty("chosen"), _empty("rejected")
    for one in choices:
        if one.chosen is None:
            continue
        for number, (text, values) in enumerate(zip(one.rejected, one.values[1:], strict=True)):
            if number == 0 or not together:
                _add(chosen, one, one.chosen, one.values[0], True)
            _add(rejected, one, text, values, False)
    return chosen, rejected


def rows_of(choices: Sequence[Choice], single: bool) -> Side:
    """Every response by itself, or with `single` the chosen ones alone."""
    side = _empty("")
    for one in choices:
        texts = one.rejected if one.chosen is None else (one.chosen, *one.rejected)
        for number, (text, values) in enumerate(zip(texts, one.values, strict=True)):
            good = number == 0 and one.chosen is not None
            if good or not single:
                _add(side, one, text, values, good)
    return side


def mismatched_side(pairs: Sequence[tuple[int, Labels]]) -> Side:
    """Utterances with texts of others."""
    side = _empty("mismatched")
    for place, text in pairs:
        _add(side, Choice(place, None, (), ()), text, {}, False)
    return side


def differing(chosen: Side, rejected: Side, blank: int, width: int) -> tuple[Tensor, Tensor]:
    """Where the responses of a pair differ, for either side: bool (N, width) and (N * M, width), tokens and the end."""
    rows = []
    for side in (chosen, rejected):
        counts = torch.tensor([len(text) for text in side.texts])
        labels = ctc_token_labels(padded(side.texts, 0, torch.int64), counts, blank)
        filled = torch.nn.functional.pad(labels, (0, width - labels.shape[1]), value=-100)
        rows.append(filled.reshape(len(chosen), -1, width))
    kept = differing_range(torch.cat(rows, 1))
    return kept, kept.repeat_interleave(rows[1].shape[1], 0)


def _empty(name: str) -> Side:
    return Side(name, [], [], [], [], [], [])


def _add(side: Side, choice: Choice, text: Labels, values: Values, good: bool) -> None:
    side.places.append(choice.place)
    side.texts.append(text)
    side.values.append(values)
    side.partners.append(choice.chosen)
    side.desirable.append(good)
    side.probabilities.append(choice.desirable_probability)


def edit_scores(tokens: Sequence[Hashable], chosen: Sequence[Hashable]) -> list[float]:
    """1 for each token that is right, 0 for each that is wrong, 1 for the end of the text: scores of critical tokens
    as an oracle would give them.

    Args:
        tokens: of the response.  chosen: of the text that is right.
    Returns:
        One number a token and one for the end.
    """
    right = {b for a, b in edit_alignment(chosen, tokens) if a is not None and b is not None and chosen[a] == tokens[b]}
    return [float(place in right) for place in range(len(tokens))] + [1.0]
