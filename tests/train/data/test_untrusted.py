"""Nothing that data names is run or opened unless it is allowed, in any reader of cuts."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from click.testing import CliRunner

from ctcalign.audio.cut_sources import Trust, check_sources
from ctcalign.audio.inputs import recording_of
from ctcalign.cli import commands
from ctcalign.errors import AudioError, CtcAlignError, UntrustedDataError
from ctcalign.train.data.cuts import open_cuts, read_samples
from tests.train.data.untrusted import PLACES, manifest, row
from tests.train.tones import config


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    """A second of noise."""
    sf.write(tmp_path / "a.wav", 0.1 * np.random.default_rng(0).standard_normal(16_000), 16_000)
    return tmp_path / "a.wav"


@pytest.fixture
def pwned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that commands of these tests make, in the working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "pwned"


def cat(audio: Path) -> str:
    return f"touch pwned; cat {shlex.quote(str(audio))}"


@pytest.mark.parametrize("place", PLACES)
def test_commands_are_run_only_if_allowed(place: str, audio: Path, pwned: Path) -> None:
    file = manifest(pwned.with_name("cuts.jsonl"), [PLACES[place](audio, "command", cat(audio))])
    with pytest.raises(UntrustedDataError, match=r"the shell command 'touch pwned; .*give --allow-commands \("):
        list(open_cuts("cuts", str(file)))
    [cut] = open_cuts("cuts", str(file), trust=Trust(commands=True))
    with pytest.raises(UntrustedDataError):
        read_samples(cut)
    assert not pwned.exists()
    assert len(read_samples(cut, trust=Trust(commands=True))) >= 16_000
    assert pwned.exists()


@pytest.mark.parametrize("place", PLACES)
def test_urls_are_opened_only_if_allowed(place: str, audio: Path, pwned: Path) -> None:
    file = manifest(pwned.with_name("cuts.jsonl"), [PLACES[place](audio, "url", "http://localhost:1/a.wav")])
    for trust in (Trust(), Trust(commands=True)):
        with pytest.raises(
            UntrustedDataError, match=r"'http://localhost:1/a\.wav', which is not opened; if you trust .*--allow-r"
        ):
            list(open_cuts("cuts", str(file), trust=trust))
    [cut] = open_cuts("cuts", str(file), trust=Trust(remote=True))
    with pytest.raises(AudioError, match="cannot be read"):
        read_samples(cut, trust=Trust(remote=True))


@pytest.mark.parametrize(
    ("kind", "source", "trusted"),
    [
        ("url", "pipe:touch pwned", Trust(remote=True)),
        ("command", ["touch pwned"], Trust(remote=True)),
        ("file", "x; touch pwned;.sph", Trust(remote=True)),
        ("file", "$(touch pwned).SPH", Trust(remote=True)),
        ("file", "http://localhost:1/a.wav", Trust(commands=True)),
        ("file", "concat:a.wav|b.wav", Trust(commands=True)),
        ("url", "s3://bucket/a.wav", Trust(commands=True)),
        ("url", "file:///a.wav", Trust(commands=True)),
    ],
)
def test_other_ways_to_run_or_open(kind: str, source: Any, trusted: Trust, audio: Path, pwned: Path) -> None:
    cut = row(audio, kind, source)
    file = manifest(pwned.with_name("cuts.jsonl"), [cut])
    with pytest.raises(UntrustedDataError):
        list(open_cuts("cuts", str(file), trust=trusted))
    with pytest.raises(UntrustedDataError):
        check_sources(cut, trusted)  # its JSON
    check_sources(cut, Trust(True, True))
    assert not pwned.exists()


@pytest.mark.parametrize("name", ["a.wav", "a b.wav", "a:b.wav", "call.sph", "it's; here.wav", "pipe.wav"])
def test_ordinary_files_need_no_permission(name: str, audio: Path, pwned: Path) -> None:
    where = pwned.with_name(name)
    if where != audio:
        where.write_bytes(audio.read_bytes())
    for source in (name, str(where)):
        check_sources(row(audio, "file", source))
    check_sources(row(audio, "file", "C:\\sound\\a.wav"))
    if not name.endswith(".sph"):  # needs sph2pipe
        [cut] = open_cuts("cuts", str(manifest(pwned.with_name("cuts.jsonl"), [row(audio, "file", name)])))
        assert len(read_samples(cut)) == 16_000


def test_what_is_not_read_needs_no_permission(audio: Path, pwned: Path) -> None:
    """Features and custom recordings that training and evaluation never load."""
    cut = row(audio, "file", str(audio))
    cut["custom"] = {"target_recording": row(audio, "command", cat(audio))["recording"]}
    cut["features"] = {
        "type": "fbank", "num_frames": 100, "num_features": 80, "frame_shift": 0.01, "sampling_rate": 16_000,
        "start": 0.0, "duration": 1.0, "storage_type": "lilcom_url", "storage_path": "pipe:touch pwned",
        "storage_key": "x", "channels": 0,
    }  # fmt: skip
    [one] = open_cuts("cuts", str(manifest(pwned.with_name("cuts.jsonl"), [cut])))
    assert len(read_samples(one)) == 16_000
    assert not pwned.exists()


def test_shar_folders(audio: Path, pwned: Path) -> None:
    """Sources in the archives are replaced by the samples; those of cuts without an archive are checked."""
    from lhotse import CutSet

    good = manifest(pwned.with_name("good.jsonl"), [row(audio, "file", str(audio), f"cut{n}") for n in range(3)])
    folder = pwned.with_name("shar")
    folder.mkdir()
    CutSet.from_jsonl(good).to_shar(folder, fields={"recording": "wav"}, shard_size=2)
    assert [len(read_samples(cut)) for cut in open_cuts("cuts", str(folder))] == [16_000] * 3
    bad = pwned.with_name("bad")
    bad.mkdir()
    manifest(bad / "cuts.000000.jsonl", [row(audio, "command", cat(audio))])
    with pytest.raises(UntrustedDataError, match="touch pwned"):
        list(open_cuts("cuts", str(bad)))
    assert not pwned.exists()


def test_manifests_by_names_that_lhotse_would_run(audio: Path, pwned: Path) -> None:
    name = "pipe:touch pwned;.jsonl"
    manifest(pwned.with_name(name), [row(audio, "file", str(audio))])
    assert len(list(open_cuts("cuts", name))) == 1
    assert not pwned.exists()


def invoke(*arguments: str) -> Any:
    return CliRunner().invoke(commands, list(arguments))


def test_evaluate(audio: Path, pwned: Path) -> None:
    file = str(manifest(pwned.with_name("cuts.jsonl"), [row(audio, "command", cat(audio))]))
    result = invoke("evaluate", file, "-q")
    assert result.exit_code == 1
    assert "--allow-commands" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not pwned.exists()
    assert invoke("evaluate", file, "-q", "--allow-commands", "--json").exit_code == 0
    assert pwned.exists()


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("part", ["train", "validation"])
def test_fit(part: str, workers: int, audio: Path, pwned: Path) -> None:
    good = manifest(pwned.with_name("good.jsonl"), [row(audio, "file", str(audio), "good")])
    bad = manifest(pwned.with_name("bad.jsonl"), [row(audio, "command", cat(audio), "bad")])
    parts = {"train": str(good), "validation": str(good)} | {part: str(bad)}
    file = config(pwned.with_name("run"), good, trainer={"max_steps": 2}, data={**parts, "workers": workers})
    result = invoke("fit", "--config", str(file))
    assert result.exit_code == 1
    assert "ctcalign: error: bad: its audio comes from the shell command 'touch pwned" in result.stderr
    assert not pwned.exists()
    result = invoke("fit", "--config", str(file), "--data.allow_commands", "true")
    assert result.exit_code == 0, result.stderr
    assert pwned.exists()


@pytest.mark.parametrize(("kind", "source"), [("command", "touch pwned"), ("url", "http://localhost:1/a.wav")])
def test_calibrate(kind: str, source: str, audio: Path, pwned: Path) -> None:
    file = manifest(pwned.with_name("cuts.jsonl"), [row(audio, kind, source)])
    result = invoke("calibrate", str(file), "-o", "c.json")
    assert result.exit_code == 1
    assert f"has a source of the type '{kind}', but calibrate neither runs commands nor opens URLs" in result.stderr
    assert not pwned.exists()


def test_align_of_a_cut(audio: Path, pwned: Path) -> None:
    file = manifest(pwned.with_name("cuts.jsonl"), [row(audio, "command", cat(audio))])
    [cut] = open_cuts("cuts", str(file), trust=Trust(True))
    with pytest.raises(UntrustedDataError, match="load it yourself and pass the array"), recording_of(cut):
        pass
    assert not pwned.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{broken\n", "cannot be read as cuts after 0 of them"),
        ('{"id": "x"}\n', "cannot be read as cuts|expected cuts"),
        (json.dumps(row(Path("a.wav"), "file", "a.wav")["supervisions"][0]) + "\n", "item 1 is a SupervisionSegment"),
        (json.dumps(row(Path("a.wav"), "file", "a.wav")["recording"]) + "\n", "item 1 is a Recording; expected cuts"),
        ("[1, 2]\n", "cannot be read as cuts|expected cuts"),
    ],
)
def test_rows_that_are_no_cuts(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "cuts.jsonl").write_text(text)
    with pytest.raises(CtcAlignError, match=message):
        list(open_cuts("cuts", str(tmp_path / "cuts.jsonl")))


@pytest.mark.parametrize("kind", ["nonsense", "shar", "memory"])
def test_sources_that_cannot_be_read_are_audio_errors(kind: str, audio: Path, pwned: Path) -> None:
    [cut] = open_cuts("cuts", str(manifest(pwned.with_name("cuts.jsonl"), [row(audio, kind, "x")])))
    with pytest.raises(AudioError, match="cut: its audio cannot be read"):
        read_samples(cut)
