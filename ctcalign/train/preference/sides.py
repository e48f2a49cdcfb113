"""Preferences of a batch as the sides that a loss compares: chosen and rejected responses, or unpaired rows."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ctcalign.errors import BatchError
from ctcalign.metrics import edit_alignment
from ctcalign.preference import ctc_token_labels
from ctcalign.preference.pairs import NO_CHOSEN, differing_range
from ctcalign.train.left_out import LeftOut
from ctcalign.train.processes import padded

UNPAIRED = "unpaired"  # has no partner, which a loss of pairs needs

Labels = tuple[int, ...]
"""A response: labels of tokens, or of frames."""
Values = Mapping[str, tuple[float, ...]]
"""Stored numbers of a response by name, see `ctcalign.train.preference.examples.VALUES`."""


@dataclass(frozen=True)
class Preference:
    """Responses to one utterance or prompt.

    Attributes:
        place: index of the utterance in its batch.
        chosen, rejected: labels. If one of the two is missing, only losses of unpaired responses use it.
        values: of each response, those of the chosen one first.
        desirable_probability: see `Example`.
    """

    place: int
    chosen: Labels | None
    rejected: tuple[Labels, ...]
    values: tuple[Values, ...]
    desirable_probability: float | None = None


@dataclass(frozen=True)
class Side:
    """The N responses of one side of a loss.

    Attributes:
        name: "chosen", "rejected", "mismatched", or "" for unpaired rows.
        places: indices of their utterances in the batch.  texts: labels of tokens or frames.
        values: stored numbers.
        partners: the chosen text of the same utterance, None without one.
        desirable: whether each is a chosen one.  probabilities: desirable_probability of each.
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

    def with_edit_scores(self) -> Side:
        """The side with "scores" (0 or 1) and "token_rewards" (-0.5 or 0.5) by edit alignment with the partner."""
        values: list[Values] = []
        for text, partner, value in zip(self.texts, self.partners, self.values, strict=True):
            if partner is not None:
                scores = edit_scores(text, partner)
                value = {"scores": tuple(scores), "token_rewards": tuple(one - 0.5 for one in scores), **value}
            values.append(value)
        return replace(self, values=values)


def usable(preferences: Sequence[Preference], kind: str) -> tuple[list[Preference], LeftOut]:
    """The preferences that a loss can use, and the number of responses of the others by reason.

    Args:
        kind: "pairs", "rows" or "single", see `PreferenceTerm`.
    """
    kept: list[Preference] = []
    left = LeftOut()
    for one in preferences:
        if kind == "rows" or (one.chosen is not None and (kind == "single" or one.rejected)):
            kept.append(one)
        elif kind == "pairs":
            left.add(UNPAIRED, number=len(one.values))
        else:
            left.add(NO_CHOSEN, number=len(one.values))
    return kept, left


def pair_sides(preferences: Sequence[Preference], together: bool) -> tuple[Side, Side]:
    """Chosen and rejected side of the preferences that have both.

    Row i of the chosen side belongs to row i of the rejected one; with `together` to its M rows from i * M on, where M
    is the number of rejected responses of a preference.

    Raises:
        BatchError: with `together`, the preferences have different numbers of rejected responses.
    """
    chosen, rejected = _empty("chosen"), _empty("rejected")
    counts = {len(one.rejected): one.place for one in preferences if one.chosen is not None and one.rejected}
    if together and len(counts) > 1:
        found = ", ".join(f"{count} (utterance {place})" for count, place in sorted(counts.items()))
        raise BatchError(
            f"rejected: expected the same number of rejected responses in each preference, got {found}; "
            "leave out the others or drop some of theirs"
        )
    for one in preferences:
        if one.chosen is None:
            continue
        for number, (text, values) in enumerate(zip(one.rejected, one.values[1:], strict=True)):
            if number == 0 or not together:
                _add(chosen, one, one.chosen, one.values[0], True)
            _add(rejected, one, text, values, False)
    return chosen, rejected


def rows_of(preferences: Sequence[Preference], single: bool) -> Side:
    """All responses as unpaired rows; with `single` the chosen ones alone."""
    side = _empty("")
    for one in preferences:
        texts = one.rejected if one.chosen is None else (one.chosen, *one.rejected)
        for number, (text, values) in enumerate(zip(texts, one.values, strict=True)):
            good = number == 0 and one.chosen is not None
            if good or not single:
                _add(side, one, text, values, good)
    return side


def mismatched_side(pairs: Sequence[tuple[int, Labels]]) -> Side:
    """Utterances with the texts of other utterances."""
    side = _empty("mismatched")
    for place, text in pairs:
        _add(side, Preference(place, None, (), ()), text, {}, False)
    return side


def differing(chosen: Side, rejected: Side, blank: int, width: int) -> tuple[Tensor, Tensor]:
    """Tokens (and end) in the range where the responses of a pair differ: bool (N, width) and (N * M, width)."""
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


def _add(side: Side, preference: Preference, text: Labels, values: Values, good: bool) -> None:
    side.places.append(preference.place)
    side.texts.append(text)
    side.values.append(values)
    side.partners.append(preference.chosen)
    side.desirable.append(good)
    side.probabilities.append(preference.desirable_probability)


def edit_scores(tokens: Sequence[Hashable], chosen: Sequence[Hashable]) -> list[float]:
    """Oracle scores of critical tokens: 1 for each correct token, 0 for each wrong one, 1 for the end.

    Args:
        tokens: of the response.  chosen: of the correct text.
    Returns:
        One number for each token, and one for the end.
    """
    correct = {
        b for a, b in edit_alignment(chosen, tokens) if a is not None and b is not None and chosen[a] == tokens[b]
    }
    return [float(place in correct) for place in range(len(tokens))] + [1.0]
