"""Emissions of all recordings of a corpus, computed once and stored, so that all methods use the same numbers."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from ctcalign.aligner.ipfa.method import speech_of
from ctcalign.cli.console import progress_bar
from ctcalign.emission.channels import open_emission
from ctcalign.emission.emission import Emission
from ctcalign.files import atomic_write
from ctcalign.models import load_model
from ctcalign.models.devices import device_of
from ctcalign.models.protocol import AcousticModel
from ctcalign.text.vocabulary import Vocabulary
from recipes.errors import one_line
from recipes.noisy.corpus import add_choices, find_recordings


@dataclass
class Kept:
    """An emission with the stretches of speech, in seconds. `made_from` identifies the sound and the model."""

    emission: Emission
    speech: list[tuple[float, float]]
    model: str
    made_from: str


def fingerprint(model: AcousticModel, device: str = "cpu") -> str:
    """A hash of the model's name and of its output for one second of noise, rounded to two decimals."""
    noise = torch.randn(1, model.sample_rate, generator=torch.Generator().manual_seed(0)) * 0.1
    with torch.inference_mode():
        log_probs, _ = model(noise.to(device), torch.tensor([model.sample_rate]).to(device))
    rounded = np.round(log_probs.float().cpu().numpy(), 2) + 0.0  # no -0.0
    return hashlib.sha256(model.name.encode() + rounded.tobytes()).hexdigest()[:16]


def save(kept: Kept, file: Path) -> None:
    """Write one .npz, whole or not at all."""
    about = {"made_from": kept.made_from, "model": kept.model, "speech": kept.speech}
    about["vocabulary"] = asdict(kept.emission.vocabulary)
    numbers = ("frame_shift", "offset", "audio_seconds", "energy_shift")
    about["emission"] = {name: float(getattr(kept.emission, name)) for name in numbers}
    with atomic_write(file, "wb") as stream:
        np.savez(
            stream,
            log_probs=np.asarray(kept.emission.log_probs),
            energy=kept.emission.energy,
            about=np.array(json.dumps(about)),
        )


def load(file: Path) -> Kept:
    """The inverse of `save`."""
    with np.load(file) as held:
        about = json.loads(str(held["about"]))
        words = about["vocabulary"]
        vocabulary = Vocabulary(**{**words, "symbols": tuple(words["symbols"])})
        emission = Emission(
            log_probs=held["log_probs"], energy=held["energy"], vocabulary=vocabulary, **about["emission"]
        )
    return Kept(emission, [(a, b) for a, b in about["speech"]], about["model"], about["made_from"])


def made_from(file: Path) -> str | None:
    """`Kept.made_from` of a stored emission; None if there is none."""
    if not file.is_file():
        return None
    with np.load(file) as held:
        return str(json.loads(str(held["about"]))["made_from"])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    add_choices(parser, "recordings")
    parser.add_argument("--model", default="builtin:en")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    model = load_model(args.model, args.device)
    own = fingerprint(model, device_of(model, args.device))
    args.out.mkdir(parents=True, exist_ok=True)
    for recording in find_recordings(args.corpus, args.recordings):
        file = args.out / f"{recording.name}.npz"
        source = f"{own} {hashlib.sha256(recording.audio.read_bytes()).hexdigest()[:16]}"
        if made_from(file) == source:
            continue
        with progress_bar() as progress:
            with open_emission(recording.audio, model, device=args.device, progress=progress) as opened:
                speech = speech_of(recording.audio, "mix", opened.emission.duration, progress)
                save(Kept(opened.emission, speech, model.name, source), file)
                frames, seconds = len(opened.emission.log_probs), opened.emission.duration
        sys.stderr.write(f"{recording.name}: {seconds:.1f} s, {frames} frames, {len(speech)} stretches of speech\n")


if __name__ == "__main__":
    one_line(main)
