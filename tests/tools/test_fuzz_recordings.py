"""The fuzzing of recordings: the same files at every run, some of them read here, and faults that it can see."""

from __future__ import annotations

from pathlib import Path

import pytest

import ctcalign.audio
from tools.fuzz.recordings import mutated, read, run, seed_file, table_of

SEEDS = {name: seed_file(name) for name in ("mp4", "ts", "mp3", "pcm.wav", "flac")}


def test_a_number_is_always_the_same_file() -> None:
    files = [mutated(SEEDS, name, number) for name in SEEDS for number in range(5)]
    assert files == [mutated(SEEDS, name, number) for name in SEEDS for number in range(5)]
    assert len(set(files)) == len(files)
    assert not set(files) & set(SEEDS.values())


def test_mutated_recordings_are_read_or_refused(tmp_path: Path) -> None:
    found = run(list(SEEDS), 0, 8, tmp_path)
    assert {name: figures.faults for name, figures in found.items()} == {name: [] for name in SEEDS}
    assert all(figures.outcomes["read"] + figures.outcomes["refused"] == 8 for figures in found.values())
    assert table_of(found).count("\n") == len(SEEDS) + 2


def test_an_error_of_another_kind_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("rate")

    monkeypatch.setattr(ctcalign.audio, "open_audio", broken)
    assert read(tmp_path / "a.wav").startswith("KeyError: 'rate' (test_fuzz_recordings.py:")
