"""Time stamps that begin late, jump or wrap: times count from the start, delays between streams stay."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ctcalign.audio import open_audio, probe
from ctcalign.audio.sources.clock import Clock
from ctcalign.audio.sources.stream_times import zero_of
from ctcalign.formats import read_alignment
from ctcalign.formats.converting import convert
from tests.audio.recordings import clicks, encode, onsets

RATE = 48_000
SECONDS = 2.0
AT = [0.5, 1.25]
FRAGMENTS = {"movflags": "+frag_keyframe+empty_moov+default_base_moof"}
YEAR = 365 * 24 * 3600


def read(path: Path) -> tuple[list[float], list[str], float]:
    with open_audio(path) as reader:
        signal = np.concatenate(list(reader.blocks()), axis=1)[0]
        return onsets(signal, 16_000), [text.replace(f"{path}: ", "") for text in reader.warnings], len(signal) / 16_000


def later_fragments(content: bytes, seconds: int) -> bytes:
    """An mp4 of fragments whose decode times are moved, as a player's dump of a live stream has them."""
    data = bytearray(content)
    at = data.find(b"tfdt")
    while at >= 0:
        size = 8 if data[at + 4] else 4
        time = int.from_bytes(data[at + 8 : at + 8 + size], "big") + seconds * RATE
        data[at + 8 : at + 8 + size] = time.to_bytes(size, "big")
        at = data.find(b"tfdt", at + 4)
    return bytes(data)


@pytest.mark.parametrize("start", [1200, 1_700_000_000])
def test_fragments_of_a_live_stream(tmp_path: Path, start: int) -> None:
    path = encode(tmp_path / "a.mp4", clicks(RATE, SECONDS, AT), RATE, "aac", options=FRAGMENTS)
    expected, _, _ = read(path)
    path.write_bytes(later_fragments(path.read_bytes(), start))
    found, warnings, seconds = read(path)
    assert found == pytest.approx(expected, abs=0.002)
    assert seconds == pytest.approx(SECONDS, abs=0.1)
    assert len(warnings) == 1
    assert warnings[0].startswith(
        f"its time stamps begin at {start}.00 s, not at 0: all times here count from the start"
    )
    stated = probe(path).duration
    assert stated is None or stated == pytest.approx(SECONDS, abs=0.1)


@pytest.mark.parametrize(
    ("suffix", "codec", "start", "delay"),
    [
        ("mkv", "flac", 0, 0.5),
        ("mkv", "flac", 1200, 0.0),
        ("mkv", "flac", 1200, 0.5),
        ("mkv", "libopus", 1_700_000_000, 0.5),
        ("mp4", "aac", 1200, 0.5),
        ("ts", "libmp3lame", 1200, 0.5),
        ("ts", "libmp3lame", 95_442, 0.5),  # the 33 bits of the clock end at 95443.7 s
        ("ts", "libmp3lame", 200_000, 0.5),
    ],
)
def test_audio_and_video_begin_late(tmp_path: Path, suffix: str, codec: str, start: int, delay: float) -> None:
    late = round(delay * RATE)
    container = {"ts": "mpegts"}.get(suffix)
    path = tmp_path / f"a.{suffix}"
    encode(path, clicks(RATE, SECONDS, AT), RATE, codec, video=True, start=start, first_pts=late, container=container)
    found, warnings, seconds = read(path)
    assert found == pytest.approx([time + delay for time in AT], abs=0.004)
    assert seconds == pytest.approx(SECONDS + delay, abs=0.1)
    assert len(warnings) == (1 if start and suffix != "ts" else 0)


@pytest.mark.parametrize("start", [2, 1200])
def test_audio_alone_begins_late(tmp_path: Path, start: int) -> None:
    path = encode(tmp_path / "a.webm", clicks(RATE, SECONDS, AT), RATE, "libopus", start=start)
    found, warnings, _ = read(path)
    assert found == pytest.approx(AT, abs=0.002)
    assert len(warnings) == 1


