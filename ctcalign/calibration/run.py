"""`ctcalign calibrate`: from transcribed recordings to a calibration and its quality on held-out speakers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctcalign.aligner.confidence.calibration import Calibration
from ctcalign.calibration.cross_validation import CrossValidation, cross_validate
from ctcalign.calibration.delays import Offsets, offsets
from ctcalign.calibration.fit import fit
from ctcalign.calibration.sets import Transcribed, read_sets
from ctcalign.calibration.trials import TRIALS, Divide, Example, trials
from ctcalign.calibration.truth import Utterance
from ctcalign.emission.emission import Emission, compute_emission
from ctcalign.emission.progress import Progress, logged
from ctcalign.errors import CaptionError
from ctcalign.extras import require
from ctcalign.files import atomic_write
from ctcalign.models import load_model
from ctcalign.models.devices import device_of
from ctcalign.models.protocol import AcousticModel

# Seconds. Shorter recordings have few captions: each kind of error is tried twice on them.
SHORT = 200.0


@dataclass(frozen=True)
class Calibrated:
    """Result of `calibrate`: the fit on all recordings, its cross-validation, and warnings on skipped recordings."""

    calibration: Calibration
    reliability: CrossValidation
    warnings: list[str]

    def save(self, path: str | Path) -> None:
        """Write the calibration as JSON, for `AlignOptions.calibration` and `ctcalign align --calibration`."""
        write_calibration(self.calibration, Path(path))


def calibrate(
    recordings: str | Path | Sequence[Transcribed | str | Path],
    model: str | AcousticModel = "auto",
    language: str | None = None,
    device: str = "auto",
    seed: int = 1,
    progress: Progress = logged,
    divide: Divide | None = None,
) -> Calibrated:
    """Inject errors, align, fit on all recordings, and cross-validate over speakers.

    Args:
        recordings: transcribed recordings, or paths of sets of them, or one path; see
            `ctcalign.calibration.sets.read_sets`.
        model: name for `load_model`, or a model.
        language: code of the language of the texts; None: the model's.
        device: see `ctcalign.align`.
        seed: of the errors.
        progress: stages "aligning" (recordings times kinds of errors) and "fitting" (folds).
        divide: see `trials`.
    Raises:
        CaptionError, AudioError: a recording cannot be used at all.   UsageError: too few examples to fit or to test.
        MissingPackageError: scikit-learn is missing.

    >>> import ctcalign
    >>> found = ctcalign.calibrate(["speaker1.json", "speaker2.json"], "checkpoint:mine.pt")  # doctest: +SKIP
    >>> found.save("confidence.json")  # doctest: +SKIP
    >>> options = AlignOptions(calibration="confidence.json")  # doctest: +SKIP
    """
    require("sklearn")  # before the recordings are aligned
    if isinstance(model, str):
        model = load_model(model, device, language=language)
    language = language or model.language or "en"
    warnings: list[str] = []
    recordings = _opened([recordings] if isinstance(recordings, str | Path) else recordings, warnings)
    found: list[Example] = []
    digest = hashlib.sha256()
    counts: list[dict[str, Any]] = []
    texts: dict[str, list[str]] = {}
    for number, recording in enumerate(recordings):
        with open_recording(recording, model, device) as (emission, utterances):
            texts[recording.name] = [utterance.text for utterance in utterances]
            others = [text for name, own in texts.items() if name != recording.name for text in own]
            seeds = (seed, seed + 1) if emission.duration < SHORT else (seed,)
            total = len(recordings) * len(TRIALS)

            def done(kind: str, number: int = number, total: int = total) -> None:
                progress("aligning", number * len(TRIALS) + TRIALS.index(kind) + 1, total)

            try:
                rows = list(
                    trials(
                        emission,
                        utterances,
                        recording.group,
                        model,
                        language,
                        others or None,
                        seeds,
                        done=done,
                        divide=divide,
                    )
                )
            except CaptionError as error:
                warnings.append(f"{recording.name}: skipped: {error}")
                continue
            found += rows
            minutes = round(emission.duration / 60, 2)
            counts.append({"recording": recording.name, "minutes": minutes, "utterances": len(utterances)})
            digest.update(json.dumps([recording.name, [[u.text, u.start, u.end] for u in utterances]]).encode())
    checked = cross_validate(found, model.name, lambda done, total: progress("fitting", done, total))
    about = {
        "sha256": digest.hexdigest(),
        "recordings": counts,
        "captions": len(found),
        "seed": seed,
        "held_out": summary(checked),
    }
    return Calibrated(fit(found, model.name, about), checked, warnings)


def _opened(recordings: Sequence[Transcribed | str | Path], warnings: list[str]) -> list[Transcribed]:
    """The recordings; what a set leaves out is added to `warnings`."""
    found: list[Transcribed] = []
    for one in recordings:
        found += [one] if isinstance(one, Transcribed) else read_sets([Path(one)], warnings=warnings)
    return found


def summary(checked: CrossValidation) -> dict[str, Any]:
    """AUC and ECE of cues and words of held-out speakers, as a JSON object."""
    out: dict[str, Any] = {"speakers": checked.groups}
    for name, predictions in (("cues", checked.cues), ("words", checked.words)):
        reliability, auc = predictions.reliability, predictions.auc
        out[name] = {
            "count": len(predictions.right),
            "right": int(predictions.right.sum()),
            "auc": None if auc is None else round(auc, 4),
            "ece": None if reliability is None else round(reliability.ece, 4),
        }
    return out


def measure_offsets(
    recordings: Sequence[Transcribed],
    model: AcousticModel,
    language: str,
    device: str = "auto",
    progress: Progress = logged,
) -> dict[str, Any]:
    """`Offsets.medians` over all recordings, with the name of the model and the delay that it declares."""
    found = Offsets([], [], [])
    for number, recording in enumerate(recordings):
        with open_recording(recording, model, device) as (emission, utterances):
            found.add(offsets(emission, utterances, model, language))
        progress("aligning", number + 1, len(recordings))
    return {"model": model.name, "spike_delay_in_use": model.spike_delay, **found.medians()}


@contextmanager
def open_recording(
    recording: Transcribed, model: AcousticModel, device: str
) -> Iterator[tuple[Emission, list[Utterance]]]:
    """The emission of a recording and its utterances."""
    samples, utterances = recording.load(model.sample_rate)
    with compute_emission(model, samples, device=device_of(model, device)) as emission:
        yield emission, utterances


def write_calibration(calibration: Calibration, path: Path) -> None:
    """Write a calibration as JSON, atomically."""
    with atomic_write(path) as stream:
        json.dump(calibration.to_dict(), stream, indent=1)
        stream.write("\n")
