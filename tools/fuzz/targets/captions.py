"""Caption files: read as an alignment, and the result written in a format."""

from __future__ import annotations

import zlib
from pathlib import Path

from ctcalign.errors import CtcAlignError
from ctcalign.formats import OUTPUT_FORMATS, read_alignment, render
from ctcalign.formats.captions import read_captions
from tools.fuzz.mutation import Seed, mutated
from tools.fuzz.seeds import caption_files, kaldi_folder
from tools.fuzz.target import Given, Target, file_target, scratch


def targets() -> list[Target]:
    """A target for each format that is read, with the reader of its name and with detection by turns."""
    files = caption_files()
    found = [
        file_target(f"captions.{name}", seeds, lambda path, name=name: _convert(path, name))
        for name, seeds in files.items()
    ]
    return [*found, _kaldi()]


def _convert(path: Path, name: str) -> None:
    """As `ctcalign convert`; the output format, and whether that of the input is named, follow from the bytes."""
    choice = zlib.crc32(path.read_bytes())
    named = None if choice % 3 or name in ("whisper", "lhotse", "json3") else name
    alignment = read_alignment(path, named)
    render(alignment, OUTPUT_FORMATS[choice // 3 % len(OUTPUT_FORMATS)])


def _kaldi() -> Target:
    folder = kaldi_folder()
    seeds = [Seed(name, text.encode()) for name, text in folder.items()]
    inputs = mutated(seeds).map(lambda steps: [Given(seed.name, data) for seed, data in steps])

    def call(given: Given) -> None:
        path = scratch() / "data"
        path.mkdir(exist_ok=True)
        for name, text in folder.items():
            (path / name).write_bytes(given.data if name == given.name else text.encode())
        try:
            read_captions(path)
        except CtcAlignError:
            read_captions(path, recording="talk")

    return Target("captions.kaldi-folder", inputs, call, lambda given: len(given.data), lambda given: given.data)
