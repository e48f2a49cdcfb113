"""CTC log-likelihoods of utterances, and the evaluation of a network by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

from ctcalign.aligner.adaptation.examples import Example
from ctcalign.aligner.adaptation.utterances import ANYTHING
from ctcalign.models.training.protocol import TrainableModel

OTHERS = 8  # texts that each text is compared with


@dataclass(frozen=True)
class Judgement:
    """How well a network recognises examples.

    Attributes:
        likelihood: log-likelihood of their texts, nats per frame.
        margin: nats per symbol by which their texts are likelier than those of other cues, cut to the same length.
    """

    likelihood: float
    margin: float


def judge(
    model: TrainableModel, examples: Sequence[Example], texts: Sequence[tuple[int, ...]], device: str
) -> Judgement:
    """Evaluate a network, without masks and dropout.

    Args:
        texts: of all certain cues; each example is compared with the OTHERS nearest in length.
    """
    model.network.to(device).eval()
    own_total, others_total, frames_total, symbols = 0.0, 0.0, 0, 0
    for example in examples:
        with torch.inference_mode():
            log_probs, frames = _emissions(model, [example.input], device)
            own = example.labels
            near = sorted(
                (text for text in dict.fromkeys(texts) if text != own), key=lambda text: abs(len(text) - len(own))
            )
            rows = [own, *(text[: len(own)] for text in near[:OTHERS])]
            rows = [row for row in rows if fits(row, int(frames[0]))]
            if len(rows) < 2 or rows[0] != own:
                continue
            log_probs, frames = log_probs.expand(len(rows), -1, -1), frames.expand(len(rows))
            values = _ctc(log_probs, frames, rows, model.vocabulary.blank).tolist()
        own_total += values[0]
        shares = [value / len(row) for value, row in zip(values[1:], rows[1:], strict=True)]
        others_total += len(own) * sum(shares) / len(shares)
        frames_total += int(frames[0])
        symbols += len(own)
    return Judgement(own_total / max(1, frames_total), (own_total - others_total) / max(1, symbols))


def log_likelihoods(
    model: TrainableModel, inputs: Sequence[Tensor], labels: Sequence[Sequence[int]], device: str
) -> Tensor:
    """Log-likelihood of each text in nats, (B,); 0 without a gradient where it does not fit into the frames.

    ANYTHING in a text matches any frames with probability 1.
    """
    log_probs, frames = _emissions(model, inputs, device)
    return _ctc(log_probs, frames, labels, model.vocabulary.blank)


def fits(labels: Sequence[int], frames: int) -> bool:
    """Whether the labels and the blanks between equal ones need no more frames."""
    return len(labels) + sum(a == b for a, b in pairwise(labels)) <= frames


def _emissions(model: TrainableModel, inputs: Sequence[Tensor], device: str) -> tuple[Tensor, Tensor]:
    lengths = torch.tensor([len(one) for one in inputs], device=device)
    padded = torch.nn.utils.rnn.pad_sequence(list(inputs), batch_first=True, padding_value=model.inputs.padding)
    log_probs, frames = model.network(padded.to(device), lengths)
    return log_probs, frames


def _ctc(log_probs: Tensor, frames: Tensor, labels: Sequence[Sequence[int]], blank: int) -> Tensor:
    log_probs = log_probs.to(torch.promote_types(log_probs.dtype, torch.float32))
    log_probs = functional.pad(log_probs, (0, 1))  # a last column with log-probability 0, for ANYTHING
    last = log_probs.shape[-1] - 1
    flat = [last if label == ANYTHING else label for own in labels for label in own]
    targets = torch.tensor(flat, device=log_probs.device)
    counts = torch.tensor([len(own) for own in labels], device=log_probs.device)
    loss = functional.ctc_loss(
        log_probs.transpose(0, 1), targets, frames, counts, blank, reduction="none", zero_infinity=True
    )
    return -loss
