"""A click at a known time comes back at that time, from every container, codec and rate that can be written here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ctcalign.audio import open_audio, probe
from tests.audio.recordings import clicks, encode, onsets

AT = [0.5, 1.25, 2.25]
SECONDS = 2.75
ALL = (8000, 11_025, 22_050, 44_100, 48_000)
OPUS = (8000, 16_000, 48_000)
MP3 = (22_050, 44_100, 48_000)


def decoded(path: Path, rate: int = 16_000) -> tuple[list[float], list[str], float]:
    with open_audio(path, rate) as reader:
        signal = np.concatenate(list(reader.blocks(0.7)), axis=1)
        assert reader.duration is not None
        assert abs(signal.shape[1] - reader.duration * rate) <= 1
        return onsets(signal[0], rate), reader.warnings, reader.duration


@pytest.mark.parametrize(
    ("suffix", "codec", "video", "rates"),
    [
        ("m4a", "aac", False, ALL),
        ("m4a", "alac", False, ALL),
        ("mp4", "aac", True, ALL),
        ("mp4", "libmp3lame", True, MP3),
        ("mp4", "libopus", True, OPUS),
        ("mov", "pcm_s16le", True, ALL),
        ("mkv", "aac", True, ALL),
        ("mkv", "flac", True, ALL),
        ("mkv", "libmp3lame", False, MP3),
        ("mkv", "libopus", True, OPUS),
        ("mkv", "ac3", True, (44_100, 48_000)),
        ("webm", "libopus", False, OPUS),
        ("ogg", "libopus", False, OPUS),
        ("opus", "libopus", False, OPUS),
        ("ogg", "flac", False, ALL),
        ("flac", "flac", False, ALL),
        ("mp3", "libmp3lame", False, ALL),
        ("wav", "pcm_s16le", False, ALL),
        ("wav", "pcm_f32le", False, ALL),
        ("wav", "adpcm_ima_wav", False, ALL),
        ("wv", "wavpack", False, (44_100,)),
        ("tta", "tta", False, (44_100,)),
        ("caf", "pcm_s16le", False, (44_100,)),
        ("aiff", "pcm_s16be", False, (44_100,)),
    ],
)
def test_clicks_come_back_in_time(tmp_path: Path, suffix: str, codec: str, video: bool, rates: tuple[int, ...]) -> None:
    for rate in rates:
        path = encode(tmp_path / f"talk.{suffix}", clicks(rate, SECONDS, AT), rate, codec, video=video)
        found, warnings, duration = decoded(path)
        assert found == pytest.approx(AT, abs=0.0015), rate
        assert warnings == [], rate
        assert abs(duration - SECONDS) < 0.1, rate


@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [("wav", "PCM_U8"), ("wav", "PCM_16"), ("wav", "PCM_24"), ("wav", "FLOAT"), ("wav", "DOUBLE"), ("wav", "ULAW"),
     ("flac", "PCM_24"), ("ogg", "VORBIS"), ("mp3", None), ("aiff", "PCM_16"), ("w64", "PCM_16"), ("rf64", "PCM_16")],
)  # fmt: skip
def test_libsndfile_formats(tmp_path: Path, suffix: str, subtype: str | None) -> None:
    for rate in ALL:
        path = tmp_path / f"talk.{suffix}"
        soundfile.write(path, clicks(rate, SECONDS, AT), rate, subtype=subtype)
        found, warnings, duration = decoded(path)
        assert found == pytest.approx(AT, abs=0.0015), rate
        assert warnings == [], rate
        assert duration == pytest.approx(SECONDS, abs=1e-3), rate


@pytest.mark.parametrize(
    ("suffix", "codec", "delay"),
    [("ts", "aac", 1024), ("flv", "aac", 1024), ("aac", "aac", 1024), ("avi", "ac3", 256), ("avi", "libmp3lame", 1105)],
)
def test_containers_that_do_not_state_the_encoder_delay(tmp_path: Path, suffix: str, codec: str, delay: int) -> None:
    """They say nothing of the samples that the encoder needs to start: late by as much, as in every player."""
    container = {"ts": "mpegts", "aac": "adts"}.get(suffix)
    path = encode(tmp_path / f"talk.{suffix}", clicks(48_000, SECONDS, AT), 48_000, codec, container=container)
    found, _, _ = decoded(path)
    assert found == pytest.approx([time + delay / 48_000 for time in AT], abs=0.0015)


@pytest.mark.parametrize(
    ("suffix", "codec"), [("mp4", "aac"), ("mkv", "libopus"), ("mov", "pcm_s16le"), ("mkv", "flac")]
)
def test_audio_that_starts_late_is_padded(tmp_path: Path, suffix: str, codec: str) -> None:
    rate = 48_000
    signal = clicks(rate, SECONDS, AT)
    path = encode(tmp_path / f"late.{suffix}", signal, rate, codec, video=True, first_pts=rate * 3 // 2)
    found, warnings, duration = decoded(path)
    assert found == pytest.approx([time + 1.5 for time in AT], abs=0.0025)
    assert warnings == []
    assert duration == pytest.approx(SECONDS + 1.5, abs=0.1)


def test_a_gap_is_filled_and_said(tmp_path: Path) -> None:
    rate = 48_000
    signal = clicks(rate, SECONDS, AT)
    path = encode(tmp_path / "gap.mkv", signal, rate, "flac", gap=(rate, 2 * rate))
    found, warnings, _ = decoded(path)
    assert found == pytest.approx([AT[0], AT[1] + 2, AT[2] + 2], abs=0.0025)
    assert len(warnings) == 1
    assert "gap of 2.0" in warnings[0]


def test_stereo_video_and_probe(tmp_path: Path) -> None:
    path = encode(tmp_path / "talk.mp4", clicks(44_100, SECONDS, AT, channels=2), 44_100, "aac", video=True)
    info = probe(path)
    assert (info.container, info.codec, info.sample_rate, info.channels) == ("mp4", "aac", 44_100, 2)
    assert info.duration == pytest.approx(SECONDS, abs=0.1)
    assert info.path == str(path)


def test_names_that_look_like_protocols(tmp_path: Path) -> None:
    path = encode(tmp_path / "concat:talk, part 1?.m4a", clicks(16_000, SECONDS, AT), 16_000, "aac")
    assert decoded(path)[0] == pytest.approx(AT, abs=0.0015)
