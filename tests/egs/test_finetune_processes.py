"""Fine-tuning on LibriSpeech, from the corpus to error rates: torchrun with two processes, in the way of Kaldi."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
import torch
import yaml

from tests.egs.corpora import make_librispeech
from tests.egs.recipe import ROOT, run_recipe
from tests.models.training.small_models import saved

SCRIPTS = ROOT / "egs" / "librispeech" / "finetune"


@pytest.mark.slow
def test_librispeech_in_its_own_layout(tmp_path):
    parts = ("train-clean-100", "dev-clean", "test-clean", "test-other")
    make_librispeech(tmp_path / "LibriSpeech", ["one two", "six seven"], parts)
    content = yaml.safe_load((SCRIPTS / "conf" / "fit.yaml").read_text())
    content["data"] |= {"max_duration": 6, "workers": 0, "streams": None}
    content["trainer"] |= {"max_steps": 2, "val_check_interval": 2}
    (tmp_path / "fit.yaml").write_text(yaml.safe_dump(content))
    # Kaldi's scripts take their options, a log file and a command.
    kaldi = tmp_path / "run.pl"
    kaldi.write_text('#!/usr/bin/env bash\n[ "$1 $2" = "--gpu 2" ] && mkdir -p "${3%/*}" && "${@:4}" > "$3" 2>&1\n')
    kaldi.chmod(0o755)
    init = f"hf:{saved(tmp_path / 'small', 'wav2vec2')}"
    run_recipe(
        "librispeech/finetune", "--librispeech", tmp_path / "LibriSpeech", "--train-parts", "train-clean-100",
        "--workers", 1, "--exp", tmp_path / "exp", "--config", tmp_path / "fit.yaml", "--train-cmd", f"{kaldi} --gpu 2",
        "--init", init, "--devices", 2, "--accelerator", "cpu", "--device", "cpu",
    )  # fmt: skip
    assert torch.load(tmp_path / "exp" / "run" / "last.ckpt", weights_only=True)["global_step"] == 2
    assert "max_steps=2" in (tmp_path / "exp" / "log" / "fit.log").read_text()
    assert (tmp_path / "exp" / "run" / "curves.png").is_file()
    for part in ("test", "test-other"):
        assert json.loads((tmp_path / "exp" / f"{part}.json").read_text())["utterances"] == 4


def test_a_step_of_slurm_has_a_process_for_each_gpu(tmp_path):
    """`srun` gets the numbers of machines and GPUs, and the command as it is."""
    (tmp_path / "srun").write_text('#!/usr/bin/env bash\nprintf "%s\\n" "$@"\n')
    (tmp_path / "srun").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "nodes": "2", "devices": "8"}
    command = [str(SCRIPTS / "local" / "srun.sh"), str(tmp_path / "log" / "fit.log"), "python", "a b"]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[:4] == ["--nodes", "2", "--ntasks-per-node", "8"]
    assert said[-2:] == ["python", "a b"]
    assert (tmp_path / "log").is_dir()


def test_here_the_log_is_also_shown(tmp_path):
    command = [str(SCRIPTS / "local" / "here.sh"), str(tmp_path / "log" / "fit.log"), "bash", "-c", "echo said; exit 3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stdout == (tmp_path / "log" / "fit.log").read_text() == "said\n"
