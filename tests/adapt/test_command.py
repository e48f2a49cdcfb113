"""`ctcalign adapt` on the command line: two processes, the plan, the page, errors in one line."""

from __future__ import annotations

import json
import os
import subprocess

import torch
from click.testing import CliRunner
from safetensors.torch import load_file

import ctcalign
from ctcalign.adapt.options import AdaptOptions
from ctcalign.cli.adapt import command
from tests.adapt.talks import SETTINGS
from tests.warm_python import warm_python


def test_two_processes_train_the_model_of_one(corpus, tmp_path):
    settings = [*SETTINGS, "trainer.devices=2", "trainer.strategy=ddp"]
    options = {"passes": 1, "precision": 0.8, "updates": 3, "lr": 0.001}
    call = [warm_python() / "python", "-W", "ignore", "-m", "ctcalign", "adapt", corpus.folder, corpus.folder]
    call += ["-q", "--json"]
    call += ["--model", corpus.model, "-o", tmp_path / "two", "--held-out", corpus.held_out]
    call += [word for name, value in options.items() for word in (f"--{name}", value)]
    call += [word for text in settings for word in ("--set", text)]
    done = subprocess.run(
        list(map(str, call)),
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    two = json.loads(done.stdout)
    one = ctcalign.adapt(
        corpus.folder,
        corpus.folder,
        corpus.model,
        output=tmp_path / "one",
        options=AdaptOptions(**options, settings=SETTINGS, held_out=(corpus.held_out,)),
    ).report
    assert two["passes"][0]["kept"] == one["passes"][0]["kept"]
    models = [load_file(tmp_path / name / "pass-01/fit/run/model.safetensors") for name in ("one", "two")]
    start = load_file(corpus.model.partition(":")[2])
    for name, weights in models[0].items():
        torch.testing.assert_close(models[1][name], weights, rtol=1e-3, atol=1e-5)
    assert any(not torch.equal(models[0][name], start[name]) for name in start)
    page = (tmp_path / "two" / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 4
    assert "src=" not in page
    assert "href=" not in page.replace("xlink:href=", "")
    assert "http" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    ).replace("https://matplotlib.org", "")


def invoke(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(command, list(map(str, words)))
    return result.exit_code, result.output, str(result.exception or "")


def test_a_dry_run_changes_nothing(corpus, tmp_path):
    (corpus.folder / "alone.wav").write_bytes(b"")
    try:
        status, output, _ = invoke(
            corpus.folder, corpus.folder, "--model", corpus.model, "-o", tmp_path / "out", "--dry-run", "--passes", 2
        )
    finally:
        (corpus.folder / "alone.wav").unlink()
    assert status == 0
    lines = output.splitlines()
    assert lines[0].startswith("2 recordings, 0.05 h, 48 captions")
    assert lines[1].startswith("cannot be used: alone: no captions")
    assert lines[2] == "up to 2 passes of 100 updates of 60 s of speech"
    assert lines[3].startswith("estimated: ")
    assert not (tmp_path / "out").exists()


def test_errors_name_what_is_wrong(corpus, tmp_path):
    out = ("-o", tmp_path / "out", "--model", corpus.model)
    for words, message in (
        ((corpus.folder, *out), f"captions: none given for {corpus.folder}; give captions, a manifest (.tsv, .jsonl)"),
        ((corpus.folder, corpus.folder, *out, "--set", "trainer.devices"), "expected NAME=VALUE"),
        ((corpus.folder, corpus.folder, *out, "--model", "builtin:xx"), "builtin:xx"),
        ((corpus.folder, corpus.folder, *out, "--source-share", "learn"), "give --keep-source"),
    ):
        status, _, error = invoke(*words)
        assert status != 0
        assert message in error
    assert not (tmp_path / "out").exists()


def test_a_wrong_share_is_a_usage_error(corpus, tmp_path):
    for value, message in (
        ("most", "'most' is neither a fraction nor 'learn'"),
        ("1", "1 is not in the range 0<=x<1, and not 'learn'"),
    ):
        status, output, _ = invoke(corpus.folder, corpus.folder, "-o", tmp_path / "out", "--source-share", value)
        assert status == 2
        assert message in output
