"""The recordings and caption files of a noisy-captions corpus.

A corpus is a folder. Each recording is a subfolder with `truth.json` ("audio" names the sound file next to it) and
`captions/NAME.srt` (or .vtt, .txt) with `captions/NAME.key.json`: which of these captions are spoken, and when. Both
JSON files are of the form `ctcalign-truth/1` (docs/scoring.md).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

EXTENSIONS = (".srt", ".vtt", ".txt")


@dataclass(frozen=True)
class Variant:
    """One caption file of a recording, and its ground truth (`key`)."""

    name: str
    captions: Path
    key: Path


@dataclass(frozen=True)
class Recording:
    """A recording with all of its caption files. `language`: of its captions, None: that of the model."""

    name: str
    audio: Path
    truth: Path
    variants: tuple[Variant, ...]
    language: str | None = None


def find_recordings(corpus: Path, names: Sequence[str] = (), variants: Sequence[str] = ()) -> list[Recording]:
    """The recordings of a corpus, sorted by name.

    Args:
        names: recordings to keep; all if empty.   variants: caption files to keep; all if empty.
    Raises:
        SystemExit: no folder, no recording, an unknown name, or a ground truth or recording without its file.
    """
    if not corpus.is_dir():
        raise SystemExit(f"--corpus: {corpus} is not a folder; expected one with a folder per recording")
    found = [_recording(truth.parent) for truth in sorted(corpus.glob("*/truth.json"))]
    found = [recording for recording in found if recording.variants]
    if not found:
        raise SystemExit(f"--corpus: no folder of {corpus} has truth.json and captions/NAME.key.json")
    _check_known("--recordings", names, [recording.name for recording in found])
    _check_known("--variants", variants, [variant.name for recording in found for variant in recording.variants])
    return [
        Recording(
            recording.name,
            recording.audio,
            recording.truth,
            tuple(variant for variant in recording.variants if not variants or variant.name in variants),
            recording.language,
        )
        for recording in found
        if not names or recording.name in names
    ]


def add_choices(parser: argparse.ArgumentParser, *kinds: str) -> None:
    """Options that select some of the "recordings", "variants" or "methods"."""
    for kind in kinds:
        parser.add_argument(f"--{kind}", nargs="*", default=[], help="only these; default: all")


def _recording(folder: Path) -> Recording:
    truth = folder / "truth.json"
    about = json.loads(truth.read_text(encoding="utf-8"))
    audio = folder / str(about.get("audio", ""))
    keys = sorted((folder / "captions").glob("*.key.json"))
    if keys and not audio.is_file():
        raise SystemExit(f'{truth}: "audio" is {audio.name!r}, expected the name of a sound file next to it')
    return Recording(folder.name, audio, truth, tuple(_variant(key) for key in keys), about.get("language"))


def _variant(key: Path) -> Variant:
    name = key.name[: -len(".key.json")]
    files = [key.with_name(name + extension) for extension in EXTENSIONS]
    captions = next((file for file in files if file.is_file()), None)
    if captions is None:
        raise SystemExit(f"{key}: no captions next to it; expected one of {', '.join(file.name for file in files)}")
    return Variant(name, captions, key)


def _check_known(option: str, names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise SystemExit(f"{option}: got {name!r}, expected some of {', '.join(sorted(set(known)))}")
