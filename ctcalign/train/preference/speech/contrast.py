"""Two conditions of a recogniser, a better and a worse one: where they differ tells which tokens matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from ctcalign import ctc
from ctcalign.errors import UsageError
from ctcalign.preference import contrast_rewards, critical_token_scores, ctc_token_labels
from ctcalign.train.keys import torch_generator


@dataclass
class ContrastConfig:
    """What critical-token DPO and T-REG weigh tokens by.

    Attributes:
        kind: "models": how likely each token is under a better and a worse model, or under one model that hears the
            utterance clean and noisy. "edits": whether the token is right, by the edit alignment with the chosen text.
        better, worse: checkpoints; the reference model where left out.
        noise: standard deviation of what is added to the log-mel energies that the worse one hears, nats, >= 0.
        strength: of the contrast of critical tokens, >= 0.
    """

    kind: Literal["models", "edits"] = "models"
    better: str | None = None
    worse: str | None = None
    noise: float = 1.0
    strength: float = 1.0

    def __post_init__(self) -> None:
        if not self.noise >= 0 or not self.strength >= 0:
            raise UsageError(f"contrast: noise and strength must be 0 or more, got {self.noise} and {self.strength}")
        if self.kind == "models" and self.better == self.worse and self.noise == 0:
            raise UsageError(
                "contrast: better and worse are one model that hears the same; give noise or another model"
            )


def noisy(features: Tensor, deviation: float, ids: Sequence[str], *parts: str | int) -> Tensor:
    """Features (B, T, F) with Gaussian noise on them, each utterance its own, the same on any number of processes."""
    if deviation == 0:
        return features
    rows = []
    for row, name in zip(features, ids, strict=True):
        generator = torch_generator("cpu", "contrast", name, *parts)
        # As many draws a frame whatever the padding: the noise of a frame is its own.
        rows.append(row + deviation * torch.randn(row.shape, generator=generator).to(row))
    return torch.stack(rows)


def contrast_nouns(
    wanted: set[str],
    better: Tensor,
    worse: Tensor,
    labels: Tensor,
    lengths: Tensor,
    counts: Tensor,
    blank: int,
    *,
    frames: bool,
    strength: float,
) -> dict[str, Tensor]:
    """ "scores" and "token_rewards" of responses, as far as wanted, without gradient.

    Args:
        better, worse: log-probs of the two conditions for each response, (N, T, C).
        labels: tokens (N, L), or labels of frames (N, T).
        lengths: frames, (N,).  counts: tokens, (N,).
        frames: whether a token is a frame of a path.
        strength: of the contrast of scores.
    Returns:
        (N, L + 1) each; (N, T) of paths.
    """
    found: dict[str, Tensor] = {}
    with torch.no_grad():
        if frames:
            mask = torch.arange(labels.shape[1], device=labels.device)[None] < lengths[:, None]
            if "scores" in wanted:
                found["scores"] = critical_token_scores(better, worse, labels, mask, strength=strength, shift=False)
            if "token_rewards" in wanted:
                found["token_rewards"] = contrast_rewards(
                    *(one.gather(-1, labels[..., None])[..., 0] for one in (better, worse))
                )
            return found
        texts = (labels, lengths, counts, blank)
        if "scores" in wanted:
            good, bad = (ctc.next_token_log_probs(one, *texts) for one in (better, worse))
            places = ctc_token_labels(labels, counts, blank).to(good.device)
            found["scores"] = critical_token_scores(good, bad, places, strength=strength, shift=False)
        if "token_rewards" in wanted:
            found["token_rewards"] = contrast_rewards(*(ctc.token_log_probs(one, *texts) for one in (better, worse)))
    return found
