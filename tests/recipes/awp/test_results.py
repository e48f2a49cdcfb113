"""Rows, entries, verdicts and pages of the Align With Purpose recipes, on synthetic runs with known numbers."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ctcalign.metrics import EmittedToken, TimedWord
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.train.evaluation.decoding import Decoder
from recipes.awp import results
from recipes.awp.entries import collect, compare_delay, compare_wer, dominated
from recipes.awp.evaluation import decoder_of, read_rows, recognise, score, summary, write_rows
from recipes.awp.verdicts import together, verdicts

SYMBOLS = ["_", " ", "a", "b", "c", "x"]


def utterance(number: int, delay: float, wrong: bool):
    """Ten words of one letter, one a second; emitted `delay` seconds after their ends; one of them wrong."""
    words = [TimedWord("abc"[i % 3], float(i), i + 0.5) for i in range(10)]
    tokens = []
    for i, word in enumerate(words):
        token = 5 if wrong and i == 4 else SYMBOLS.index(word.text)
        at = word.end + delay
        tokens += [EmittedToken(token, at, at + 0.04), EmittedToken(1, at + 0.1, at + 0.1)]
    return score(f"u{number:03d}", words, tokens, SYMBOLS)


def make_run(folder: Path, method: str, setting: str, seed: int, delay: float, wrong: int, look_ahead=0.1) -> None:
    """A finished run: of 100 utterances `wrong` have an error, other ones for each seed."""
    run = folder / f"{method}-{setting.replace(' ', '')}-s{seed}"
    run.mkdir(parents=True)
    about = {"method": method, "setting": setting, "seed": seed, "look_ahead": look_ahead, "seconds": 60.0}
    (run / "run.json").write_text(json.dumps(about))
    bad = set(np.random.default_rng(seed).permutation(100)[:wrong].tolist())
    for part in ("dev", "test"):
        write_rows(run / f"{part}.jsonl", [utterance(i, delay + 0.001 * seed, i in bad) for i in range(100)])


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for seed in (1, 2, 3):
        make_run(folder, "baseline", "", seed, 0.32, 55)
        make_run(folder, "ctc", "", seed, 0.30, 50)
        make_run(folder, "awp_latency", "weight 0.1", seed, 0.10, 51)
        make_run(folder, "awp_latency", "weight 1", seed, 0.02, 70)  # too many errors to be chosen
        make_run(folder, "awp_wer", "weight 0.1", seed, 0.30, 30)
        make_run(folder, "trim_tail", "most 4", seed, 0.05, 60)
    return folder


def test_a_row_compares_tokens_with_words():
    row = utterance(0, 0.2, wrong=True)
    assert (row.errors, row.words, row.character_errors) == (1, 10, 1)
    assert row.delays == pytest.approx([0.2] * 9)
    assert (row.unmatched_reference, row.unmatched_hypothesis) == (1, 1)
    assert row.hyp_text.split()[4] == "x"


def test_rows_survive_the_file(tmp_path):
    rows = [utterance(0, 0.2, True), utterance(1, 0.1, False)]
    write_rows(tmp_path / "rows.jsonl", rows)
    assert read_rows(tmp_path / "rows.jsonl") == rows


def test_summary_and_drift():
    rows, fixed = [utterance(0, 0.25, True), utterance(1, 0.35, False)], [utterance(0, 0.1, False)]
    found = summary(rows, 0.16, fixed)
    assert found["wer"] == pytest.approx(1 / 20)
    assert found["delay"]["mean"] == pytest.approx((9 * 0.25 + 10 * 0.35) / 19)
    assert found["drift"]["mean"] == pytest.approx(0.15)  # of the one utterance that both have
    assert found["drift"]["total_latency"] == pytest.approx(0.31)
    assert (found["drift"]["matched"], found["drift"]["unmatched_reference"]) == (9, 1)
    assert "drift" not in summary(rows, 0.0)


def test_entries_are_means_over_seeds(runs):
    entries = {entry.name: entry for entry in collect(runs, ["test"], None)}
    assert set(entries) == {
        "baseline", "ctc", "awp_latency weight 0.1", "awp_latency weight 1", "awp_wer weight 0.1", "trim_tail most 4",
    }  # fmt: skip
    plain = entries["ctc"]
    assert plain.seeds == (1, 2, 3)
    assert plain.mean("wer") == pytest.approx(0.05)
    assert plain.mean("mean") == pytest.approx(0.302)
    assert plain.spread("mean") == pytest.approx(0.001, rel=1e-3)
    early = compare_delay(plain, entries["awp_latency weight 0.1"], samples=300)
    assert early is not None
    assert early.difference.value == pytest.approx(-0.2)
    fewer = compare_wer(plain, entries["awp_wer weight 0.1"], samples=500)
    assert fewer is not None
    assert fewer.relative.value == pytest.approx(-0.4)
    assert fewer.p_value < 0.01
    assert [e.name for e in dominated(entries["baseline"], list(entries.values()))] == [
        "awp_latency weight 0.1",
        "awp_wer weight 0.1",
        "ctc",
    ]


def test_verdicts_for_claims_that_hold_and_that_do_not(runs):
    dev, test = collect(runs, ["dev"], None), collect(runs, ["test"], None)
    plain = next(e for e in test if e.method == "ctc")
    text = "\n".join(verdicts(dev, test, plain, plain))
    assert "**Latency: shown.** `awp_latency weight 0.1`" in text
    assert "from 302 to 102 ms, by 200 ms" in text
    assert "on or below the others" in text
    assert "**WER: shown.** `awp_wer weight 0.1`" in text
    assert "-40.0 % relative" in text
    alone = [e for e in test if e.method != "trim_tail"]
    assert "Curve" not in "\n".join(verdicts(dev, alone, plain, plain))  # no latency baseline to compare with
    late = [e for e in dev if e.name != "awp_latency weight 0.1"]
    assert "**Latency: not shown.** On dev no weight" in "\n".join(verdicts(late, test, plain, plain))


def test_all_parts_pooled(runs):
    entries = collect(runs, ["dev", "test"], None)
    assert [len(rows) for rows in entries[0].rows] == [200, 200, 200]
    plain = next(e for e in entries if e.method == "ctc")
    assert plain.mean("wer") == pytest.approx(0.05)
    first, second = together(entries, plain)
    assert "`awp_latency weight 0.1`: -200 ms" in first
    assert "word errors +2.0 %" in first
    assert first.endswith("3 seeds): target reached.")
    assert "word errors +40.0 %" in second
    assert second.endswith("target not reached.")


def test_a_better_baseline_point_is_named(runs, tmp_path):
    for seed in (1, 2):
        make_run(tmp_path, "ctc", "", seed, 0.3, 50)
        make_run(tmp_path, "awp_latency", "weight 1", seed, 0.2, 52)
        make_run(tmp_path, "delay_penalty", "weight 2", seed, 0.1, 50)
        make_run(tmp_path, "awp_wer", "weight 1", seed, 0.3, 49)
    entries = collect(tmp_path, ["test"], None)
    plain = next(e for e in entries if e.method == "ctc")
    text = "\n".join(verdicts(entries, entries, plain, plain))
    assert "above the others in places" in text
    assert "`awp_latency weight 1` by `delay_penalty weight 2`" in text
    assert "**Latency: not shown.** `awp_latency weight 1`" in text
    assert "**WER: not shown.**" in text


def test_results_are_written(runs, tmp_path):
    reference = tmp_path / "reference"
    reference.mkdir()
    for part in ("dev", "test"):
        write_rows(reference / f"{part}.jsonl", [utterance(i, 0.0, False) for i in range(100)])
    (tmp_path / "notes.md").write_text("Synthetic.\n")
    arguments = ["--runs", str(runs), "--reference", str(reference), "--title", "T", "--command", "run.sh --x 1"]
    arguments += ["--notes", str(tmp_path / "notes.md")]
    arguments += ["--plot", str(tmp_path / "curve.png"), "--out", str(tmp_path / "RESULTS.md")]
    results.main(arguments)
    text = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "| ctc | – | 3 | 5.00 ± 0.00 | 2.63 |  |  | 302 ± 1 | 302 |" in text
    assert "Command: `run.sh --x 1`" in text
    assert "## dev and test together\n\n- `awp_latency weight 0.1`: -200 ms" in text
    assert "18 trainings, 18 minutes" in text
    assert "![word error rate against delay on test](curve.png)" in text
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(SystemExit, match="no run of 'nothing'"):
        results.main([*arguments, "--plain", "nothing"])


def test_rows_of_a_decoder_with_a_language_model(tmp_path, monkeypatch):
    """The greedy text is "b b"; the language model knows "b a"."""
    words = [TimedWord(text, t, t + 0.02) for text, t in (("b", 0.0), ("a", 0.04))]
    probabilities = torch.full((1, 3, 4), 0.01)
    for t, (likely, other) in enumerate(((2, 3), (1, 0), (2, 3))):
        probabilities[0, t, [likely, other]] = torch.tensor([0.58, 0.4])
    vocabulary = Vocabulary(("_", " ", "b", "a"), separator=1)

    class Model:
        sample_rate, frame_shift = 16_000, 0.02

        def __init__(self):
            self.vocabulary = vocabulary

        def __call__(self, audio, lengths):
            return probabilities.log(), torch.tensor([3])

    class Known:
        known = frozenset({"a", "b"})

        def start(self):
            return "<s>"

        def word(self, history, word):
            return (-3.0 if history == word else -0.1), word

        def end(self, history):
            return 0.0

    cut = SimpleNamespace(id="one", resample=lambda rate: SimpleNamespace(load_audio=lambda: np.zeros((1, 960))))
    monkeypatch.setattr("recipes.awp.evaluation.check_sources", lambda cut: None)
    monkeypatch.setattr("recipes.awp.evaluation.timed_words", lambda cut, least: words)
    assert decoder_of(None).kind == "greedy"
    for decoder, text in ((None, "b b"), (decoder_of(None), "b b"), (Decoder("beam", 8, Known()), "b a")):
        row = recognise(Model(), cut, -2.0, "cpu", decoder)
        assert (row.hyp_text, row.errors) == (text, int(text != "b a"))
        assert [symbol for symbol, _, _ in row.tokens] == [*text]
