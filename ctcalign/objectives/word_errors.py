"""Word errors of texts that are given as labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ctcalign.checks import check_choice, counts
from ctcalign.edits import edit_distance
from ctcalign.errors import BatchError, ShapeError
from ctcalign.objectives.edit_kernels import number_words
from ctcalign.objectives.word_units import check_labels, flat_references, label_units, word_units


def text_errors(
    hypotheses: Tensor,
    hypothesis_lengths: Tensor,
    targets: Tensor,
    target_lengths: Tensor | None = None,
    vocabulary: Sequence[str] = (),
    unit: str = "words",
    separator: str | None = None,
) -> Tensor:
    """Substitutions, deletions and insertions of each hypothesis, the fewest that explain it.

    Args:
        hypotheses: labels without blanks, (B, H, U) ints.
        hypothesis_lengths: (B, H) counts; -1 where there is no hypothesis, which has 0 errors.
        targets: labels of the transcripts, (B, L).  target_lengths: (B,) counts; None means all L.
        vocabulary: the symbol of each label; needed for words.
        unit: "words", compared by the text that they write, or "labels".
        separator: the symbol between words; None finds it.
    Returns:
        (B, H) int64, on the device of the hypotheses.
    Raises:
        ShapeError: the shapes do not fit.  BatchError: a length or label out of range.
        UsageError: words cannot be told from the vocabulary.
    """
    check_choice("unit", unit, ("words", "labels"))
    if hypotheses.ndim != 3 or hypotheses.is_floating_point():
        raise ShapeError(f"hypotheses: expected ints (B, H, U), got {hypotheses.dtype} {tuple(hypotheses.shape)}")
    batch, _, longest = hypotheses.shape
    lengths = torch.as_tensor(hypothesis_lengths).cpu()
    if lengths.shape != hypotheses.shape[:2] or lengths.is_floating_point():
        raise ShapeError(
            f"hypothesis_lengths: expected ints {tuple(hypotheses.shape[:2])}, got {lengths.dtype} "
            f"{tuple(lengths.shape)}"
        )
    if lengths.numel() and (int(lengths.max()) > longest or int(lengths.min()) < -1):
        raise BatchError(f"hypothesis_lengths: expected counts from -1 to {longest}, got {lengths.tolist()}")
    if targets.ndim != 2 or targets.shape[0] != batch or targets.is_floating_point():
        raise ShapeError(f"targets: expected ints ({batch}, L), got {targets.dtype} {tuple(targets.shape)}")
    texts = hypotheses.cpu().long().contiguous().numpy()
    said = np.where(np.arange(longest) < lengths.numpy()[..., None], texts, 0)
    tokens = counts("target_lengths", target_lengths, batch, targets.shape[1], torch.device("cpu")).tolist()
    references = [row[:count] for row, count in zip(targets.cpu().long().numpy(), tokens, strict=True)]
    most = max(int(np.max(row, initial=0)) for row in [said.reshape(-1), *references])
    units = word_units(vocabulary, separator=separator) if unit == "words" else label_units(len(vocabulary) or most + 1)
    check_labels("hypotheses", said, units.classes)
    flat, offsets = flat_references(references, units.classes)
    tables, found = units.arrays(), np.zeros(texts.shape[:2], np.int64)
    for place, length in np.ndenumerate(lengths.numpy()):
        if length >= 0:
            reference = flat[offsets[place[0]] : offsets[place[0] + 1]]
            found[place] = edit_distance(*number_words(texts[place][:length], reference, tables))
    return torch.from_numpy(found).to(hypotheses.device)
