"""The adaptation recipes on talks of tones: wrong captions, the methods, the table."""

from __future__ import annotations

import gzip
import json

import pytest

from ctcalign.adapt.options import AdaptOptions
from ctcalign.formats.captions import read_captions
from recipes.adapt import corpus, results, run
from tests.adapt import talks

TRAINED_ON = ("unmixed-s1/pass-01/utterances/train.jsonl.gz", "published-s1/pass-01/train.jsonl.gz")


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
    monkeypatch.setattr("recipes.adapt.methods.options_of", tiny_options)
    model = talks.tiny_model(tmp_path / "start")
    held_out = talks.held_out(root / "held", "other", 8, count=20)
    source = talks.held_out(root / "source", "reader", 8, count=8, pitch=1.0)
    words = ["--corpus", folder, "--held-out", held_out, "--model", model, "--out", tmp_path / "runs", "--passes", 1]
    words += ["--source", source, "--source-held-out", source]
    run.main(list(map(str, [*words, "--updates", 3, "--methods", "published", "unmixed"])))
    rows = {row["method"]: row for row in run.rows_of(tmp_path / "runs")}
    assert set(rows) == {"unmixed", "published"}
    report = json.loads((tmp_path / "runs" / "unmixed-s1" / "report.json").read_text())
    assert rows["unmixed"]["start"]["test"] == report["start"]["test"]["wer"]["value"]
    assert rows["published"]["start"] == rows["unmixed"]["start"]  # the same recordings choose and are tested
    assert rows["published"]["passes"][0]["hours"] > 0
    mixed = {name: gzip.open(tmp_path / "runs" / name, "rt").read() for name in TRAINED_ON}
    assert ["reader" in text for text in mixed.values()] == [False, True]
    monkeypatch.setattr("recipes.adapt.run.run_method", lambda *given: pytest.fail("run again"))
    run.main(list(map(str, [*words, "--updates", 3, "--methods", "published", "unmixed"])))
    page = tmp_path / "RESULTS.md"
    words = ["--title", "Tones", "--command", "run.sh", "--wanted", "published", "adapt", "--seeds", "1"]
    results.main(["--runs", str(tmp_path / "runs"), *words, "--out", str(page)])
    text = page.read_text(encoding="utf-8")
    assert "| `ctcalign adapt` without source speech | 1 |" in text
    assert "| captions with an IPFA score ≥ -1.0 | 1 |" in text
    assert "Not run: `ctcalign adapt` (seed 1)." in text


def test_the_table_shows_the_best_pass_where_nothing_was_chosen():
    def run_of(method, seed, *passes):
        rows = [{"errors": {"target": a, "test": b}, "hours": 1.0, "kept": kept} for a, b, kept in passes]
        return {"method": method, "seed": seed, "start": {"target": 0.5, "test": 0.4}, "passes": rows}

    rows = [
        run_of("exact", 1, (0.2, 0.2, True)),
        run_of("adapt", 1, (0.3, 0.28, True), (0.25, 0.26, True), (0.26, 0.1, False)),
        run_of("adapt", 2, (0.3, 0.22, True)),
        run_of("unfiltered", 1, (0.6, 0.6, False)),
        run_of("exact_unmixed", 1, (0.2, 0.1, True)),
        run_of("unmixed", 1, (0.2, 0.25, True)),
    ]
    lines = {
        line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]] for line in results.table(rows)
    }
    assert lines["original model"][3] == "40.00"
    assert lines["`ctcalign adapt`"] == ["2", "1.5", "1.000", "24.00 ± 2.83", "-40.0 %", "80 %", "", ""]
    assert lines["`ctcalign adapt` without source speech"][3:6] == ["25.00", "-37.5 %", "50 %"]
    assert lines["captions as they are"][1:6] == ["0.0", "0.000", "40.00", "+0.0 %", "0 %"]


def tiny_options(args, seed, **more):
    values = {"passes": args.passes, "precision": 0.8, "held_out": tuple(args.held_out), "updates": args.updates}
    values |= {"keep_source": tuple(args.source), "source_held_out": tuple(args.source_held_out)}
    return AdaptOptions(**values | {"seed": seed, "settings": talks.SETTINGS} | more)
