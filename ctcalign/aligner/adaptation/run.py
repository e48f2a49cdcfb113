"""Passes of adaptation: train a copy of the model on the most certain cues, align again, validate on held-out cues."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ctcalign.aligner.adaptation.utterances import Utterance, divided, surest
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.uncertainty import limit_of
from ctcalign.alignment.alignment import Alignment
from ctcalign.audio.inputs import AudioInput
from ctcalign.emission.progress import Progress
from ctcalign.errors import CaptionError, UsageError
from ctcalign.extras import require
from ctcalign.models.protocol import AcousticModel

if TYPE_CHECKING:
    from ctcalign.aligner.adaptation.adapter import Adapted, Chosen

FAMILIES = ("builtin", "checkpoint", "hf", "torchaudio")
# Seconds of certain cues: at most and at least, for training and held out.
MOST_TRAINED, MOST_HELD_OUT = 300.0, 60.0
LEAST_TRAINED, LEAST_HELD_OUT = 20.0, 5.0


@dataclass(frozen=True)
class Attempt:
    """An alignment.

    Attributes:
        sure: cues from which a model can be adapted.
        uncertainty: of the model, see `ctcalign.aligner.uncertainty`.
    """

    alignment: Alignment
    sure: Sequence[Utterance]
    uncertainty: float


@dataclass(frozen=True)
class Recording:
    """A recording that a model is adapted to.

    Attributes:
        audio: can be read several times.
        align: aligns it by a model.
        first: its alignment by the model that is adapted.
    """

    audio: AudioInput
    align: Callable[[AcousticModel], Attempt]
    first: Attempt


def check_request(model: AcousticModel, passes: int, save: str | Path | None) -> None:
    """Check that a model can be adapted, before long work.

    Raises:
        UsageError: it cannot, or the options contradict each other.   MissingPackageError: torch is not installed.
    """
    if passes < 0:
        raise UsageError(f"adapt: expected a number of passes, 0 or more, got {passes}")
    if not passes:
        if save is not None:
            raise UsageError("save_adapted: nothing is adapted; give --adapt 1 (adapt=1), or leave it out")
        return
    family = model.name.partition(":")[0]
    if family not in FAMILIES:
        known = ", ".join(f"{name}:" for name in FAMILIES)
        raise UsageError(f"adapt: {model.name} cannot be trained, models of {known} can; choose one, or leave it out")
    if getattr(model, "precision", None) == "int8":
        raise UsageError("adapt: int8 weights cannot be trained; use --precision auto, or leave it out")
    require("torch", "safetensors")


def adapted(
    recordings: Sequence[Recording],
    model: AcousticModel,
    options: AlignOptions,
    device: str,
    passes: int,
    save: str | Path | None,
    progress: Progress,
) -> list[Alignment]:
    """The alignment of each recording by one adapted model; a pass that does not help is discarded.

    Args:
        recordings: at least one; their cues are pooled for training and validation.
        model: the model, which is not changed.
        options: channel, track, and the seed of the training.
        device: on which to train.
        passes: at least 1. Each trains the original weights on the cues of the alignments before.
        save: where to write the adapted model, if there is one.
    Raises:
        Errors of `Recording.align`, of reading the recordings and of opening the model for training.
    """
    best = [one.first for one in recordings]
    unsure = _uncertainty(best) > limit_of(model)
    kept: Adapted | None = None
    notice, of_them = "", "" if len(recordings) == 1 else f" in {len(recordings)} recordings"
    for _ in range(passes):
        chosen = chosen_cues(recordings, best)
        if chosen is None:
            sure, cues = sum(len(one.sure) for one in best), sum(len(one.alignment.cues) for one in best)
            notice = f"too few cues placed with certainty ({sure} of {cues}{of_them})"
            break
        from ctcalign.aligner.adaptation.adapter import adapt

        found = adapt(model.name, chosen, options, device, options.seed, progress, kept)
        if not found.helped(unsure):
            notice = f"held-out cues are not recognised better ({_change(found)})"
            break
        try:
            recogniser = found.recogniser(model, device)
            attempts = [one.align(recogniser) for one in recordings]
        except CaptionError as error:
            notice = str(error)
            break
        before, after = _uncertainty(best), _uncertainty(attempts)
        # Several recordings with a smaller margin: the copy must at least be more certain of them than the model was.
        if len(recordings) > 1 and not found.helped(unsure=False) and not after < before:
            notice = f"it is not more certain of the recordings ({before:.2f} to {after:.2f} nats; {_change(found)})"
            break
        best, kept = attempts, found
    if kept is None:
        notice = f"adapt: the model was not adapted: {notice}"
    else:
        what = "this recording" if len(recordings) == 1 else f"these {len(recordings)} recordings"
        notice = f"adapt: aligned with a model adapted to {what} ({_change(kept)})"
        if save is not None:
            kept.save(Path(save))
    for one in best:
        one.alignment.warnings.append(notice)
    return [one.alignment for one in best]


def chosen_cues(recordings: Sequence[Recording], attempts: Sequence[Attempt]) -> list[Chosen] | None:
    """Training cues and held-out cues of each recording; None if they are too few."""
    parts = [divided(one.sure) for one in attempts]
    trained, held_out = [part[0] for part in parts], [part[1] for part in parts]
    if _seconds(trained) < LEAST_TRAINED or _seconds(held_out) < LEAST_HELD_OUT:
        return None
    from ctcalign.aligner.adaptation.adapter import Chosen

    pairs = zip(surest(trained, MOST_TRAINED), surest(held_out, MOST_HELD_OUT), strict=True)
    return [Chosen(one.audio, *pair) for one, pair in zip(recordings, pairs, strict=True)]


def _uncertainty(attempts: Sequence[Attempt]) -> float:
    """The uncertainty of the model over all recordings: a mean weighted by their length."""
    if len(attempts) == 1:
        return attempts[0].uncertainty
    lengths = [one.alignment.duration for one in attempts]
    return sum(one.uncertainty * length for one, length in zip(attempts, lengths, strict=True)) / sum(lengths)


def _seconds(recordings: Sequence[Sequence[Utterance]]) -> float:
    return sum(one.span.duration for own in recordings for one in own)


def _change(found: Adapted) -> str:
    return (
        f"held-out cues: {found.before.likelihood:.2f} to {found.after.likelihood:.2f} nats per frame, "
        f"{found.before.margin:.2f} to {found.after.margin:.2f} nats per symbol over other text"
    )
