"""Batches read from audio, in the workers of a data loader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ctcalign.audio.cut_sources import NO_TRUST, Trust
from ctcalign.errors import AudioError
from ctcalign.models.training.inputs import InputMaker, LogMel
from ctcalign.train.data.augmentation import Augmentation
from ctcalign.train.data.batch import PARTIAL, SPARE, TOO_SHORT, UNREADABLE, UNTRANSCRIBED, Batch
from ctcalign.train.data.cuts import Samples, captions_of_cut, language_of_cut, outside, read_samples, timed_words
from ctcalign.train.data.drawing import ProcessBatch
from ctcalign.train.processes import numpy_generator


@dataclass(frozen=True)
class TeacherInputs:
    """Inputs of a teacher.

    Attributes:
        inputs: makes the inputs of the teacher's network.
        clean: apply only the speed perturbation; else all augmentation except masks.
    """

    inputs: InputMaker
    clean: bool = True


@dataclass
class _Read:
    """One utterance: the network's input, a second view and the teacher's input, and why it cannot be used, else ""."""

    input: Tensor
    reason: str = ""
    detail: str = ""
    second: Tensor | None = None
    teacher: Tensor | None = None


class Reader(Dataset[Batch]):
    """Reads audio and texts of a process's batch. Runs in the workers of a data loader.

    Args:
        inputs: makes the inputs of the network.
        augmentation: in training, else None.
        seed: seed of the augmentation, which depends only on the seed, the epoch and the utterance.
        words: whether to read the times of words.
        teacher: the inputs of the teacher of the network; None: no teacher.
        views: number of views of each utterance, 1 or 2. They share the speed; noise, channel and masks differ.
        trust: whether cuts may run commands or open URLs.
    """

    def __init__(
        self,
        inputs: InputMaker | None = None,
        augmentation: Augmentation | None = None,
        seed: int = 1,
        words: bool = False,
        trust: Trust = NO_TRUST,
        teacher: TeacherInputs | None = None,
        views: int = 1,
    ) -> None:
        self.trust, self.teacher, self.views = trust, teacher, views
        self.inputs = inputs or LogMel()
        self.augmentation = augmentation
        self.seed = seed
        self.words = words

    def __getitem__(self, own: ProcessBatch) -> Batch:
        read = [self._input(cut, own.epoch) for cut in own.cuts]
        # Line breaks are kept, since mark-up such as the dash of a speaker depends on them.
        texts = ["\n".join(one.text.strip() for one in captions_of_cut(cut)).strip() for cut in own.cuts]
        found = [
            (SPARE, "") if own.spare else (one.reason, one.detail) if one.reason else _obstacle(cut, text)
            for cut, one, text in zip(own.cuts, read, texts, strict=True)
        ]
        inputs, lengths = _padded([one.input for one in read], self.inputs)
        second = None
        if self.views > 1:
            second, _ = _padded([one.input if one.second is None else one.second for one in read], self.inputs)
        teacher: dict[str, Tensor] = {}
        if self.teacher is not None:
            rows = [self.teacher.inputs.silence() if one.teacher is None else one.teacher for one in read]
            teacher = dict(zip(("teacher_inputs", "teacher_lengths"), _padded(rows, self.teacher.inputs), strict=True))
        return Batch(
            inputs=inputs,
            lengths=lengths,
            second=second,
            **teacher,
            texts=texts,
            ids=[cut.id for cut in own.cuts],
            words=[timed_words(cut) for cut in own.cuts] if self.words else [],
            reasons=[reason for reason, _ in found],
            details=[detail for _, detail in found],
            languages=[language_of_cut(cut) for cut in own.cuts],
            seconds=0.0 if own.spare else float(sum(cut.duration for cut in own.cuts)),
            epoch=own.epoch,
            index=own.index,
            part=own.part,
            last=own.last,
        )

    def _input(self, cut: Any, epoch: int) -> _Read:
        rng = numpy_generator(self.seed, "augmentation", epoch, cut.id)
        rate, augmentation = self.inputs.sample_rate, self.augmentation
        second: Tensor | None = None
        try:
            clean = samples = read_samples(cut, rate, self.trust)
            if augmentation is not None:
                clean = augmentation.at_speed(samples, rng)
                samples = augmentation.degraded(clean, rng, rate)
            found = self.inputs(samples)
            if augmentation is not None and self.views > 1 and len(found):
                own = numpy_generator(self.seed, "second view", epoch, cut.id)
                second = self._masked(self.inputs(augmentation.degraded(clean, own, rate)), own)
        except AudioError as error:
            return _Read(self.inputs.silence(), UNREADABLE, str(error).removeprefix(f"{cut.id}: "))
        if not len(found):
            return _Read(self.inputs.silence(), TOO_SHORT, f"{len(samples)} samples")
        return _Read(self._masked(found, rng), second=second, teacher=self._teacher_input(clean, samples))

    def _masked(self, features: Tensor, rng: np.random.Generator) -> Tensor:
        if self.augmentation is None or self.inputs.waveform:
            return features
        return self.augmentation.features(features, rng)

    def _teacher_input(self, clean: Samples, samples: Samples) -> Tensor | None:
        """The teacher's input, None without one."""
        if self.teacher is None:
            return None
        maker, chosen = self.teacher.inputs, clean if self.teacher.clean else samples
        if maker.sample_rate != self.inputs.sample_rate:
            import soxr

            chosen = np.asarray(soxr.resample(chosen, self.inputs.sample_rate, maker.sample_rate), np.float32)
        found = maker(chosen)
        return found if len(found) else None


def _padded(rows: list[Tensor], maker: InputMaker) -> tuple[Tensor, Tensor]:
    """Inputs of utterances as one tensor, and their lengths (B,)."""
    whole = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=maker.padding)
    return whole, torch.tensor([len(one) for one in rows])


def _obstacle(cut: Any, text: str) -> tuple[str, str]:
    """Why a cut whose audio can be read cannot be used, else "", and the same in words."""
    if not text:
        return UNTRANSCRIBED, ""
    detail = outside(cut)
    return (PARTIAL, detail) if detail else ("", "")


class BatchLoader:
    """Batches from the current position. Not a torch DataLoader, whose order Lightning would change.

    Args:
        source: returns this process's batches for one pass.  reader: reads them.
        workers: reading processes, >= 0. They start with the first pass and serve all later ones, until `close`.
    """

    def __init__(self, source: Callable[[], Iterator[ProcessBatch]], reader: Reader, workers: int) -> None:
        self._source, self._reader, self._workers = source, reader, workers
        self._loader: DataLoader[Batch] | None = None

    def __iter__(self) -> Iterator[Batch]:
        if self._loader is None:
            # The "sampler" is iterated in this process; a worker reads each of its items.
            self._loader = DataLoader(
                self._reader,
                sampler=_Once(self._source),
                batch_size=None,
                num_workers=self._workers,
                prefetch_factor=4 if self._workers else None,
                persistent_workers=self._workers > 0,
            )
        yield from self._loader

    def close(self) -> None:
        """End the reading processes."""
        self._loader = None


class _Once:
    def __init__(self, source: Callable[[], Iterator[ProcessBatch]]) -> None:
        self._source = source

    def __iter__(self) -> Iterator[ProcessBatch]:
        return self._source()
