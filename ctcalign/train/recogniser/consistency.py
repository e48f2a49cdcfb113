"""Consistency regularisation: two views of each utterance, with other noise and masks, must give the same output."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ctcalign.checks import check_number
from ctcalign.objectives import consistency_loss
from ctcalign.train.data.batch import Emissions

LABEL = "consistency"


@dataclass
class ConsistencyConfig:
    """Two views of each utterance: they share the speed; noise, channel, masks and dropout differ.

    The CTC loss is the mean over both views, and the divergence between them is added.

    Attributes:
        weight: factor of the divergence, >= 0.
    Source: Yao et al. 2025, CR-CTC, arXiv:2410.05101, whose weight is the default.
    """

    weight: float = 0.2

    def __post_init__(self) -> None:
        check_number("model.consistency.weight", self.weight)


def divergence(first: Emissions, second: Emissions) -> Tensor:
    """Mean over the utterances of the divergence between both views, scalar."""
    return consistency_loss(first.log_probs, second.log_probs, first.lengths, first.target_lengths).mean()
