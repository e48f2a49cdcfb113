"""`fit` into the folder of an earlier run, and its checkpoints: refused, replaced, continued; whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ctcalign.errors import CtcAlignError, ModelError, OutputError, OwnCodeError, UsageError
from ctcalign.train.checkpoints import TrainingCheckpoints
from ctcalign.train.run import fit
from tests.train.tones import config, log_of, make_cuts


@pytest.fixture(scope="module")
def cuts(tmp_path_factory) -> Path:
    return make_cuts(tmp_path_factory.mktemp("train"), 6)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, cuts) -> Path:
    """The folder of a finished run of two steps."""
    folder = tmp_path_factory.mktemp("finished")
    fit(["--config", str(config(folder, cuts, trainer={"max_steps": 2}))])
    return folder


@pytest.fixture
def run(finished, cuts, tmp_path) -> list[str]:
    """Arguments for a further run in a copy of that folder."""
    shutil.copytree(finished, tmp_path / "run")
    return ["--config", str(config(tmp_path / "run", cuts, trainer={"max_steps": 3}))]


def results(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".ckpt", ".safetensors")}


def test_a_folder_that_holds_a_run_is_refused(run, tmp_path):
    before = results(tmp_path / "run")
    with pytest.raises(UsageError, match=r"holds a run \(last.ckpt, model.safetensors\); .*--resume last.*--overwrite"):
        fit(run)
    assert results(tmp_path / "run") == before


@pytest.mark.parametrize("left", ["last.ckpt", "model.safetensors"])
def test_one_result_is_a_run(run, tmp_path, left):
    for name in {"last.ckpt", "model.safetensors"} - {left}:
        (tmp_path / "run" / name).unlink()
    with pytest.raises(UsageError, match=rf"holds a run \({left}\)"):
        fit(run)


def test_a_checkpoint_of_another_folder_does_not_replace_a_run(run, finished):
    with pytest.raises(UsageError, match="holds a run"):
        fit([*run, "--resume", str(finished / "last.ckpt")])


def test_a_run_is_replaced_on_request_and_continued(run, tmp_path):
    folder = tmp_path / "run"
    (folder / "best.ckpt").write_bytes(b"of the earlier run")
    (folder / "notes.txt").write_text("mine")
    before = results(folder)
    fit([*run, "--overwrite"])
    assert set(results(folder)) == {"last.ckpt", "model.safetensors"}, "best.ckpt is not of this run"
    assert results(folder)["last.ckpt"] != before["last.ckpt"]
    assert torch.load(folder / "last.ckpt", weights_only=True)["global_step"] == 3
    assert (folder / "notes.txt").exists()
    fit([*run, "--resume", "last", "--trainer.max_steps", "4"])
    assert torch.load(folder / "last.ckpt", weights_only=True)["global_step"] == 4


def test_the_old_run_stays_if_the_new_one_does_not_begin(run, tmp_path):
    before = results(tmp_path / "run")
    with pytest.raises(CtcAlignError, match="no such file"):
        fit([*run, "--overwrite", "--data.train", "nowhere.jsonl"])
    assert results(tmp_path / "run") == before


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.ckpt", lambda data: b"", "it is empty"),
        ("cut.ckpt", lambda data: data[:-2000], "damaged or incomplete"),
        ("hole.ckpt", lambda data: data[:300] + bytes(400) + data[700:], "damaged or incomplete"),
        ("text.ckpt", lambda data: b"epoch 3\nloss 0.2\n", "another kind of file"),
        ("a.wav", lambda data: b"RIFF\x24\x00\x00\x00WAVEfmt ", "another kind of file"),
        ("code.ckpt", lambda data: b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R.", "could run code"),
    ],
)
def test_a_file_that_is_no_checkpoint_is_one_line(run, finished, tmp_path, name, content, message):
    file = tmp_path / name
    file.write_bytes(content((finished / "last.ckpt").read_bytes()))
    with pytest.raises(ModelError, match=rf"resume: .*{name}.*{message}") as error:
        fit([*run, "--overwrite", "--resume", str(file)])
    assert "\n" not in str(error.value)
    assert "weights_only" not in str(error.value)


class _Code:
    def __reduce__(self):
        return os.system, ("touch pwned",)


def test_a_checkpoint_with_code_is_not_resumed(run, finished, tmp_path, monkeypatch):
    whole = torch.load(finished / "last.ckpt", weights_only=True)
    for name, content in (("all.ckpt", {**whole, "extra": _Code()}), ("loops.ckpt", {**whole, "loops": _Code()})):
        torch.save(content, tmp_path / name)
        monkeypatch.chdir(tmp_path)
        with pytest.raises(ModelError, match=rf"resume: .*{name}: ") as error:
            fit([*run, "--overwrite", "--resume", str(tmp_path / name)])
        assert "\n" not in str(error.value)
        assert "could run code" in str(error.value)
        assert not (tmp_path / "pwned").exists()


def test_a_model_without_its_training_is_not_resumed(run, finished, tmp_path):
    with pytest.raises(ModelError, match=r"model without the state of a training; use it as model.init"):
        fit([*run, "--overwrite", "--resume", str(finished / "model.safetensors")])
    whole = torch.load(finished / "last.ckpt", weights_only=True)
    torch.save({"ctcalign": whole["ctcalign"], "state_dict": whole["state_dict"]}, tmp_path / "weights.ckpt")
    with pytest.raises(ModelError, match="it has no optimizer_states, lr_schedulers, loops"):
        fit([*run, "--overwrite", "--resume", str(tmp_path / "weights.ckpt")])


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--model.encoder.dim", "16"), r"another network: its \S+ has the shape \(.*\), that of the configuration"),
        (("--model.encoder.blocks", "3"), r"another network: it has no \S+"),
        (("--model.encoder.blocks", "1"), r"another network: it has \S+, which the configuration does not"),
    ],
)
def test_a_checkpoint_of_another_encoder_is_one_line(run, option, message):
    with pytest.raises(ModelError, match=message) as error:
        fit([*run, "--resume", "last", *option])
    assert len(str(error.value)) < 300


def test_a_checkpoint_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "run" / "last.ckpt"
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nowhere"))  # no detour through another file system
    monkeypatch.setattr("tempfile.tempdir", None)
    writer = TrainingCheckpoints()
    writer.save_checkpoint({"step": 1}, path)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"last\.ckpt: cannot be written: No space left on device"):
        writer.save_checkpoint({"step": 2}, path)
    assert torch.load(path, weights_only=True) == {"step": 1}
    assert os.listdir(path.parent) == ["last.ckpt"]


OWN = """
import numpy as np
from pytorch_lightning.loggers.logger import Logger

