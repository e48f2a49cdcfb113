"""The teacher of a recogniser: a frozen model whose posteriors it learns in addition to the transcripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from ctcalign.checks import check_number
from ctcalign.errors import UsageError
from ctcalign.models.stored import fingerprint
from ctcalign.models.training.protocol import TrainableModel
from ctcalign.models.training.registry import open_trainable
from ctcalign.objectives import distillation_loss, frames_at
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.train.data.batch import PARTIAL, UNSAYABLE, UNTRANSCRIBED, Batch
from ctcalign.train.data.loading import TeacherInputs

LABEL = "distil"
# Reasons for skipping an utterance although its audio can be used.
_AUDIBLE = ("", UNTRANSCRIBED, PARTIAL, UNSAYABLE)


@dataclass
class TeacherConfig:
    """A frozen model whose posteriors the model learns frame by frame, from audio with and without transcripts.

    Attributes:
        name: name of the teacher, as for `init`. It must have the symbols of the model in training, in any order.
        weight: factor of the loss, >= 0. With 1 the teacher has the same weight in a frame as the transcript.
        shift: seconds by which the spikes of the model in training come later than the teacher's; default: the
            difference of the delays in the headers of both, 0 where one has none.
        temperature: temperature of both distributions, > 0; above 1 they are flatter.
        tolerance: seconds by which single spikes may come earlier or later, >= 0.
        clean: whether the teacher receives the audio without the noise, rooms and channels of the augmentation; the
            speed perturbation always applies to it, masks never.
    """

    name: str
    weight: float = 1.0
    shift: float | None = None
    temperature: float = 1.0
    tolerance: float = 0.0
    clean: bool = True

    def __post_init__(self) -> None:
        check_number("model.teacher.weight", self.weight)
        check_number("model.teacher.temperature", self.temperature, positive=True)
        check_number("model.teacher.tolerance", self.tolerance)


class Distilled(NamedTuple):
    """The divergence from the teacher in the utterances of this process.

    Attributes:
        total: sum of the losses of the utterances, scalar.  number: of the utterances.
    """

    total: Tensor
    number: int


class Teacher:
    """A frozen recogniser, which neither checkpoints nor optimisers contain.

    Args:
        config: its options.  model: the model in training.
        allow_noncommercial: accept a licence that forbids commercial use.
    Attributes:
        inputs: makes the teacher's inputs.
        shift: see `TeacherConfig`.
        weights: hash of its weights.
    Raises:
        UsageError: its symbols are others than those of the model.  ModelError: it cannot be loaded.
    """

    def __init__(self, config: TeacherConfig, model: TrainableModel, allow_noncommercial: bool = False) -> None:
        try:
            opened = open_trainable(config.name, None, allow_noncommercial)
        except UsageError as error:
            raise UsageError(str(error).replace("model.init", "model.teacher.name")) from error
        self.config = config
        self.inputs = TeacherInputs(opened.inputs, config.clean)
        self.network = opened.network.eval().requires_grad_(False)
        self.weights = fingerprint(self.network)
        self._columns = _columns(model, opened)
        self._longest, self._blank = opened.longest, model.vocabulary.blank
        own, other = model.spike_delay, opened.spike_delay
        known = 0.0 if own is None or other is None else own - other
        self.shift = known if config.shift is None else config.shift
        self._ratio = model.frame_shift / opened.frame_shift
        self._delay = self.shift / opened.frame_shift
        self._tolerance = round(config.tolerance / model.frame_shift)

    def posteriors(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Posteriors (B, T, C) in the columns of the model in training, and the number of the teacher's frames (B,).

        Args:
            inputs, lengths: inputs and lengths of a batch, cut off at the longest input that the teacher accepts.
        """
        if self._longest is not None:
            inputs, lengths = inputs[:, : self._longest], lengths.clamp(max=self._longest)
        self.network.to(inputs.device, inputs.dtype)  # Lightning converts the network in training alone
        with torch.no_grad():
            log_probs, frames = self.network(inputs, lengths)
        found = log_probs[..., self._columns.to(log_probs.device)]
        return (found / self.config.temperature).softmax(-1), frames

    def __call__(self, batch: Batch, log_probs: Tensor, frames: Tensor) -> Distilled:
        """The divergence of the model from the teacher, in all utterances of this process whose audio can be used.

        Args:
            batch: with the teacher's inputs.
            log_probs: of the model in training, (B, T, C).  frames: their numbers, (B,).
        """
        usable = [place for place in range(len(batch.ids)) if batch.reason(place)[0] in _AUDIBLE]
        if not usable:
            return Distilled(log_probs.new_zeros(()), 0)
        if batch.teacher_inputs is None or batch.teacher_lengths is None:
            raise UsageError("model.teacher: the batches have no inputs of the teacher; make them with CutsDataModule")
        which = torch.tensor(usable, device=log_probs.device)
        inputs, lengths = (one.index_select(0, which) for one in (batch.teacher_inputs, batch.teacher_lengths))
        probs, valid = frames_at(
            *self.posteriors(inputs, lengths), frames=log_probs.shape[1], ratio=self._ratio, delay=self._delay
        )
        valid = valid & (torch.arange(log_probs.shape[1], device=valid.device) < frames.index_select(0, which)[:, None])
        losses = distillation_loss(
            log_probs.index_select(0, which),
            probs,
            valid,
            blank=self._blank,
            temperature=self.config.temperature,
            tolerance=self._tolerance,
        )
        return Distilled(losses.sum(), int(valid.any(1).sum()))


def _columns(model: TrainableModel, teacher: TrainableModel) -> Tensor:
    """The teacher's column of each symbol of the model.

    Raises:
        UsageError: they have other symbols.
    """
    own, other = (_names(one.vocabulary) for one in (model, teacher))
    if sorted(own) != sorted(other):
        missing, more = (sorted(set(a) - set(b))[:5] for a, b in ((own, other), (other, own)))
        raise UsageError(
            f"model.teacher.name: {teacher.name} has {len(other)} symbols and {model.name} has {len(own)}: only one of "
            f"them has {', '.join(map(repr, missing + more)) or 'some twice'}; give a teacher with the same symbols"
        )
    places = {name: column for column, name in enumerate(other)}
    return torch.tensor([places[name] for name in own])


def _names(vocabulary: Vocabulary) -> list[str]:
    """The text of each column; special symbols by their role, since their texts differ between families."""
    found = [text or symbol for text, symbol in zip(vocabulary.spellings, vocabulary.symbols, strict=True)]
    for name, column in (("<unknown>", vocabulary.unknown), (" ", vocabulary.separator), ("<blank>", vocabulary.blank)):
        if column is not None:
            found[column] = name
    return found
