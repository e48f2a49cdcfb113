"""Rows of the output layer for new symbols, from the frames of these symbols in a first alignment with the old ones.

A new symbol that is unrelated to the old ones is represented by a mixture of old symbols: their mean posteriors in its
frames. Frames and mixtures are estimated in turn, as in the EM algorithm, but with the best path instead of all paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ctcalign.audio.cut_sources import NO_TRUST, Trust
from ctcalign.ctc import best_path
from ctcalign.models.training.new_symbols import NewSymbols, set_rows
from ctcalign.models.training.protocol import TrainableModel
from ctcalign.train.data.batch import frames_needed
from ctcalign.train.data.cuts import open_cuts
from ctcalign.train.data.drawing import ProcessBatch
from ctcalign.train.data.letters import NAME
from ctcalign.train.data.loading import Reader
from ctcalign.train.recogniser.module import CTCModule

_SECONDS = 600.0  # seconds of speech that are aligned
_ROUNDS = 3
_SHOWN = 3  # old symbols of a mixture that are named
_Probs = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Utterance:
    """Log-probabilities of the old symbols, (T, C), and the new labels of the transcript."""

    log_probs: _Probs
    labels: list[int]


def learn_rows(
    module: CTCModule, sources: str | list[str], trust: Trust = NO_TRUST, device: torch.device | str = "cpu"
) -> list[str]:
    """Set the rows of new symbols unrelated to the old ones, from the first ten minutes of the training data.

    Args:
        sources: see `open_cuts`.  device: for the network.
    Returns:
        A line about them, or none if there are no such symbols.
    """
    symbols = module.model.new_symbols
    if symbols is None or not symbols.unrelated:
        return []
    utterances = list(_utterances(module, symbols, sources, trust, device))
    mixtures, frames = mixtures_of(symbols, utterances)
    layer = module.network.get_submodule(module.model.head)
    set_rows(
        layer,
        symbols.layer,
        len(symbols.old),
        {column: torch.from_numpy(mixture).float() for column, mixture in mixtures.items()},
        len(symbols.new),
    )
    described = "; ".join(_described(symbols, column, mixtures[column], frames[column]) for column in mixtures)
    left = [symbols.new.symbols[column] for column in symbols.unrelated if column not in mixtures]
    parts = [f"rows from a first alignment of {len(utterances)} utterances: {described}"] if described else []
    return [*parts, *([f"no frames in a first alignment: {', '.join(left)}"] if left else [])]


def mixtures_of(symbols: NewSymbols, utterances: list[Utterance]) -> tuple[dict[int, _Probs], dict[int, int]]:
    """Mixtures (C,) of old symbols for the new symbols without another origin, and the number of their frames."""
    size = len(symbols.old)
    place = {column: size + number for number, column in enumerate(symbols.unrelated)}
    mixtures: dict[int, _Probs] = {}
    frames: dict[int, int] = {}
    for _ in range(_ROUNDS):
        sums = {column: np.zeros(size) for column in place}
        frames = dict.fromkeys(place, 0)
        for one in utterances:
            extended = _extended(symbols, one.log_probs, mixtures)
            targets, owners = _targets(symbols, one.labels, place)
            if not targets or frames_needed(targets) > len(extended):
                continue
            probs = np.exp(one.log_probs)
            probs[:, symbols.old.blank] = 0
            for (start, end), owner in zip(best_path(extended, targets, symbols.old.blank).spans, owners, strict=True):
                if owner in sums:
                    sums[owner] += probs[start:end].sum(0)
                    frames[owner] += end - start
        mixtures = {column: total / total.sum() for column, total in sums.items() if total.sum() > 0}
    return mixtures, frames


def _targets(symbols: NewSymbols, labels: list[int], place: dict[int, int]) -> tuple[list[int], list[int]]:
    """Columns of the extended emission for new labels, and the new label of each."""
    targets: list[int] = []
    owners: list[int] = []
    for label in labels:
        columns = (place[label],) if label in place else symbols.origins[label].columns
        targets += columns
        owners += [label] * len(columns)
    return targets, owners


def _extended(symbols: NewSymbols, log_probs: _Probs, mixtures: dict[int, _Probs]) -> _Probs:
    """Log-probabilities with an added column for each symbol without another origin."""
    added: list[_Probs] = []
    probs = np.exp(log_probs)
    spoken = np.delete(log_probs, symbols.old.blank, 1).max(1)
    for column in symbols.unrelated:
        columns = symbols.origins[column].columns
        if column in mixtures:
            added.append(np.log(np.maximum(probs @ mixtures[column], np.finfo(np.float32).tiny)))
        else:
            added.append(log_probs[:, list(columns)].max(1) if columns else spoken)
    extended: _Probs = np.minimum(np.concatenate([log_probs, np.stack(added, 1)], 1), 0.0)
    return extended


def _utterances(
    module: CTCModule, symbols: NewSymbols, sources: str | list[str], trust: Trust, device: torch.device | str
) -> Iterator[Utterance]:
    """Utterances with one of the symbols in question."""
    model: TrainableModel = module.model
    reader, wanted, seconds = Reader(model.inputs, trust=trust), set(symbols.unrelated), 0.0
    training = module.network.training
    module.network.to(device).eval()
    symbols.layer.to(device)
    with torch.inference_mode(), model.old_symbols():
        for cut in open_cuts(NAME, sources, trust=trust):
            batch = reader[ProcessBatch(0, 0, False, [cut], False)]
            labels, lost = module.tokenizer.encode(module.transcripts(batch.texts[0], batch.language(0)))
            if batch.reason(0)[0] or lost or not wanted & set(labels):
                continue
            log_probs, frames = module.network(batch.inputs.to(device), batch.lengths.to(device))
            yield Utterance(_array(log_probs[0, : int(frames[0])]), labels)
            seconds += cut.duration
            if seconds > _SECONDS:
                break
    module.network.to("cpu").train(training)
    symbols.layer.to("cpu")


def _array(log_probs: Tensor) -> _Probs:
    return np.asarray(log_probs.double().cpu().numpy())


def _described(symbols: NewSymbols, column: int, mixture: _Probs, frames: int) -> str:
    first = np.argsort(-mixture)[:_SHOWN]
    parts = ", ".join(f"{symbols.old.symbols[one]} {mixture[one]:.0%}" for one in first if mixture[one] >= 0.01)
    return f"{symbols.new.symbols[column]} ({frames} frames: {parts})"
