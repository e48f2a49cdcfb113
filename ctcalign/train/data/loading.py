"""Batches read from audio, in the workers of a data loader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from ctcalign.audio.cut_sources import NO_TRUST, Trust
from ctcalign.errors import AudioError
from ctcalign.models.training.inputs import InputMaker, LogMel
from ctcalign.train.data.augmentation import Augmentation
from ctcalign.train.data.batch import PARTIAL, SPARE, TOO_SHORT, UNREADABLE, UNTRANSCRIBED, Batch
from ctcalign.train.data.cuts import captions_of_cut, language_of_cut, outside, read_samples, timed_words
from ctcalign.train.data.drawing import ProcessBatch
from ctcalign.train.processes import numpy_generator


class Reader(Dataset[Batch]):
    """Reads audio and texts of a process's batch. Runs in the workers of a data loader.

    Args:
        inputs: makes the inputs of the network.
        augmentation: in training, else None.
        seed: of the augmentation, which depends on the seed, the epoch and the utterance alone.
        words: whether to read the times of words.
        trust: whether cuts may run commands or open URLs.
    """

    def __init__(
        self,
        inputs: InputMaker | None = None,
        augmentation: Augmentation | None = None,
        seed: int = 1,
        words: bool = False,
        trust: Trust = NO_TRUST,
    ) -> None:
        self.trust = trust
        self.inputs = inputs or LogMel()
        self.augmentation = augmentation
        self.seed = seed
        self.words = words

    def __getitem__(self, own: ProcessBatch) -> Batch:
        read = [self._input(cut, own.epoch) for cut in own.cuts]
        # Lines stay lines: mark-up such as the dash of a speaker depends on them.
        texts = ["\n".join(one.text.strip() for one in captions_of_cut(cut)).strip() for cut in own.cuts]
        found = [
            (SPARE, "") if own.spare else (reason, detail) if reason else _obstacle(cut, text)
            for cut, (_, reason, detail), text in zip(own.cuts, read, texts, strict=True)
        ]
        return Batch(
            inputs=torch.nn.utils.rnn.pad_sequence(
                [one for one, _, _ in read], batch_first=True, padding_value=self.inputs.padding
            ),
            lengths=torch.tensor([len(one) for one, _, _ in read]),
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

    def _input(self, cut: Any, epoch: int) -> tuple[torch.Tensor, str, str]:
        """The input of the network, and the reason if the utterance cannot be used, else "", also in words."""
        rng = numpy_generator(self.seed, "augmentation", epoch, cut.id)
        reason = detail = ""
        try:
            samples = read_samples(cut, self.inputs.sample_rate, self.trust)
            if self.augmentation is not None:
                samples = self.augmentation.samples(samples, rng, self.inputs.sample_rate)
            found = self.inputs(samples)
            if not len(found):
                reason, detail = TOO_SHORT, f"{len(samples)} samples"
        except AudioError as error:
            reason, detail = UNREADABLE, str(error).removeprefix(f"{cut.id}: ")
        if reason:
            return self.inputs.silence(), reason, detail
        masked = self.augmentation is not None and not self.inputs.waveform
        return (self.augmentation.features(found, rng) if self.augmentation and masked else found), "", ""


def _obstacle(cut: Any, text: str) -> tuple[str, str]:
    """Why a cut whose audio can be read cannot be used, else "", and the same in words."""
    if not text:
        return UNTRANSCRIBED, ""
    detail = outside(cut)
    return (PARTIAL, detail) if detail else ("", "")


class BatchLoader:
    """Batches from the current position. Not a torch DataLoader, whose order Lightning would change.

    Args:
        source: returns the process's batches of one pass.  reader: reads them.
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
