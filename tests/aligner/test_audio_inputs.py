"""Recordings as paths, bytes, file objects, arrays, tensors and lhotse objects: one result, and one line if wrong."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch

import ctcalign
from ctcalign.aligner.options import AlignOptions
from ctcalign.errors import AudioError, CaptionError, CtcAlignError, UsageError
from tests.audio.test_tracks import film
from tests.bad.files import RATE, TALK, WORDS

LINES = WORDS.strip().split("\n")


@pytest.fixture(scope="module")
def model():
    return ctcalign.load_model("builtin:en")


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    """Seven seconds as 16-bit integers, (N,)."""
    samples, rate = soundfile.read(TALK, start=4 * RATE, stop=11 * RATE, dtype="int16")
    assert rate == RATE
    return samples


@pytest.fixture(scope="module")
def path(speech: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("speech") / "clip.wav"
    soundfile.write(target, speech, RATE)
    return target


@pytest.fixture(scope="module")
def expected(path: Path, model) -> list[tuple[float | None, float | None]]:
    return times(ctcalign.align(path, LINES, model))


def times(alignment: ctcalign.Alignment) -> list[tuple[float | None, float | None]]:
    return [(word.start, word.end) for cue in alignment.cues for word in cue.words]


ARRAYS = {
    "int16": lambda samples: samples,
    "int32": lambda samples: samples.astype(np.int32) << 16,
    "uint8 is coarse": lambda samples: ((samples >> 8) + 128).astype(np.uint8),
    "float32": lambda samples: samples.astype(np.float32) / 32768,
    "float64": lambda samples: samples / 32768,
    "one channel": lambda samples: samples[None],
    "two channels": lambda samples: np.stack([samples, samples]),
    "a view": lambda samples: np.repeat(samples, 2)[::2],
    "big-endian": lambda samples: samples.astype(">i2"),
    "tensor of integers": lambda samples: torch.from_numpy(samples),
    "tensor": lambda samples: torch.from_numpy(samples / 32768).float(),
    "half precision": lambda samples: torch.from_numpy(samples / 32768).half(),
    "with a gradient": lambda samples: torch.from_numpy(samples / 32768).requires_grad_(),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays(name: str, speech: np.ndarray, model, expected: list[tuple[float, float]]) -> None:
    found = ctcalign.align(ARRAYS[name](speech), LINES, model, sample_rate=RATE)
    np.testing.assert_allclose(times(found), expected, atol=0.05 if name == "uint8 is coarse" else 1e-6)
    assert found.audio == "array"
    assert found.duration == 7.0


def test_files_in_memory(path: Path, model, expected: list[tuple[float, float]]) -> None:
    content = path.read_bytes()
    for given, name in ((content, "bytes"), (bytearray(content), "bytes"), (io.BytesIO(content), "file object")):
        found = ctcalign.align(given, LINES, model)
        assert times(found) == expected
        assert found.audio == name
    with path.open("rb") as file:
        found = ctcalign.align(file, LINES, model)
    assert times(found) == expected
    assert found.audio == str(path)


def test_an_array_at_another_rate(speech: np.ndarray, model, expected: list[tuple[float, float]]) -> None:
    import soxr

    found = ctcalign.align(soxr.resample(speech / 32768, RATE, 44_100), LINES, model, sample_rate=44_100)
    np.testing.assert_allclose(times(found), expected, atol=0.05)


def test_lhotse(path: Path, speech: np.ndarray, model, expected: list[tuple[float, float]]) -> None:
    lhotse = pytest.importorskip("lhotse", reason="comes with the extra train")
    recording = lhotse.Recording.from_file(path)
    found = ctcalign.align(recording, LINES, model)
    assert times(found) == expected
    assert found.audio == str(path)
    longer = lhotse.Recording.from_file(path).move_to_memory(format="wav").to_cut().pad(duration=9.0)
    cut = longer.truncate(duration=7.0)
    found = ctcalign.align(cut, LINES, model)
    np.testing.assert_allclose(times(found), expected, atol=1e-6)
    assert found.audio == cut.id
    assert ctcalign.transcribe(cut, model).duration == 7.0


def test_lhotse_runs_no_commands(model, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    source = SimpleNamespace(type="command", source=f"touch {marker}")
    cut = SimpleNamespace(id="evil", sources=[source], sampling_rate=RATE, load_audio=lambda: marker.touch())
    with pytest.raises(CtcAlignError, match=r"evil: its audio comes from the shell command .*which is not run"):
        ctcalign.align(cut, LINES, model)
    assert not marker.exists()


def test_transcribe_and_search(speech: np.ndarray, path: Path, model) -> None:
    one = ctcalign.transcribe(speech, model, sample_rate=RATE)
    assert [cue.text for cue in one.cues] == [cue.text for cue in ctcalign.transcribe(path, model).cues]
    hits = ctcalign.search_phrases(path.read_bytes(), ["lighthouse"], model)
    again = ctcalign.search_phrases(speech, ["lighthouse"], model, sample_rate=RATE)
    assert [hit.start for hit in hits.hits[0]] == [hit.start for hit in again.hits[0]] != []
    assert (hits.audio, again.audio) == ("bytes", "array")


WRONG = {
    "no rate": (np.zeros(9, np.float32), None, UsageError, "sample_rate: an array needs one"),
    "a rate of 0": (np.zeros(9, np.float32), 0, UsageError, "expected a whole number of Hz > 0, got 0"),
    "a rate of text": (np.zeros(9, np.float32), "high", UsageError, "expected a whole number of Hz > 0, got 'high'"),
    "half a Hz": (np.zeros(9, np.float32), 16_000.5, UsageError, "expected a whole number of Hz"),
    "1 Hz": (np.zeros(9, np.float32), 1, AudioError, "a sample rate of 1 Hz; expected 1000 to"),
    "a path with a rate": ("a.wav", 16_000, UsageError, "sample_rate: only arrays need one, got 16000 with a str"),
    "three dimensions": (np.zeros((1, 2, 3)), 16_000, UsageError, r"expected an array of shape .*, got \(1, 2, 3\)"),
    "transposed": (np.zeros((16_000, 2)), 16_000, UsageError, r"channels first; transpose it"),
    "empty": (np.zeros(0), 16_000, UsageError, "the array holds no samples"),
    "complex": (np.zeros(9, complex), 16_000, UsageError, "expected an array of floats or integers, got complex128"),
    "text": (np.array(["a"]), 16_000, UsageError, "expected an array of floats or integers, got <U1"),
    "a list": ([0.0, 0.1], None, UsageError, "audio: got a list; expected a path, the bytes of a file"),
    "nothing": (None, None, UsageError, "audio: got a NoneType; expected a path"),
    "a number": (7, None, UsageError, "audio: got a int; expected a path"),
    "a text file": (io.StringIO("abc"), None, UsageError, 'open the recording with mode "rb"'),
    "bytes of a text": (b"This is not a recording.\n" * 9, None, AudioError, "bytes: is a text file, not a recording"),
    "no bytes": (b"", None, AudioError, r"bytes: is empty \(0 bytes\)"),
    "NUL in the name": ("a\0b.wav", None, AudioError, "a file name cannot contain NUL"),
    "a cut without audio": (
        SimpleNamespace(id="cut-1", sampling_rate=16_000, load_audio=lambda: None), None, AudioError,
        "cut-1: has no recording",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_used(name: str, model) -> None:
    audio, rate, kind, text = WRONG[name]
    with pytest.raises(kind, match=text) as caught:
        ctcalign.align(audio, LINES, model, sample_rate=rate)
    assert "\n" not in str(caught.value)


def test_tracks_are_named_when_no_word_is_found(tmp_path: Path, model) -> None:
    path = film(tmp_path / "a.mkv", [(0.2, {"language": "fre"}, 0), (0.6, {"language": "eng"}, 0)])
    for track in (None, "en"):
        with pytest.raises(CaptionError, match=r"none of the 18 words .*2 audio tracks: 0 \(fre.*, 1 \(eng"):
            ctcalign.align(path, LINES, model, track=track)


def test_the_track_of_the_options(tmp_path: Path, model) -> None:
    path = film(tmp_path / "a.mkv", [(0.2, {"language": "fre"}, 0), (0.6, {"language": "eng"}, 0)])
    with pytest.raises(UsageError, match="got 5, expected one of these"):
        ctcalign.transcribe(path, model, options=AlignOptions(track=5))
    with pytest.raises(AudioError, match=r"1 s long, more than the limit of 0.5 s; raise --max-duration"):
        ctcalign.transcribe(path, model, options=AlignOptions(max_duration=0.5))
