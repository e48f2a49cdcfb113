"""A tiny recogniser in double precision, and utterances for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from ctcalign.models.encoders import ConvEncoder
from ctcalign.models.training.tokenizers import CharacterTokenizer
from ctcalign.train.data.batch import Batch
from ctcalign.train.optimiser.config import OptimiserConfig
from ctcalign.train.recogniser.module import CTCModule

WORDS = ["ab", "cab dad", "dad", "ca", "bad", "ab ca", "cab", "dad bad", "ca ca", "bad ab"]


def utterances(numbers: Sequence[int], index: int = 0, last: bool = False) -> Batch:
    """Made-up features with texts, by number."""
    features, lengths = [], []
    for number in numbers:
        generator = torch.Generator().manual_seed(number)
        lengths.append(60 + 4 * (number % 5))
        features.append(torch.randn(lengths[-1], 80, generator=generator, dtype=torch.float64))
    padded = nn.utils.rnn.pad_sequence(features, batch_first=True)
    texts = [WORDS[number % len(WORDS)] for number in numbers]
    names = [f"u{number}" for number in numbers]
    return Batch(padded, torch.tensor(lengths), texts, names, index=index, last=last)


def recogniser(optimiser: dict[str, Any] | None = None, dropout: float = 0.0, **options: Any) -> CTCModule:
    """Two blocks."""
    torch.manual_seed(2)
    encoder = ConvEncoder(dim=16, blocks=2, kernel=3, subsampling=2, dropout=dropout)
    config = OptimiserConfig(**{"lr": 0.01, "warmup_steps": 0, **(optimiser or {})})
    return CTCModule(encoder, CharacterTokenizer(" abcd"), optimiser=config, **options).double()
