"""The noisy-captions recipe from end to end on the bundled talk, and its scores against an independent program."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import shutil
from pathlib import Path

import pytest

from recipes.noisy.corpus import find_recordings
from recipes.noisy.methods import METHODS, PEERS
from recipes.noisy.results import plot_reliability
from recipes.noisy.scores import measures, read_cell, row_of
from recipes.noisy.tables import Scores, confidence_table, grid_table, percent
from recipes.noisy.worker import Task, Worker
from tests.egs.recipe import ROOT, run_recipe

DEMO = ROOT / "egs" / "demo"
UNSPOKEN = [
    "Every morning the baker sold fresh bread to the soldiers of the garrison.",
    "Copper wire was wound around the iron core by hand.",
    "My grandmother never liked the colour of that old velvet curtain.",
]
# Half a minute of CPU time in total, but in many processes: a busy machine takes much longer.
pytestmark = pytest.mark.timeout(900)

FORMAT = {"format": "ctcalign-truth/1", "level": "utterance"}


def clock(seconds: float) -> str:
    whole = round(1000 * seconds)
    return f"{whole // 3600000:02d}:{whole // 60000 % 60:02d}:{whole // 1000 % 60:02d},{whole % 1000:03d}"


def write_variant(folder: Path, name: str, rows: list[dict]) -> None:
    blocks, at = [], 0.0
    for number, row in enumerate(rows):
        start, end = row.get("start"), row.get("end")
        at = at if start is None else start
        blocks.append(f"{number + 1}\n{clock(at)} --> {clock(at + 1 if end is None else end)}\n{row['text']}\n")
    (folder / f"{name}.srt").write_text("\n".join(blocks), encoding="utf-8")
    key = [{"index": number, "exact": row["spoken"], **row} for number, row in enumerate(rows)]
    (folder / f"{name}.key.json").write_text(json.dumps({**FORMAT, "utterances": key}), encoding="utf-8")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    """The talk with four caption files: exact, with missing captions, with extra captions, and with wrong words."""
    place = tmp_path_factory.mktemp("corpus")
    folder = place / "talk" / "captions"
    folder.mkdir(parents=True)
    shutil.copy(DEMO / "talk.ogg", place / "talk")
    truth = json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))
    spoken = [
        {"text": cue["text"], "start": cue["start"], "end": cue["end"], "spoken": True}
        for cue in truth["cues"]
        if cue["spoken"]
    ]
    (place / "talk" / "truth.json").write_text(json.dumps({**FORMAT, "audio": "talk.ogg", "utterances": spoken}))
    write_variant(folder, "exact", spoken)
    write_variant(folder, "missing", [row for number, row in enumerate(spoken) if number not in (3, 8, 9)])
    unspoken = [{"text": text, "start": None, "end": None, "spoken": False} for text in UNSPOKEN]
    write_variant(folder, "extra", [*spoken[:4], unspoken[0], *spoken[4:9], unspoken[1], unspoken[2], *spoken[9:]])
    chosen = random.Random(0)
    wrong = []
    for row in spoken:
        words = row["text"].split()
        if len(words) > 6:
            words[chosen.randrange(1, len(words) - 1)] = "umbrella"
        wrong.append({**row, "text": " ".join(words), "exact": len(words) <= 6})
    write_variant(folder, "words", wrong)
    return place


@pytest.fixture(scope="module")
def grid(corpus) -> Path:
    """The results folder of one run of the whole recipe."""
    run_recipe("noisy_captions", "--corpus", corpus, "--exp", corpus / "exp", "--results", corpus / "RESULTS.md")
    return corpus / "exp"


@pytest.fixture(scope="module")
def scores(grid) -> Scores:
    return Scores(json.loads((grid / "scores.json").read_text(encoding="utf-8")))


@pytest.mark.slow
def test_every_cell_is_made_and_every_method_places_exact_captions(scores):
    assert scores.methods == list(METHODS)
    assert set(scores.cells) == {("talk", v, m) for v in ("exact", "extra", "missing", "words") for m in METHODS}
    for method in METHODS:
        assert scores.grid[method]["failures"] == []
        found = scores.rows["exact", method]["speech"]
        assert found["spoken"] == 17
        # Every method is accurate on a clean talk if it is called correctly. Two of them add silence to their cues.
        assert found["within_count"] >= 14, method
        generous = method in ("ipfa --faithful", "ctc-segmentation")
        assert found["start"]["median"] < (0.45 if generous else 0.15), method


@pytest.mark.slow
def test_our_methods_find_unspoken_captions_and_peers_do_not(scores):
    assert scores.noisy("extra")
    assert not scores.noisy("exact")
    assert scores.rows["extra", "global"]["speech"]["unspoken"] == 3
    assert scores.rows["extra", "global"]["speech"]["skip_recall"] == 1
    assert scores.rows["extra", "global"]["speech"]["skip_precision"] == 1
    for peer in PEERS:
        assert scores.rows["extra", peer]["speech"]["skip_recall"] == 0
    beside = scores.rows["extra", "global"]["speech"]["beside_count"]
    assert beside == 4  # around one extra caption, and around two in a row
    assert scores.rows["missing", "global"]["uncaptioned"] == 3
    assert scores.rows["missing", "global"]["speech"]["beside_count"] == 4


@pytest.mark.slow
def test_results_have_every_row_and_both_kinds_of_bounds(grid):
    page = (grid.parent / "RESULTS.md").read_text(encoding="utf-8")
    for variant in ("exact", "extra *", "missing *", "words *"):
        assert f"| {variant} |" in page
    for name in ("## Verdict", "(speech)", "(tolerant)", "Failures: none", "| torchaudio star |"):
        assert name in page
    assert page.count("## ") > 10
    assert (grid.parent / "RESULTS_within.png").stat().st_size > 5000


@pytest.mark.slow
def test_finished_cells_are_kept_and_changed_captions_aligned_again(corpus, grid):
    files = {file: file.stat().st_mtime_ns for file in (grid / "alignments").rglob("*.json")}
    key = corpus / "talk" / "captions" / "words.srt"
    before = key.read_text(encoding="utf-8")
    try:
        key.write_text(before.replace("umbrella", "elephant"), encoding="utf-8")
        run_recipe(
            "noisy_captions",
            "--corpus",
            corpus,
            "--exp",
            grid,
            "--methods",
            "torchaudio|ctc-segmentation",
            "--stage",
            1,
            "--stop-stage",
            1,
        )
    finally:
        key.write_text(before, encoding="utf-8")
    changed = {file for file, time in files.items() if file.stat().st_mtime_ns != time}
    assert {(file.parent.name, file.stem) for file in changed} == {
        ("words", "torchaudio"),
        ("words", "ctc-segmentation"),
    }


@pytest.mark.slow
@pytest.mark.parametrize("method", ["global --all-spoken", "torchaudio"])
@pytest.mark.parametrize("bounds", ["speech", "tolerant"])
def test_measures_agree_with_an_independent_program(corpus, grid, method, bounds):
    program = ROOT.parent / "shared" / "data" / "score_alignment.py"
    if not program.is_file():
        pytest.skip("../shared/data/score_alignment.py is not there")
    spec = importlib.util.spec_from_file_location("score_alignment", program)
    peer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(peer)
    recording = find_recordings(corpus)[0]
    variant = next(variant for variant in recording.variants if variant.name == "extra")
    file = grid / "alignments" / "talk" / "extra" / f"{method.replace(' ', '_')}.json"
    cell = read_cell(file, recording, variant, method)
    document = json.loads(file.read_text(encoding="utf-8"))
    for item, row in zip(cell.found.cues, document["cues"], strict=True):
        item.confidence = row["confidence"] = None  # the program reads scores only
    # Clip borders make the two kinds of bounds differ.
    key = json.loads(variant.key.read_text(encoding="utf-8"))
    for item, row in zip(cell.truth.cues, key["utterances"], strict=True):
        if row["start"] is not None:
            row["clip_start"], row["clip_end"] = row["start"] - 0.1, row["end"] + 0.04
            item.clip = row["clip_start"], row["clip_end"]
    theirs = peer.score(key, document, bounds=bounds)
    ours = measures([cell], bounds)
    assert 100 * ours["within"] == pytest.approx(theirs["both_ends_within_0.5s"], abs=0.05)
    assert ours["spoken"] == theirs["spoken_items"]
    for side in ("start", "end"):
        assert 1000 * ours[side]["median"] == pytest.approx(theirs[f"{side}s"]["median_ms"], abs=0.06)
        assert 1000 * ours[side]["max"] == pytest.approx(theirs[f"{side}s"]["max_ms"], abs=0.06)
    assert ours["wrong"] == theirs["filter"]["bad_captions"]
    assert ours["auc"] == pytest.approx(theirs["filter"]["auc"])


@pytest.mark.slow
def test_a_failing_method_fails_one_cell_only(corpus, grid, tmp_path, monkeypatch):
    # The child process imports sitecustomize at its start, which adds methods that fail.
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal, time\n"
        "from recipes.noisy import methods\n"
        "def dies(*_): os.kill(os.getpid(), signal.SIGKILL)\n"
        "def waits(*_): time.sleep(300)\n"
        "def turns(*_):\n"
        "    while True: pass\n"
        "def raises(*_): raise ValueError('two\\nlines')\n"
        "methods.METHODS.update(dies=dies, waits=waits, turns=turns, raises=raises)\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")

    def run(method: str):
        return worker.run(Task(grid / "emissions" / "talk.npz", corpus / "talk" / "captions" / "exact.srt", method))

    worker = Worker("builtin:en", 100)
    try:
        assert run("raises").failure == "ValueError: two lines"
        worker.time_limit = 2
        assert run("turns").failure == "gave no result in 2 s of CPU time"
        worker.patience = 0.5
        assert run("waits").failure == "gave no result in 1 s"
        worker.time_limit, worker.patience = 100, 20
        assert run("dies").failure == "the process died (SIGKILL)"
        after = run("global")
        assert after.failure is None
        assert len(after.alignment["cues"]) == 17
    finally:
        worker.close()


@pytest.mark.slow
def test_reliability_of_known_confidences(corpus, grid, tmp_path):
    recording = find_recordings(corpus)[0]
    cells = []
    for variant in recording.variants:
        file = grid / "alignments" / "talk" / variant.name / "torchaudio.json"
        cells.append(read_cell(file, recording, variant, "torchaudio"))
        for found, truth in zip(cells[-1].found.cues, cells[-1].truth.cues, strict=True):
            found.confidence = 0.97 if truth.spoken and truth.exact else 0.25
    row = row_of(cells, method="torchaudio")
    names = {"recordings": ["talk"], "methods": ["torchaudio"], "cells": [], "grid": [row]}
    scores = Scores({**names, "rows": [{**row_of([c], method="torchaudio"), "variant": c.variant} for c in cells]})
    items = [item for cell in cells for item in cell.truth.cues]
    sure = sum(bool(item.spoken and item.exact) for item in items)
    right = len(items) - row["speech"]["wrong"]
    assert 30 < right <= sure < len(items)  # torchaudio misplaces some exact captions
    assert row["speech"]["kept"] == sure
    assert row["speech"]["kept_precision"] == pytest.approx(right / sure)
    assert row["speech"]["kept_recall"] == 1
    gaps = sure * abs(0.97 - right / sure) + (len(items) - sure) * 0.25
    assert row["speech"]["calibration"]["ece"] == pytest.approx(gaps / len(items))
    page = grid_table(scores, "speech")[2]
    assert f"| confidence | {gaps / len(items):.3f} |" in page
    assert f"| {sure} | {percent(right / sure)} | 100.0 |" in page
    assert [line.split(" | ")[0] for line in confidence_table(scores, "speech")[2:6]] == [
        "| exact", "| extra *", "| missing *", "| words *",
    ]  # fmt: skip
    assert plot_reliability(scores, tmp_path / "reliability.png")
    assert (tmp_path / "reliability.png").stat().st_size > 5000
    for cell in cells:
        for found in cell.found.cues:
            found.confidence = None
    assert not plot_reliability(
        Scores({**names, "rows": [], "grid": [row_of(cells, method="torchaudio")]}), tmp_path / "a"
    )


def test_errors_in_the_corpus(tmp_path):
    (tmp_path / "talk" / "captions").mkdir(parents=True)
    (tmp_path / "talk" / "truth.json").write_text('{"audio": "talk.ogg"}')
    with pytest.raises(SystemExit, match=r"no folder of .* has truth\.json and"):
        find_recordings(tmp_path)
    (tmp_path / "talk" / "captions" / "a.key.json").write_text("{}")
    with pytest.raises(SystemExit, match="expected the name of a sound file"):
        find_recordings(tmp_path)
    (tmp_path / "talk" / "talk.ogg").touch()
    with pytest.raises(SystemExit, match=r"expected one of a\.srt, a\.vtt, a\.txt"):
        find_recordings(tmp_path)
    (tmp_path / "talk" / "captions" / "a.txt").touch()
    with pytest.raises(SystemExit, match="got 'b', expected some of a"):
        find_recordings(tmp_path, variants=["b"])
    assert [v.captions.name for v in find_recordings(tmp_path)[0].variants] == ["a.txt"]
