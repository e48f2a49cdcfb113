"""Ordinary captions can be trained on; a training with nothing to train on is an error and exports no model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ctcalign.cli import commands
from ctcalign.errors import TrainingError, UsageError
from ctcalign.train.notices import TrainingWarning
from ctcalign.train.preference.examples import Example, Response, write_examples
from ctcalign.train.run import fit
from tests.train.preference.cases import language_model
from tests.train.tones import config, log_of, make_cuts

CAPTIONS = ("Ab, <i>cab</i>!", "- Dad.", "[BAD] Cab…", "“ab” (cab)", "BAD; ab")


@pytest.fixture(scope="module")
def cuts(tmp_path_factory) -> Path:
    return make_cuts(tmp_path_factory.mktemp("usable") / "cuts", 8)


def changed(cuts: Path, folder: Path, change: Callable[[Any, int], None]) -> Path:
    """A manifest of the same cuts, each changed."""
    from lhotse import CutSet

    listed = list(CutSet.from_file(cuts))
    for number, cut in enumerate(listed):
        change(cut, number)
    file = folder / "changed.jsonl.gz"
    CutSet.from_cuts(listed).to_file(file)
    return file


def written(cut: Any, number: int) -> None:
    cut.supervisions[0].text = CAPTIONS[number % len(CAPTIONS)]


def spoken(cut: Any, number: int) -> None:
    cut.supervisions[0].text = ("ab cab", "dad", "cab", "ab cab", "bad ab")[number % len(CAPTIONS)]


def test_captions_train_and_validate_like_their_spoken_words(cuts, tmp_path):
    rows = []
    for name, change in (("written", written), ("spoken", spoken)):
        (tmp_path / name).mkdir()
        file = changed(cuts, tmp_path / name, change)
        fit(["--config", str(config(tmp_path / name, file, file, trainer={"max_epochs": 1, "max_steps": -1}))])
        rows.append(log_of(tmp_path / name))
    assert rows[0] == rows[1]
    assert sum(row.get("utterances", 0) for row in rows[0]) == 8
    assert {"val_wer", "val_cer", "val_loss"} <= {name for row in rows[0] for name in row}


def unsayable(cut: Any, number: int) -> None:
    cut.supervisions[0].text = "ab xyz"


def untranscribed(cut: Any, number: int) -> None:
    cut.supervisions = []


def too_short(cut: Any, number: int) -> None:
    cut.supervisions[0].text = "abcd" * 40


def partial(cut: Any, number: int) -> None:
    cut.supervisions[0].start = -1.0


def unreadable(cut: Any, number: int) -> None:
    cut.recording.sources[0].source = f"gone-{number}.wav"


def only_sounds(cut: Any, number: int) -> None:
    cut.supervisions[0].text = "[MUSIC]"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (unsayable, "[1-8] unsayable .*cut cuts-00[0-9]: no symbol for 'x' in 'ab xyz'"),
        (untranscribed, "[1-8] untranscribed .*cut cuts-00[0-9]"),
        (only_sounds, "[1-8] untranscribed .*no word is spoken in '.MUSIC.'"),
        (too_short, "[1-8] too_short .*frames, but 160 labels need 160"),
        (partial, "[1-8] partial .*its text belongs to -1 to"),
        (unreadable, r"[1-8] unreadable .*gone-[0-9].wav.*check the paths"),
    ],
)
@pytest.mark.parametrize("limit", [{"max_epochs": 1, "max_steps": -1}, {"max_steps": 1}])
def test_nothing_to_train_on_is_an_error(change, message, limit, cuts, tmp_path):
    file = config(tmp_path / "run", changed(cuts, tmp_path, change), trainer=limit)
    with pytest.raises(TrainingError, match=f"none of the [0-9]+ utterances of .* can be used: {message}"):
        fit(["--config", str(file)])
    assert not (tmp_path / "run" / "model.safetensors").exists()


def test_texts_as_they_are_are_not_normalised(cuts, tmp_path):
    file = config(tmp_path / "run", changed(cuts, tmp_path, written), model={"text": "as-is"})
    remedy = r"unsayable .*no symbol for .*set model\.text: normalised .*, or model\.vocabulary: from-data"
    with pytest.raises(TrainingError, match=remedy):
        fit(["--config", str(file)])


def test_more_than_half_left_out_is_told_on_the_command_line(cuts, tmp_path):
    file = changed(cuts, tmp_path, lambda cut, number: unsayable(cut, number) if number < 5 else None)
    whole = config(tmp_path / "run", file, trainer={"max_epochs": 1, "max_steps": -1})
    arguments = ["fit", "--config", str(whole)]
    with pytest.warns(TrainingWarning, match=r"5 of 8 utterances so far cannot be trained on: 5 unsayable \(cut cuts"):
        fit(arguments[1:])
    result = CliRunner().invoke(commands, [*arguments, "--trainer.default_root_dir", str(tmp_path / "other")])
    assert result.exit_code == 0
    assert "ctcalign: warning: 5 of 8 utterances so far cannot be trained on" in result.stderr


def pairs(folder: Path, chosen: str, rejected: str, key: str = "id", names: int = 8) -> str:
    file = folder / "pairs.jsonl"
    keys = [f"cuts-{number:03d}" if key == "id" else f"{number}+1=" for number in range(names)]
    write_examples(file, [Example(name, Response(chosen), (Response(rejected),)) for name in keys], key)
    return str(file)


@pytest.mark.parametrize(
    ("chosen", "rejected", "message"),
    [
        ("ab", "Ab!", "8 identical .*twice 'Ab!'"),
        ("ab", "xyz", "8 unsayable_response .*no symbol for 'x' in 'xyz'"),
        ("abcd" * 40, "ab", "8 infeasible .*needs 160 frames"),
    ],
)
def test_pairs_of_speech_that_no_loss_can_use_are_an_error(chosen, rejected, message, cuts, tmp_path):
    preference = {"loss": {"name": "simpo"}, "pairs": {"source": "manifest", "file": pairs(tmp_path, chosen, rejected)}}
    file = config(
        tmp_path / "run", cuts, task="ctc_preference", model={"preference": preference}, trainer={"max_epochs": 1}
    )
    with pytest.raises(TrainingError, match=f"none of the 8 utterances of the epoch can be used: {message}"):
        fit(["--config", str(file)])
    assert not (tmp_path / "run" / "model.safetensors").exists()


def test_pairs_of_other_cuts_are_an_error(cuts, tmp_path):
    (tmp_path / "pairs.jsonl").write_text('{"id": "other", "chosen": "ab", "rejected": "ca"}\n')
    listed = {"source": "manifest", "file": str(tmp_path / "pairs.jsonl")}
    model = {"preference": {"loss": {"name": "simpo"}, "pairs": listed}}
    file = config(tmp_path / "run", cuts, task="ctc_preference", model=model, trainer={"max_epochs": 1})
    with pytest.raises(TrainingError, match=r"8 unlisted \(cut cuts-.*use the ids of the cuts"):
        fit(["--config", str(file)])


def text(folder: Path, examples: str, loss: str) -> Path:
    model = {"model": language_model(folder / "start"), "loss": {"name": loss}, "longest": 12}
    file = config(folder / "run", Path(examples), task="text_preference", model=model, trainer={"max_epochs": 1})
    content = json.loads(file.read_text())
    content["model"] = model
    content["data"] = {"train": examples}
    file.write_text(json.dumps(content))
    return file


@pytest.mark.parametrize(
    ("chosen", "rejected", "message"),
    [("2", "2", r"8 identical \(prompt '[0-9]"), ("2", "1" * 20, "8 infeasible"), ("1" * 20, "2", "8 no_chosen")],
)
def test_pairs_of_text_that_no_loss_can_use_are_an_error(chosen, rejected, message, tmp_path):
    file = text(tmp_path, pairs(tmp_path, chosen, rejected, "prompt"), "simpo")
    with pytest.raises(TrainingError, match=f"none of the 8 examples of the epoch can be used: {message}"):
        fit(["--config", str(file)])
    assert not (tmp_path / "run" / "model").exists()


@pytest.mark.parametrize(("loss", "label", "needed"), [("dpo", True, "pairs"), ("poft", False, "chosen responses")])
def test_labelled_rows_of_text_with_a_loss_of_pairs_are_an_error_before_training(loss, label, needed, tmp_path):
    rows = [{"prompt": f"{number}+1=", "completion": "2", "label": label} for number in range(3)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(UsageError, match=f"data.train: the loss {loss} needs {needed}.* none of the 3 examples"):
        fit(["--config", str(text(tmp_path, str(tmp_path / "rows.jsonl"), loss))])
    assert not (tmp_path / "run" / "last.ckpt").exists()


def test_labelled_rows_among_pairs_are_counted(cuts, tmp_path):
    rows = [
        {"id": "cuts-000", "chosen": "ab", "rejected": "ca"},
        *({"id": f"cuts-{number:03d}", "completion": "ab", "label": True} for number in range(1, 8)),
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    listed = {"source": "manifest", "file": str(tmp_path / "rows.jsonl")}
    model = {"preference": {"loss": {"name": "simpo"}, "pairs": listed}}
    file = config(tmp_path / "run", cuts, task="ctc_preference", model=model, trainer={"max_epochs": 1})
    with pytest.warns(TrainingWarning, match=r"7 of 8 utterances so far cannot be trained on: 7 unpaired"):
        fit(["--config", str(file)])
