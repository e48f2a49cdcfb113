"""Rows of an output layer for new symbols, derived from the rows of related symbols of a trained layer.

Source: Minixhofer et al. 2022, WECHSEL, arXiv:2112.06598, where new rows are means of old ones, weighted by
similarity. Here the weights are the posteriors of the old symbols in the frames of the new one, from `first_alignment`.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from ctcalign.errors import ModelError
from ctcalign.text.vocabulary import WORD_START, Vocabulary

Kind = Literal["carried", "pieces", "folded", "unseen"]
# Deviation of the noise on rows of unseen symbols, as a fraction of that of the rows of the trained layer.
_NOISE = 0.1
_SHOWN = 12
_WORDS: dict[Kind, str] = {
    "carried": "with the rows of the same symbols",
    "pieces": "with the means of the rows of their letters",
    "folded": "with the row of the letter without accent",
    "unseen": "with the mean of all rows and noise",
}


@dataclass(frozen=True)
class Origin:
    """Where the row of a new symbol comes from.

    Attributes:
        kind: "carried": the symbol is an old one, up to case. "pieces": the mean of the rows of its letters. "folded":
            of the letters without accents. "unseen": none of these: the mean of all letters, with noise.
        columns: of the old symbols.
    """

    kind: Kind
    columns: tuple[int, ...] = ()


@dataclass(frozen=True)
class NewSymbols:
    """New symbols of a model, and the origins of the rows of its output layer.

    Attributes:
        old: the old symbols.  new: the new symbols.  layer: the old output layer.
        origins: of the rows; empty if the model had no trained output layer.
    """

    old: Vocabulary
    new: Vocabulary
    layer: nn.Module
    origins: tuple[Origin, ...]

    @property
    def unrelated(self) -> list[int]:
        """Columns of single characters that are unrelated to the old symbols, or related only without their accent."""
        kinds = ("folded", "unseen")
        silent = (self.new.blank, self.new.separator, self.new.unknown)
        return [
            column
            for column, origin in enumerate(self.origins)
            if origin.kind in kinds and column not in silent and len(self.new.spellings[column]) == 1
        ]

    def __str__(self) -> str:
        """Number of rows by origin: '30 symbols: 27 carried over, 3 folded (ä, ö, ü)'."""
        if not self.origins:
            return f"{len(self.new)} symbols with random rows"
        counts = Counter(origin.kind for origin in self.origins)
        parts = []
        for kind, words in _WORDS.items():
            names = [self.new.symbols[c] for c, one in enumerate(self.origins) if one.kind == kind]
            shown = "" if kind == "carried" else f" ({', '.join(names[:_SHOWN])}{', …' if len(names) > _SHOWN else ''})"
            if counts[kind]:
                parts.append(f"{counts[kind]} {words}{shown}")
        return f"{len(self.new)} symbols: {', '.join(parts)}"


def origins(old: Vocabulary, new: Vocabulary) -> list[Origin]:
    """The origin of each new symbol."""
    folded: dict[str, int] = {}
    for text, column in old.pieces.items():
        folded.setdefault(text.lower(), column)
    return [_origin(old, new, column, folded) for column in range(len(new))]


def same_symbols(one: Vocabulary, other: Vocabulary) -> bool:
    """Whether two vocabularies write the same in each column."""
    return one.blank == other.blank and one.separator == other.separator and one.spellings == other.spellings


def new_layer(layer: nn.Module, old: Vocabulary, new: Vocabulary, found: Sequence[Origin]) -> nn.Module:
    """An output layer for the new symbols.

    Args:
        layer: of the old symbols: linear, or a convolution over single frames. Its outputs may be several frames of
            all symbols, one after the other.
        found: origins of the new symbols.
    Raises:
        ModelError: it is of another kind.
    """
    weight, bias = _rows(layer, len(old))
    letters = sorted({column for column in old.pieces.values()} - {old.blank})
    rows, shifts = mixed(weight, bias, weights_of(found, len(old), letters))
    for column, origin in enumerate(found):
        if origin.kind == "unseen":
            rows[:, column] += _NOISE * weight.std() * torch.randn_like(rows[:, column])
    return _layer(layer, rows, shifts)


def weights_of(found: Sequence[Origin], size: int, letters: Sequence[int]) -> Tensor:
    """Weights (C, size) of the old rows in each new one."""
    weights = torch.zeros(len(found), size)
    for column, origin in enumerate(found):
        columns = list(origin.columns or letters)
        weights[column].index_add_(0, torch.tensor(columns), torch.full((len(columns),), 1 / len(columns)))
    return weights


def mixed(weight: Tensor, bias: Tensor | None, weights: Tensor) -> tuple[Tensor, Tensor | None]:
    """Rows (F, C, D) and biases (F, C) as weighted means of old rows (F, S, D); weights (C, S)."""
    weights = weights.to(weight)
    return torch.einsum("cs,fsd->fcd", weights, weight), None if bias is None else bias @ weights.T


def set_rows(layer: nn.Module, trained: nn.Module, size: int, weights: Mapping[int, Tensor], count: int) -> None:
    """Replace rows of a new layer by weighted means of those of the trained one.

    Args:
        layer: of `count` symbols.  trained: of `size` symbols.  weights: (size,) by column of the new layer.
    """
    weight, bias = _rows(trained, size)
    rows, shifts = _rows(layer, count)
    with torch.no_grad():
        for column, own in weights.items():
            row, shift = mixed(weight, bias, own[None])
            rows[:, column] = row[:, 0]
            if shifts is not None and shift is not None:
                shifts[:, column] = shift[:, 0]


def _origin(old: Vocabulary, new: Vocabulary, column: int, folded: Mapping[str, int]) -> Origin:
    if column == new.blank:
        return Origin("carried", (old.blank,))
    if column == new.separator:
        mark = old.pieces.get(WORD_START) if old.separator is None else old.separator
        return Origin("unseen") if mark is None else Origin("carried", (mark,))
    text = new.spellings[column]
    if not text:
        return Origin("unseen")
    same = old.pieces.get(text, folded.get(text.lower()))
    if same is not None:
        return Origin("carried", (same,))
    letters = text.replace(WORD_START, "")
    if not letters:
        return Origin("unseen") if old.separator is None else Origin("carried", (old.separator,))
    columns, lost = old.encode(letters.lower() if old.case != "mixed" else letters)
    if lost or not columns:
        return Origin("unseen")
    return Origin("pieces" if len(text) > 1 else "folded", columns)


def _rows(layer: nn.Module, size: int) -> tuple[Tensor, Tensor | None]:
    """Views of weight (F, size, D) and bias (F, size) of a layer."""
    weight: Tensor | None = getattr(layer, "weight", None)
    bias: Tensor | None = getattr(layer, "bias", None)
    if weight is None or weight.shape[0] % size or weight.ndim not in (2, 3) or weight.shape[2:] not in ((), (1,)):
        raise ModelError(
            f"model: its output layer, {type(layer).__name__}, is none of rows for {size} symbols; keep its symbols"
        )
    with torch.no_grad():
        return weight.view(-1, size, weight.shape[1]), None if bias is None else bias.view(-1, size)


def _layer(layer: nn.Module, rows: Tensor, shifts: Tensor | None) -> nn.Module:
    """A layer of the kind of another one with other rows."""
    made = copy.deepcopy(layer)
    outputs = rows.shape[0] * rows.shape[1]
    made.weight = nn.Parameter(rows.reshape(outputs, *layer.get_parameter("weight").shape[1:]).clone())
    if shifts is not None:
        made.bias = nn.Parameter(shifts.reshape(outputs).clone())
    _set_outputs(made, outputs)
    return made


def resized(layer: nn.Module, count: int, deviation: float) -> None:
    """Give an output layer, linear or a convolution over single frames, `count` random rows and no bias."""
    shape = layer.get_parameter("weight").shape
    layer.weight = nn.Parameter(deviation * torch.randn(count, *shape[1:]))
    if layer.bias is not None:
        layer.bias = nn.Parameter(torch.zeros(count))
    _set_outputs(layer, count)


def _set_outputs(layer: nn.Module, count: int) -> None:
    for name in ("out_features", "out_channels"):
        if hasattr(layer, name):
            setattr(layer, name, count)
