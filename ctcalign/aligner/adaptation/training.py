"""Training of a network on the examples of one recording: CTC on masked inputs, AdamW on all weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from ctcalign.aligner.adaptation.examples import Example
from ctcalign.aligner.adaptation.likelihoods import log_likelihoods
from ctcalign.aligner.adaptation.masks import masked
from ctcalign.aligner.adaptation.randomness import own_randomness
from ctcalign.emission.progress import Progress
from ctcalign.models.training.protocol import TrainableModel

STAGE = "adapting"
STEPS = 40
STEP_SECONDS = 10.0  # of sound in each step
# Rate of AdamW at its peak, after a tenth of the steps; from there it falls to 0. Large networks of waveforms, which
# were trained on much more speech, get a tenth of it, as is usual for them.
RATE, RATE_OF_LARGE, RATE_OF_WAVEFORMS = 3e-4, 1e-4, 3e-5
LARGE = 5_000_000  # weights of a network that is not small
WARM_UP = 0.1
LARGEST_GRADIENT = 1.0  # norm
PART_SECONDS = 10.0  # of sound in memory at a time, with the activations of the network


def train(model: TrainableModel, examples: Sequence[Example], device: str, seed: int, progress: Progress) -> None:
    """Train all weights of a network, in place; it is on the device afterwards. The same seed gives the same weights.

    Global random generators are neither used nor changed, so that threads do not affect each other.

    Args:
        examples: at least one.
        seed: of the order of the examples, masks and dropout.
    """
    network = model.network.to(device).train()
    weights = [one for one in network.parameters() if one.requires_grad]
    rate = RATE_OF_WAVEFORMS if model.inputs.waveform else RATE
    if not model.inputs.waveform and sum(one.numel() for one in weights) > LARGE:
        rate = RATE_OF_LARGE
    optimiser = torch.optim.AdamW(weights, lr=rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, _share_of_rate)
    rng = np.random.default_rng(seed)
    batches = _batches(examples, rng)
    with own_randomness(network, seed, device) as generators:
        for step in range(STEPS):
            batch = next(batches)
            symbols = sum(len(one.target) for one in batch)
            for part in in_parts(batch):
                inputs = [masked(one, model.inputs, rng) for one in part]
                with generators:
                    loss = -log_likelihoods(model, inputs, [one.target for one in part], device).sum() / symbols
                    loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(weights, LARGEST_GRADIENT)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            schedule.step()
            progress(STAGE, step + 1, STEPS)


def in_parts(examples: Sequence[Example]) -> Iterator[list[Example]]:
    """Examples of similar length together, a part at most PART_SECONDS with padding, but one example at least."""
    held: list[Example] = []
    for one in sorted(examples, key=lambda one: one.seconds):
        if held and one.seconds * (len(held) + 1) > PART_SECONDS:
            yield held
            held = []
        held.append(one)
    if held:
        yield held


def _share_of_rate(step: int) -> float:
    warm = max(1, round(WARM_UP * STEPS))
    return min((step + 1) / warm, (STEPS - step) / (STEPS - warm + 1))


def _batches(examples: Sequence[Example], rng: np.random.Generator) -> Iterator[list[Example]]:
    """Batches of STEP_SECONDS without end: all examples in random order, then all again."""
    waiting: list[int] = []
    while True:
        batch: list[Example] = []
        while len(batch) < len(examples) and sum(one.seconds for one in batch) < STEP_SECONDS:
            waiting = waiting or rng.permutation(len(examples)).tolist()
            batch.append(examples[waiting.pop()])
        yield batch
