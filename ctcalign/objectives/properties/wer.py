"""Fewer errors: wrong words, or labels, of a path are replaced by those of the transcript in the same frames."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ctcalign.checks import check_choice, check_count
from ctcalign.errors import BatchError
from ctcalign.objectives.edit_kernels import repair_paths
from ctcalign.objectives.properties.interface import (
    BatchProperty,
    PropertyContext,
    Source,
    draw_numbers,
    register_property,
)
from ctcalign.objectives.word_units import UNITS, WordUnits, check_labels, flat_references, label_units, word_units

HOW_MANY = ("one", "all")
TIES = ("closest", "published")


class _Repair(BatchProperty):
    """Replaces units (words or labels) of the path by those of the reference.

    Attributes: see the options of `MinimumWER`; most: largest number of labels in which two units may differ.
    """

    def __init__(self, most: int, how_many: str, require_improvement: bool, ties: str) -> None:
        check_choice("ties", ties, TIES)
        self.most = most
        self.how_many = how_many
        self.require_improvement = require_improvement
        self.ties = ties

    @abstractmethod
    def units_of(self, contexts: Sequence[PropertyContext], largest: int) -> WordUnits:
        """The units that are compared. `largest`: the largest label of the paths."""

    def improve_batch(
        self,
        paths: Tensor,
        contexts: Sequence[PropertyContext],
        lengths: Tensor,
        generator: Source = None,
        choice: Tensor | None = None,
    ) -> Tensor:
        """Improved paths (B, N, T).

        Args:
            choice: index of the repair to make instead of drawing one, in the order of the words, (B, N) ints >= 0;
                taken modulo the number of repairs.
        Raises:
            BatchError: a label outside the vocabulary, or utterances differ in blank or vocabulary.
            UsageError: word boundaries cannot be derived from the vocabulary.
        """
        first = contexts[0]
        if any(one.blank != first.blank or one.vocabulary != first.vocabulary for one in contexts[1:]):
            raise BatchError("contexts: expected the same blank and vocabulary for all utterances of a batch")
        repaired = paths.cpu().contiguous().clone().numpy()
        valid = np.arange(repaired.shape[2]) < lengths.cpu().numpy()[:, None]
        labels = np.where(valid[:, None, :], repaired, first.blank)  # padding may hold anything
        units = self.units_of(contexts, int(labels.max(initial=0)))
        check_labels("paths", labels, units.classes)
        references, offsets = flat_references([one.reference for one in contexts], units.classes)
        if choice is None:
            choice = draw_numbers(paths, 0, 2**62, generator)
        repair_paths(
            repaired,
            lengths.cpu().long().numpy(),
            references,
            offsets,
            units.arrays(),
            first.blank,
            self.most,
            self.how_many == "all",
            self.require_improvement,
            self.ties == "published",
            choice.cpu().long().numpy(),
        )
        return torch.from_numpy(repaired).to(paths.device)

    def __call__(
        self, path: NDArray[np.int64], context: PropertyContext, choice: int | None = None
    ) -> NDArray[np.int64] | None:
        """An improved path (T,), or None. `choice`: index of the repair, instead of drawing one."""
        labels = torch.from_numpy(np.array(path, dtype=np.int64))[None, None]
        drawn = int(context.rng.integers(2**62)) if choice is None else choice
        lengths = torch.tensor([labels.shape[2]])
        better = self.improve_batch(labels, [context], lengths, None, torch.tensor([[drawn]]))
        return None if torch.equal(better, labels) else better[0, 0].numpy()


@register_property("minimum_wer")
class MinimumWER(_Repair):
    """Replace a wrong word of the path by the word of the transcript.

    The text of the path is aligned with the transcript word by word with the fewest errors. A substituted word can be
    repaired if the word of the transcript has the same number of units (characters or word pieces) and at most
    `max_char_dist` of them differ; each differing unit then gets its new label in all of its frames. Insertions and
    deletions are never repaired. A path without such a word is unchanged.

    Args:
        max_char_dist: number of units that may differ, >= 1.
        words: "one": repair one word, drawn uniformly. "all": repair every word that can be repaired.
        units: "characters", "word_pieces" (the first piece of a word begins with "▁"), or "auto": derived from the
            vocabulary. Words are compared as text: the same text in other pieces is no error.
        require_improvement: only repairs after which the path has fewer word errors. A new label that equals its
            neighbour without a blank between them merges with it, and the word stays wrong; the published code keeps
            such pairs (False).
        separator: the symbol between words if the units are characters; None finds " ", "|" or "▁".
        ties: which of several alignments with the fewest errors is used. "closest": the one with the most similar
            words, so that all possible repairs are found. "published": the one that prefers gaps, as the aligner of the
            published code does, also within a word: swapped neighbours (ab for ba) are then not two substitutions and
            cannot be repaired.
    Source: Segev et al. 2024, arXiv:2307.01715, f_mWER. Differs from its published code: repairs are at the right
        position (there, a space at the start of a path shifts the repair by one character).
    """

    def __init__(
        self,
        max_char_dist: int = 2,
        words: str = "one",
        units: str = "auto",
        require_improvement: bool = True,
        separator: str | None = None,
        ties: str = "closest",
    ) -> None:
        super().__init__(min(check_count("max_char_dist", max_char_dist), 1 << 16), words, require_improvement, ties)
        check_choice("words", words, HOW_MANY)
        check_choice("units", units, UNITS)
        self.units = units
        self.separator = separator

    def units_of(self, contexts: Sequence[PropertyContext], largest: int) -> WordUnits:
        """Words, with boundaries derived from the vocabulary."""
        return word_units(contexts[0].vocabulary, self.units, self.separator)


@register_property("minimum_cer")
class MinimumCER(_Repair):
    """Replace a wrong label of the path by the label of the transcript: fewer character (or word piece) errors.

    Needs neither a vocabulary nor a separator between words; the separator is a label like any other here.

    Args:
        symbols: "one": repair one substituted label, drawn uniformly. "all": repair every substituted label.
        require_improvement, ties: as in `MinimumWER`.
    Source: suggested by reviewers of arXiv:2307.01715.
    """

    def __init__(self, symbols: str = "one", require_improvement: bool = True, ties: str = "closest") -> None:
        check_choice("symbols", symbols, HOW_MANY)
        super().__init__(1, symbols, require_improvement, ties)

    def units_of(self, contexts: Sequence[PropertyContext], largest: int) -> WordUnits:
        """All labels of the vocabulary; without a vocabulary, all labels that occur."""
        if contexts[0].vocabulary:
            return label_units(len(contexts[0].vocabulary))
        most = max(int(np.max(one.reference, initial=0)) for one in contexts)
        return label_units(max(most, largest, contexts[0].blank) + 1)
