"""Passes of adaptation: train a copy of the model on the surest cues, align again, keep what held-out cues confirm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ctcalign.aligner.adaptation.utterances import Utterance, divided, surest
from ctcalign.aligner.hearing import limit_of
from ctcalign.alignment.alignment import Alignment
from ctcalign.audio.inputs import AudioInput
from ctcalign.emission.options import EmissionOptions
from ctcalign.emission.progress import Progress
from ctcalign.errors import CaptionError, UsageError
from ctcalign.extras import require
from ctcalign.models.protocol import AcousticModel

if TYPE_CHECKING:
    from ctcalign.aligner.adaptation.adapter import Adapted

FAMILIES = ("builtin", "checkpoint", "hf", "torchaudio")
# Seconds of sure cues, the surest ones, that are trained on and that judge; and those that there must be.
MOST_TRAINED, MOST_HELD_OUT = 300.0, 60.0
LEAST_TRAINED, LEAST_HELD_OUT = 20.0, 5.0


@dataclass(frozen=True)
class Attempt:
    """An alignment.

    Attributes:
        sure: cues from which a model can be adapted.
        uncertainty: of the model, see `ctcalign.aligner.hearing`.
    """

    alignment: Alignment
    sure: Sequence[Utterance]
    uncertainty: float


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
    align: Callable[[AcousticModel], Attempt],
    audio: AudioInput,
    model: AcousticModel,
    options: EmissionOptions,
    device: str,
    passes: int,
    seed: int,
    save: str | Path | None,
    progress: Progress,
) -> Alignment:
    """The alignment by the adapted model; that before a pass that did not help.

    Args:
        align: aligns the recording by a model.
        audio: the recording.
        model: is not changed.
        options: channel and track.
        device: on which to train.
        passes: at least 1. Each trains the original weights on the cues of the alignment before.
        seed: of the training.
        save: where to write the adapted model, if there is one.
    Raises:
        Errors of `align`, of reading the recording and of opening the model for training.
    """
    best = align(model)
    unsure = best.uncertainty > limit_of(model)
    kept: Adapted | None = None
    notice = ""
    for _ in range(passes):
        chosen = chosen_cues(best)
        if chosen is None:
            notice = f"too few sure cues ({len(best.sure)} of {len(best.alignment.cues)})"
            break
        from ctcalign.aligner.adaptation.adapter import adapt

        found = adapt(model.name, audio, chosen, options, device, seed, progress, kept)
        if not found.helped(unsure):
            notice = f"cues that were not trained on are not recognised better ({_change(found)})"
            break
        try:
            best, kept = align(found.recogniser(model, device)), found
        except CaptionError as error:
            notice = str(error)
            break
    if kept is None:
        best.alignment.warnings.append(f"adapt: the model was not adapted: {notice}")
    else:
        best.alignment.warnings.append(f"adapt: aligned with a model adapted to this recording ({_change(kept)})")
        if save is not None:
            kept.save(Path(save))
    return best.alignment


def chosen_cues(attempt: Attempt) -> tuple[list[Utterance], list[Utterance]] | None:
    """Cues to train on and cues that judge; None if they are too few."""
    trained, held_out = divided(attempt.sure)
    if _seconds(trained) < LEAST_TRAINED or _seconds(held_out) < LEAST_HELD_OUT:
        return None
    return surest(trained, MOST_TRAINED), surest(held_out, MOST_HELD_OUT)


def _seconds(utterances: Sequence[Utterance]) -> float:
    return sum(one.span.duration for one in utterances)


def _change(found: Adapted) -> str:
    return (
        f"held-out cues: {found.before.likelihood:.2f} to {found.after.likelihood:.2f} nats per frame, "
        f"{found.before.margin:.2f} to {found.after.margin:.2f} nats per symbol before other text"
    )
