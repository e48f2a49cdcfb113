"""A corpus of long recordings, joined from short transcribed ones, with captions of many qualities.

  python -m recipes.noisy.joined --plan conf/joined.json --data ../shared/data --out exp/joined

The plan is a JSON object: NAME of a recording -> {"manifest": JSON lines with path, text, speaker, corpus, duration;
"tar": their archive; "language"; "where": {field: value} that the clips must have; "minutes"; "skip": clips left out in
front, so that two recordings of one reader share none; "seed": of pauses and wrong captions}. Captions that are not
spoken come from clips of the same archive that are not taken. Existing recordings are kept.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from ctcalign.calibration.corruptions import corrupt
from ctcalign.calibration.joining import join
from ctcalign.calibration.truth import LabelledCue, Utterance
from ctcalign.files import atomic_write, read_json_lines

RATE = 16000
KINDS = ("exact", "text_noise05", "text_noise15", "text_noise30", "missing", "extra", "duplicated", "mixed")
OTHERS = 200  # clips whose texts are captions that are not spoken


@dataclass(frozen=True)
class Plan:
    """One recording of the plan."""

    manifest: str
    tar: str
    language: str
    where: dict[str, str]
    minutes: float
    skip: int = 0
    seed: int = 0


@dataclass(frozen=True)
class Clip:
    """A transcribed short recording, one channel at `RATE`."""

    samples: NDArray[np.float32]
    text: str


def read_clips(plan: Plan, data: Path) -> tuple[list[Clip], list[str]]:
    """The clips of a recording in the order of the manifest, and texts of other clips of the same archive."""
    rows = read_json_lines(data / plan.manifest)
    fitting = [row for row in rows if all(row.get(key) == value for key, value in plan.where.items())][plan.skip :]
    taken: list[dict[str, Any]] = []
    while fitting and sum(row["duration"] for row in taken) < 60 * plan.minutes:
        taken.append(fitting.pop(0))
    if not taken:
        raise SystemExit(f"--plan: no clip of {plan.manifest} has {plan.where}")
    own = {row["text"] for row in taken}
    others = list(dict.fromkeys(row["text"] for row in rows if row["text"] not in own))
    wanted = {row["path"]: row for row in taken}
    samples: dict[str, NDArray[np.float32]] = {}
    with tarfile.open(data / plan.tar) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name in wanted else None
            if file is not None:
                sound, rate = sf.read(io.BytesIO(file.read()), dtype="float32", always_2d=True)
                mono = librosa.resample(sound.mean(1), orig_sr=rate, target_sr=RATE)
                samples[member.name] = np.asarray(mono, np.float32)
    return [Clip(samples[row["path"]], row["text"]) for row in taken], _spread(others, OTHERS)


def _spread(values: list[str], count: int) -> list[str]:
    """At most `count` values from the whole list."""
    return [values[len(values) * n // count] for n in range(count)] if len(values) > count else values


def write(name: str, plan: Plan, clips: list[Clip], others: list[str], folder: Path) -> float:
    """The recording, its ground truth and captions; truth.json comes last. Returns its length in seconds."""
    samples, spoken = join([clip.samples for clip in clips], [clip.text for clip in clips], RATE, seed=plan.seed)
    (folder / "captions").mkdir(parents=True, exist_ok=True)
    sf.write(folder / "audio.flac", samples / max(1e-9, float(np.abs(samples).max())) * 0.9, RATE)
    for kind in KINDS:
        rows = corrupt(spoken, kind, seed=plan.seed, texts=others or None)
        with atomic_write(folder / "captions" / f"{kind}.txt") as stream:
            stream.write("".join(f"{row.cue.text}\n" for row in rows))
        _write_json(folder / "captions" / f"{kind}.key.json", {"utterances": [_key(row) for row in rows]})
    utterances = [_utterance(row) for row in spoken]
    about = {"audio": "audio.flac", "sample_rate": RATE, "duration": len(samples) / RATE, "language": plan.language}
    _write_json(folder / "truth.json", {**about, "sound": name, "utterances": utterances})
    return len(samples) / RATE


def _key(row: LabelledCue) -> dict[str, Any]:
    clip = row.edges or (None, None)
    exact = {"spoken": row.spoken, "exact": row.exact and row.spoken}
    place = {"index": row.cue.index, "start": row.start, "end": row.end}
    return {**place, "text": row.cue.text, **exact, "clip_start": clip[0], "clip_end": clip[1]}


def _utterance(row: Utterance) -> dict[str, Any]:
    clip = row.clip or (None, None)
    place = {"start": row.start, "end": row.end, "clip_start": clip[0], "clip_end": clip[1]}
    return {"text": row.text, **place}


def _write_json(file: Path, content: dict[str, Any]) -> None:
    with atomic_write(file) as stream:
        json.dump({"format": "ctcalign-truth/1", "level": "utterance", **content}, stream, ensure_ascii=False)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder of the manifests and archives")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    for name, row in json.loads(args.plan.read_text(encoding="utf-8")).items():
        folder = args.out / name
        if not (folder / "truth.json").is_file():
            plan = Plan(**row)
            seconds = write(name, plan, *read_clips(plan, args.data), folder)
            sys.stderr.write(f"{name}: {seconds / 60:.1f} minutes\n")


if __name__ == "__main__":
    main()