class Rows(Logger):
    rows = []
    name, version = "rows", 0
    def __init__(self, label: str):
        super().__init__()
        self.label = label
    def log_hyperparams(self, params): pass
    def log_metrics(self, metrics, step=None):
        self.rows.append((self.label, step, metrics["loss"]))

class Fails(Rows):
    def log_metrics(self, metrics, step=None):
        raise KeyError("no server")

def raises(path, context):
    raise ValueError("negative")

def first(path, context):
    return np.append(path[1:], context.blank)
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A module of the user's own in the working folder, which is not on the path of modules."""
    (tmp_path / "mine.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [one for one in sys.path if one not in ("", str(tmp_path))])
    yield tmp_path
    sys.modules.pop("mine", None)


def test_loggers_by_class_path(own, cuts):
    logger = [
        {"class_path": "CSVLogger", "init_args": {"save_dir": str(own / "run"), "name": "log"}},
        {"class_path": "mine.Rows", "init_args": {"label": "a"}},
    ]
    fit(["--config", str(config(own / "run", cuts, trainer={"max_steps": 2, "logger": logger}))])
    assert len(log_of(own / "run")) == 2
    assert [(label, step) for label, step, _ in sys.modules["mine"].Rows.rows] == [("a", 0), ("a", 1)]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("TensorBoardLogger", "tensorboard.* is available|tensorboard.*pip install"),
        ("no.such.Logger", "no.such.Logger: No module named 'no'"),
        ("pytorch_lightning.Trainer", "pytorch_lightning.Trainer does not correspond to a subclass of Logger"),
        ("NoSuch", "trainer.logger: there is no class NoSuch"),
    ],
)
def test_a_logger_that_cannot_be_had_is_one_line(cuts, tmp_path, monkeypatch, name, message):
    import pytorch_lightning.loggers.tensorboard as tensorboard

    monkeypatch.setattr(tensorboard, "_TENSORBOARD_AVAILABLE", False)
    monkeypatch.setattr("lightning_fabric.loggers.tensorboard._TENSORBOARD_AVAILABLE", False)
    monkeypatch.setattr("lightning_fabric.loggers.tensorboard._TENSORBOARDX_AVAILABLE", False)
    logger = {"class_path": name, **({"init_args": {"save_dir": "x"}} if name == "TensorBoardLogger" else {})}
    file = config(tmp_path, cuts, trainer={"logger": logger})
    with pytest.raises(UsageError, match=message) as error:
        fit(["--config", str(file)])
    assert "Union" not in str(error.value)
    assert "<class" not in str(error.value)