@pytest.mark.parametrize(("suffix", "codec", "video"), [("mkv", "flac", True), ("webm", "libopus", False)])
def test_a_gap_of_a_year_is_not_filled(tmp_path: Path, suffix: str, codec: str, video: bool) -> None:
    path = encode(
        tmp_path / f"a.{suffix}", clicks(RATE, SECONDS, AT), RATE, codec, video=video, gap=(RATE, YEAR * RATE)
    )
    found, warnings, seconds = read(path)
    assert found == pytest.approx(AT, abs=0.002)
    assert seconds == pytest.approx(SECONDS, abs=0.1)
    assert len(warnings) == 1
    assert warnings[0].startswith(f"time stamps jump by {YEAR}.0 s at 1.0")
    assert warnings[0].endswith("no silence is inserted")


def test_a_gap_of_half_an_hour_is_filled(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mkv", clicks(8000, SECONDS, AT), 8000, "flac", gap=(8000, 8000 * 1800))
    found, warnings, _ = read(path)
    assert found == pytest.approx([AT[0], AT[1] + 1800], abs=0.01)
    assert len(warnings) == 1


def stream(start: float | None, disposition: int = 0) -> SimpleNamespace:
    return SimpleNamespace(start_time=start, time_base=1, disposition=disposition)


@pytest.mark.parametrize(
    ("audio", "video", "zero"),
    [
        ([stream(0)], [stream(0)], 0),
        ([stream(1200)], [stream(0, 0x400)], 1200),  # a cover picture has no time
        ([stream(1200)], [stream(None)], 1200),
        ([stream(1200.5), stream(1201)], [stream(1200)], 1200),
        ([stream(-0.04)], [], 0),  # what the encoder needs to start
        ([stream(-5)], [stream(-4)], -5),
        ([stream(None)], [], 0),
    ],
)
def test_the_earliest_stream(audio: list[SimpleNamespace], video: list[SimpleNamespace], zero: float) -> None:
    container = SimpleNamespace(
        format=SimpleNamespace(name="matroska,webm"), streams=SimpleNamespace(audio=audio, video=video)
    )
    assert zero_of(container, RATE) == zero


class TestClock:
    def test_an_overlap_is_dropped_and_said(self) -> None:
        clock = Clock(1000, 0.0, None)
        clock.place(0.0, 1000)
        assert clock.place(0.7, 500) == (0, 300)
        assert clock.all_notes() == ["0.30 s dropped: their time stamps overlap the audio before"]

    def test_a_second_recording_is_not_an_overlap(self) -> None:
        clock = Clock(1000, 0.0, None)
        clock.place(0.0, 3000)
        assert clock.place(0.0, 1000) == (0, 0)
        assert clock.place(1.0, 1000) == (0, 0)
        assert len(clock.all_notes()) == 1

    def test_another_rate_keeps_the_time(self) -> None:
        clock = Clock(1000, 0.0, None)
        clock.place(0.0, 2000)
        clock.change_rate(500)
        assert clock.place(2.0, 500) == (0, 0)
        assert clock.seconds == 3.0

    def test_many_gaps_of_a_short_file_are_bounded(self) -> None:
        clock = Clock(100, 0.0, None)
        for number in range(100):
            clock.place(number * 3000.0, 100)
        assert clock.seconds < 2 * 3600 + 11 * 100
        assert len(clock.all_notes()) <= 100

    def test_many_gaps_are_given_as_a_sum(self) -> None:
        clock = Clock(1000, 0.0, None)
        for number in range(50):
            clock.place(number * 2.0, 1000)
        assert clock.seconds == 99
        assert len(clock.all_notes()) == 6
        assert clock.all_notes()[-1] == "49 gaps: 49.00 s in all filled with silence"


@pytest.mark.parametrize(("suffix", "codec"), [("mkv", "flac"), ("webm", "libopus")])
def test_a_header_of_a_year_is_not_believed(tmp_path: Path, suffix: str, codec: str) -> None:
    path = encode(tmp_path / f"a.{suffix}", clicks(RATE, SECONDS, AT), RATE, codec, gap=(RATE, YEAR * RATE))
    assert probe(path).duration is None
    captions = tmp_path / "a.srt"
    captions.write_text("1\n00:00:01,000 --> 00:00:02,000\nhello\n")
    convert(captions, [tmp_path / "a.json"], audio=path)
    assert read_alignment(tmp_path / "a.json").duration == 2.0
