"""A CTC loss that prefers late alignments: it makes a streaming model whose labels drift, as those of the papers do.

The models of this bench start from an offline model and do not drift by themselves.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ctcalign.checks import check_number, check_utterances
from ctcalign.ctc import total_score
from ctcalign.objectives import ObjectiveInput
from ctcalign.objectives.builtin import Ctc


class LateCtc(Ctc):
    """The delay penalty with the opposite sign: the score of an alignment grows with the frame of each label.

    Args:
        reward: >= 0, nats per frame and label.  reduction: as in `Ctc`.
    """

    def __init__(self, reward: float, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.reward = check_number("reward", reward)

    def losses(self, batch: ObjectiveInput) -> Tensor:
        """Loss of each utterance, (B,)."""
        scores, targets = batch.log_probs, batch.targets
        frames, tokens = check_utterances(scores, targets, batch.input_lengths, batch.target_lengths, batch.blank)
        time = torch.arange(scores.shape[1], device=scores.device)
        bonus = self.reward * (time - (frames // 2)[:, None]).double()
        return -total_score(scores, targets, frames, tokens, batch.blank, emission_bonus=bonus)