def test_a_property_in_the_working_folder_is_found_by_the_program(own, cuts):
    objective = {"name": "align_with_purpose", "weight": 0.5, "options": {"property": "mine:first"}}
    file = config(own / "run", cuts, model={"objectives": [objective]}, trainer={"max_steps": 1})
    # As the console script: no working folder on the path of modules, unlike `python -m`.
    code = "import sys; sys.path = [p for p in sys.path if p]; from ctcalign.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r}); {code}",
         "fit", "--config", str(file)], capture_output=True, text=True, check=False, cwd=own,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (own / "run" / "model.safetensors").exists()


def test_an_exception_of_ones_own_property_names_it_and_the_utterance(own, cuts):
    objective = {"name": "align_with_purpose", "weight": 0.5, "options": {"property": "mine:raises"}}
    file = config(own / "run", cuts, model={"objectives": [objective]}, trainer={"max_steps": 1})
    with pytest.raises(OwnCodeError, match=r"property mine:raises raised ValueError: negative \(utterance \S+\)"):
        fit(["--config", str(file)])


@pytest.mark.parametrize("content", ["def broken(:\n", "raise RuntimeError('no GPU here')\n"])
def test_a_module_of_ones_own_that_cannot_be_imported_is_one_line(own, cuts, content):
    (own / "mine.py").write_text(content)
    objective = {"name": "align_with_purpose", "weight": 0.5, "options": {"property": "mine:raises"}}
    file = config(own / "run", cuts, model={"objectives": [objective]})
    with pytest.raises(CtcAlignError, match=r"'mine:raises' cannot be imported: (SyntaxError|RuntimeError): "):
        fit(["--config", str(file)])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--trainer.accelerator", "gpu"], "gpu"),
        (["--trainer.accelerator", "mps"], "accelerator is not available"),
        (["--trainer.devices", "0"], "devices='0'"),
        (["--trainer.strategy", "deepspeed"], "DeepSpeed"),
        (["--trainer.precision", "7"], "trainer.precision: expected 64, 32, 16 .* got 7"),
    ],
)
def test_a_trainer_that_cannot_be_had_is_a_usage_error(cuts, tmp_path, options, message):
    if "gpu" in options and torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(UsageError, match=message):
        fit(["--config", str(config(tmp_path, cuts)), *options])


def test_a_configuration_that_contains_itself_is_one_line(cuts, tmp_path):
    (tmp_path / "more.yaml").write_text("model: &a {b: *a}\n")
    with pytest.raises(UsageError, match="nested too deeply, or refers to itself"):
        fit(["--config", str(config(tmp_path, cuts)), "--config", str(tmp_path / "more.yaml")])


def test_ctrl_c_in_a_training_is_an_interruption(cuts, tmp_path, monkeypatch):
    from ctcalign.train.recogniser.module import CTCModule

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(CTCModule, "losses", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fit(["--config", str(config(tmp_path, cuts))])


def test_a_language_that_does_not_exist_is_one_line(run):
    with pytest.raises(UsageError, match=r"language: got 'jp', expected a code .*; did you mean ja\?") as error:
        fit([*run, "--overwrite", "--language", "jp"])
    assert "\n" not in str(error.value)
