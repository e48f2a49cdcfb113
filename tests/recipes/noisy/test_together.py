"""Adapting to the parts of a recording: how it is cut, cells that are kept, and the page."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import soundfile as sf

from recipes.noisy.cells import compute, parser_of, write_page
from recipes.noisy.corpus import Recording, Variant
from recipes.noisy.together import page, parts, share


def test_a_recording_is_cut_before_spoken_captions(tmp_path):
    samples = np.arange(40_000, dtype=np.float32) / 40_000
    sf.write(tmp_path / "a.wav", samples, 1_000, subtype="FLOAT")
    starts = [0.0, 9.0, 18.5, 21.0, 33.0]
    rows = [
        {"index": n, "spoken": n != 3, "start": at + 0.5, "clip_start": at, "text": f"t{n}"}
        for n, at in enumerate(starts)
    ]
    (tmp_path / "a.key.json").write_text(json.dumps({"utterances": rows}), encoding="utf-8")
    (tmp_path / "a.txt").write_text("\n".join(f"t{n}" for n in range(5)), encoding="utf-8")
    recording = cast(Recording, SimpleNamespace(audio=tmp_path / "a.wav"))
    variant = cast(Variant, SimpleNamespace(key=tmp_path / "a.key.json", captions=tmp_path / "a.txt"))
    folder = tmp_path / "parts"
    folder.mkdir()
    first, second = parts(recording, variant, 20.0, folder)
    sound = [sf.read(one[0], dtype="float32")[0] for one in (first, second)]
    assert [len(one) for one in sound] == [18_500, 21_500]  # not at 21 s, which is not spoken
    assert np.allclose(np.concatenate(sound), samples, atol=1e-4)
    assert [[cue.text for cue in one[1]] for one in (first, second)] == [["t0", "t1"], ["t2", "t3", "t4"]]
    own = json.loads(second[2].read_text(encoding="utf-8"))["utterances"]
    assert [(row["index"], row["clip_start"], row["start"]) for row in own] == [(0, 0, 0.5), (1, 2.5, 3), (2, 14.5, 15)]


def found(plain: int, each: int, together: int) -> dict[str, Any]:
    ways = {"plain": plain, "each": each, "together": together}
    rows = {
        way: {"within": [right, right - 1], "spoken": 20, "adapted": int(way != "plain"), "seconds": 2.0 + right}
        for way, right in ways.items()
    }
    return {"parts": 3, **rows}


def test_cells_are_kept_and_the_page_has_all(tmp_path):
    for name in ("b", "a"):
        folder = tmp_path / "corpus" / name
        (folder / "captions").mkdir(parents=True)
        (folder / "audio.wav").touch()
        (folder / "truth.json").write_text(json.dumps({"audio": "audio.wav", "utterances": []}), encoding="utf-8")
        (folder / "captions" / "exact.txt").touch()
        (folder / "captions" / "exact.key.json").touch()
    args = parser_of("x").parse_args(
        ["--corpus", str(tmp_path / "corpus"), "--cells", str(tmp_path / "cells"), "--out", str(tmp_path / "page.md")]
    )
    asked: list[str] = []

    def work(recording: Recording, variant: Variant) -> dict[str, Any]:
        asked.append(f"{recording.name} {variant.name}")
        return found(10, 14, 13)

    compute(args, "0", work, str)
    compute(args, "0", work, str)
    assert asked == ["a exact", "b exact"]
    cell = json.loads((tmp_path / "cells" / "a.exact.0.json").read_text(encoding="utf-8"))
    assert (share(cell, "plain"), share(cell, "each", 1)) == (50, 65)
    write_page(args, "Title", "About.", page)
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert text.startswith("# Title\n\nAbout.\n")
    assert "| a | exact | 1 of 3 | 1 of 3 | 50.0 | 70.0 | 65.0 | 45.0 | 65.0 | 60.0 | 1.3 | 1.2 |" in text
    assert "(2 cells): each +20.0 (worst +20.0), together +15.0 (worst +15.0)." in text
    assert cell["each"]["seconds"] == pytest.approx(16)
