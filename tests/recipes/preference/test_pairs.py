"""Pairs from cuts and a model: values of tokens, resuming an interrupted run, counts of skipped cuts and responses."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import torch

import ctcalign
from ctcalign.models.stored import fingerprint
from ctcalign.models.training.tokenizers import SymbolTokenizer
from ctcalign.preference import ctc_token_scores
from ctcalign.train.preference.examples import read_examples
from recipes.preference import pairs
from tests.train.preference.cases import start
from tests.train.tones import make_cuts


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("pairs")


@pytest.fixture(scope="module")
def model(folder) -> str:
    return f"checkpoint:{start(folder)}"


@pytest.fixture(scope="module")
def cuts(folder) -> Path:
    """Five cuts with confidences, one without text."""
    manifest = make_cuts(folder / "cuts", 6)
    rows = [json.loads(line) for line in gzip.open(manifest, "rt")]
    for row, score in zip(rows, (-0.1, -0.5, -1.5, -2.5, -3.0, -0.2), strict=True):
        row["supervisions"][0]["custom"] = {"score": score}
    rows[-1]["supervisions"][0]["text"] = ""
    with gzip.open(manifest, "wt") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows)
    return manifest


def run(*words: object) -> None:
    pairs.main(list(map(str, words)))


def test_hypotheses_with_the_scores_of_their_model(folder, model, cuts, capsys):
    out = folder / "nbest.jsonl"
    options = ["--cuts", cuts, "--model", model, "--unit", "characters", "--pairs", 2]
    run(*options, "--out", out, "--reference-scores", "--weights", "contrast", "--noise-snr", 0)
    examples = read_examples(str(out))
    assert len(examples) > 5
    recogniser = ctcalign.load_model(model, "cpu")
    assert {one.reference for one in examples} == {fingerprint(recogniser.network)}
    for one in examples:
        assert one.chosen.content not in [worse.content for worse in one.rejected]
        for response in one.responses:
            tokens = len(response.content) + 1
            assert {name: len(values) for name, values in response.values.items()} == dict.fromkeys(
                ("reference_log_probs", "scores", "token_rewards"), tokens
            )
            assert all(0 <= value <= 1 for value in response.values["scores"])
            assert all(abs(value) <= 0.5 for value in response.values["token_rewards"])
    from ctcalign.train.data.cuts import open_cuts, read_samples

    first = next(cut for cut in open_cuts("cuts", str(cuts)) if cut.id == examples[0].key)
    samples = torch.from_numpy(read_samples(first))
    with torch.inference_mode():
        log_probs, _ = recogniser(samples[None], torch.tensor([len(samples)]))
    labels, _ = SymbolTokenizer(recogniser.vocabulary).encode(examples[0].chosen.content)
    expected = ctc_token_scores(log_probs, torch.tensor([labels])).log_probs[0]
    torch.testing.assert_close(
        torch.tensor(examples[0].chosen.values["reference_log_probs"]), expected, atol=1e-4, rtol=1e-4
    )
    assert "1 untranscribed" in capsys.readouterr().err


def test_an_interrupted_run_resumes_with_the_same_result(folder, model, cuts, monkeypatch):
    options = ["--cuts", cuts, "--model", model, "--source", "sample", "--unit", "characters", "--hypotheses", 3]
    run(*options, "--out", folder / "whole.jsonl")
    used: list[str] = []
    inner = pairs.Maker.__call__

    def stopping(self, cut):
        used.append(cut.id)
        if len(used) == 4:
            raise KeyboardInterrupt
        return inner(self, cut)

    monkeypatch.setattr(pairs.Maker, "__call__", stopping)
    out = folder / "parts.jsonl"
    with pytest.raises(KeyboardInterrupt):
        run(*options, "--out", out)
    assert not out.exists()
    (part,) = folder.glob("parts.jsonl.*.part")
    part.write_bytes(part.read_bytes() + b'{"id": "cut o')  # the line at which it was interrupted
    run(*options, "--out", out)
    assert out.read_bytes() == (folder / "whole.jsonl").read_bytes()
    assert len(used) == 4 + 3  # three cuts were used before the stop, and not again
    assert not list(folder.glob("*.part"))


def test_alignments_improved_by_a_property(folder, model, cuts):
    out = folder / "paths.jsonl"
    run("--cuts", cuts, "--model", model, "--source", "paths", "--pairs", 3, "--out", out)
    for one in read_examples(str(out)):
        better, sampled = one.chosen.content, one.rejected[0].content
        assert len(better) == len(sampled)
        assert better != sampled


def test_labels_by_confidence(folder, model, cuts, capsys):
    out = folder / "labels.jsonl"
    run("--cuts", cuts, "--model", model, "--source", "labels", "--matching", "--out", out)
    examples = read_examples(str(out))
    assert [one.chosen is not None for one in examples] == [True, True, False, False]
    assert all(0 <= one.desirable_probability <= 1 for one in examples)
    assert "1 between, 1 untranscribed" in capsys.readouterr().err


def test_a_contrast_needs_two_conditions(folder, model, cuts):
    with pytest.raises(SystemExit):
        run("--cuts", cuts, "--model", model, "--weights", "contrast", "--out", folder / "x.jsonl")
