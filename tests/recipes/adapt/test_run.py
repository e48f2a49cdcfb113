"""The adaptation recipes on talks of tones: wrong captions, the methods, the table."""

from __future__ import annotations

import json

import pytest

from ctcalign.adapt.options import AdaptOptions
from ctcalign.formats.captions import read_captions
from recipes.adapt import corpus, results, run
from tests.adapt import talks


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A corpus of the recipe, and its source."""
    root = tmp_path_factory.mktemp("recipe")
    source = talks.held_out(root / "source", "speaker", 3, count=24)
    options = ["--source", str(source), "--out", str(root / "corpus"), "--wrong", "0.2", "--missing", "0.2"]
    corpus.main([*options, "--extra", "0.2", "--seed", "3"])
    return root / "corpus", root


def test_captions_are_wrong_in_part(made):
    folder, _ = made
    exact = [cue.text for cue in read_captions(folder / "exact" / "talk0.srt").cues]
    captions = [cue.text for cue in read_captions(folder / "captions" / "talk0.srt").cues]
    assert len(exact) == 24
    right = len(set(exact) & set(captions))
    assert 2 <= right < len(captions)
    shared = [text for text in captions if any(len(set(text.split()) & set(other.split())) >= 3 for other in exact)]
    assert len(shared) > right
    assert (folder / "talks" / "talk0.flac").is_file()


def test_methods_and_their_table(made, tmp_path, monkeypatch):
    folder, root = made
    monkeypatch.setattr("recipes.adapt.run.options_of", tiny_options)
    model = talks.tiny_model(tmp_path / "start")
    held_out = talks.held_out(root / "held", "other", 8)
    words = ["--corpus", folder, "--held-out", held_out, "--model", model, "--out", tmp_path / "runs", "--passes", 1]
    run.main(list(map(str, [*words, "--updates", 3, "--methods", "published", "adapt"])))
    rows = {row["method"]: row for row in run.rows_of(tmp_path / "runs")}
    assert set(rows) == {"adapt", "published"}
    assert rows["adapt"]["start_target"] == pytest.approx(
        json.loads((tmp_path / "runs" / "adapt-s1" / "report.json").read_text())["start"]["target"]["wer"]["value"]
    )
    assert rows["published"]["hours"] > 0
    page = tmp_path / "RESULTS.md"
    results.main(["--runs", str(tmp_path / "runs"), "--title", "Tones", "--command", "run.sh", "--out", str(page)])
    text = page.read_text(encoding="utf-8")
    assert "| `ctcalign adapt`, 1 seeds |" in text
    assert "| IPFA score ≥ -1.0, 1 seeds |" in text


def tiny_options(args, seed, **more):
    return AdaptOptions(
        passes=args.passes, precision=0.8, held_out=(args.held_out,), updates=args.updates, seed=seed,
        settings=talks.SETTINGS, **more,
    )  # fmt: skip
