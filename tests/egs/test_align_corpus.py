"""The recipe for a corpus: an array of jobs gives what one run gives, and Slurm gets the right call."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.corpus.collections import excerpts, results
from tests.egs.recipe import run_recipe

FOLDER = Path(__file__).parents[2] / "egs" / "align_corpus"


def test_an_array_gives_what_one_run_gives(tmp_path):
    talks = excerpts(tmp_path / "talks")
    run_recipe("align_corpus", "--corpus", talks, "--exp", tmp_path / "alone", "--workers", 1)
    run_recipe(
        "align_corpus",
        "--corpus",
        talks,
        "--exp",
        tmp_path / "array",
        "--workers",
        1,
        "--engine",
        "array",
        "--shards",
        2,
    )
    assert results(tmp_path / "array" / "aligned") == results(tmp_path / "alone" / "aligned")
    assert (tmp_path / "array" / "log" / "align.2.log").exists()
    assert (tmp_path / "array" / "aligned" / "report.html").exists()


def test_an_unknown_engine_is_a_usage_error(tmp_path):
    done = run_recipe("align_corpus", "--corpus", tmp_path, "--exp", tmp_path / "exp", "--engine", "cloud", check=False)
    assert done.returncode == 2
    assert "--engine is cloud, expected local, array or ray" in done.stderr


def test_slurm_gets_an_array(tmp_path):
    sbatch = tmp_path / "sbatch"
    sbatch.write_text('#!/usr/bin/env bash\nprintf "%s\\n" "$@"\n')
    sbatch.chmod(0o755)
    call = [FOLDER / "local" / "slurm.sh", "JOB=1:64", "log/a.JOB.log", "program", "--shard", "JOB/64", "a b.tsv"]
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(call, capture_output=True, text=True, check=True, env={**os.environ, "PATH": path})
    words = done.stdout.splitlines()
    assert "--array=1-64" in words
    assert "--output=log/a.%a.log" in words
    command = words[words.index("--wrap") + 1]
    said = subprocess.run(
        ["bash", "-c", command.replace("exec program", "printf '%s\\n'")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "SLURM_ARRAY_TASK_ID": "7"},
    )
    assert said.stdout.splitlines() == ["--shard", "7/64", "a b.tsv"]
