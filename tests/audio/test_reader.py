"""Blocks, channels, resampling and memory of the reader."""

from __future__ import annotations

import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from ctcalign.audio import load_audio, open_audio
from ctcalign.errors import UsageError
from tests.audio.recordings import clicks, encode


def noise(samples: int, channels: int = 1, seed: int = 0) -> np.ndarray:
    return (0.2 * np.random.default_rng(seed).standard_normal((samples, channels))).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("seconds", [0.013, 1.0, 60.0])
def test_streamed_equals_whole(tmp_path: Path, rate: int, seconds: float) -> None:
    signal = noise(rate * 3 + 17)
    soundfile.write(tmp_path / "a.wav", signal, rate, subtype="FLOAT")
    expected = signal[:, 0] if rate == 16_000 else soxr.resample(signal[:, 0], rate, 16_000, quality="HQ")
    with open_audio(tmp_path / "a.wav") as reader:
        blocks = list(reader.blocks(seconds))
        assert reader.duration == len(signal) / rate
    assert all(block.shape == (1, round(seconds * 16_000)) for block in blocks[:-1])
    assert all(block.dtype == np.float32 and block.flags.c_contiguous for block in blocks)
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1)[0], expected)


def test_every_call_of_blocks_starts_anew(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", clicks(44_100, 2.0, [0.5]), 44_100, "aac", video=True)
    with open_audio(path) as reader:
        first = np.concatenate(list(reader.blocks()), axis=1)
        again = np.concatenate(list(reader.blocks(0.1)), axis=1)
    np.testing.assert_array_equal(first, again)


def test_channels(tmp_path: Path) -> None:
    signal = noise(5000, channels=3)
    soundfile.write(tmp_path / "a.wav", signal, 16_000, subtype="FLOAT")
    np.testing.assert_allclose(load_audio(tmp_path / "a.wav")[0], signal.mean(axis=1), atol=1e-7)
    np.testing.assert_array_equal(load_audio(tmp_path / "a.wav", channel="all"), signal.T)
    for channel in range(3):
        np.testing.assert_array_equal(load_audio(tmp_path / "a.wav", channel=channel)[0], signal[:, channel])
    np.testing.assert_array_equal(load_audio(tmp_path / "a.wav", channel="2")[0], signal[:, 2])


def test_all_channels_resampled_are_each_resampled(tmp_path: Path) -> None:
    signal = noise(5000, channels=2)
    soundfile.write(tmp_path / "a.wav", signal, 44_100, subtype="FLOAT")
    both = load_audio(tmp_path / "a.wav", channel="all")
    for channel in range(2):
        np.testing.assert_allclose(both[channel], load_audio(tmp_path / "a.wav", channel=channel)[0], atol=1e-6)


@pytest.mark.parametrize(
    ("channel", "text"),
    [
        (2, r"has 2 channels \(0 to 1\), got 2"),
        ("7", r"has 2 channels \(0 to 1\), got 7"),
        (-1, r"has 2 channels \(0 to 1\), got -1"),
        ("left", "expected mix, all or a number from 0, got 'left'"),
    ],
)
def test_channels_that_do_not_exist(tmp_path: Path, channel: str | int, text: str) -> None:
    soundfile.write(tmp_path / "a.wav", noise(100, channels=2), 16_000)
    with pytest.raises(UsageError, match=text):
        open_audio(tmp_path / "a.wav", channel=channel)
    soundfile.write(tmp_path / "mono.wav", noise(100), 16_000)
    with pytest.raises(UsageError, match=r"mono.wav has 1 channel \(0\), got 1"):
        open_audio(tmp_path / "mono.wav", channel=1)


def test_opposite_phase_is_said(tmp_path: Path) -> None:
    signal = noise(16_000)
    soundfile.write(tmp_path / "a.wav", np.concatenate([signal, -signal], axis=1), 16_000)
    with open_audio(tmp_path / "a.wav") as reader:
        list(reader.blocks())
        assert any("cancel each other out" in warning for warning in reader.warnings)
    with open_audio(tmp_path / "a.wav", channel=0) as reader:
        list(reader.blocks())
        assert reader.warnings == []


def test_one_sample(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([0.5], dtype=np.float32), 16_000, subtype="FLOAT")
    assert load_audio(tmp_path / "a.wav").tolist() == [[0.5]]


def test_standard_input_can_be_opened_often(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.m4a", clicks(16_000, 2.0, [0.5]), 16_000, "aac")
    code = (
        "from ctcalign.audio import load_audio, probe, open_audio\n"
        "print(probe('-').codec, load_audio('-').shape[1], load_audio('-', channel=0).shape[1])"
    )
    with path.open("rb") as file:
        run = subprocess.run([sys.executable, "-c", code], stdin=file, capture_output=True, text=True, check=True)
    codec, first, second = run.stdout.split()
    assert codec == "aac"
    assert int(first) == int(second) >= 32_000  # older decoders leave the encoder's padding


def test_a_named_pipe(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", noise(1600), 16_000)
    code = "import sys; from ctcalign.audio import load_audio; print(load_audio(sys.argv[1]).shape)"
    command = f'exec "{sys.executable}" -c "{code}" <(cat "{tmp_path / "a.wav"}")'
    run = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "(1, 1600)"


_PEAK = """
import resource, sys
from ctcalign.audio import open_audio
with open_audio(sys.argv[1]) as reader:
    count = sum(block.shape[1] for block in reader.blocks())
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    def peak(minutes: int) -> int:
        path = tmp_path / f"{minutes}.wav"
        minute = np.random.default_rng(0).integers(-9000, 9000, 8000 * 60, dtype=np.int16).tobytes()
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            for _ in range(minutes):
                file.writeframes(minute)
        run = subprocess.run([sys.executable, "-c", _PEAK, str(path)], capture_output=True, text=True, check=True)
        count, kilobytes = map(int, run.stdout.split())
        assert count == minutes * 60 * 16_000
        return kilobytes

    assert peak(60) < 1.05 * peak(10)
