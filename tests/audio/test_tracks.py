"""Films with several audio tracks: which one is read, what is said, and how another is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from ctcalign.audio import load_audio, open_audio, probe
from ctcalign.audio.info import AudioTrack
from ctcalign.audio.tracks import choose_track
from ctcalign.errors import AudioError, UsageError
from ctcalign.language_codes import same_language
from tests.audio.recordings import clicks, onsets

RATE = 16_000


def film(path: Path, tracks: Sequence[tuple[float, dict[str, str], int]]) -> Path:
    """A film with an audio track for each (time of its click, metadata, disposition)."""
    import av

    with av.open(str(path), "w") as out:
        streams = []
        for _, metadata, disposition in tracks:
            stream = out.add_stream("flac" if path.suffix == ".mkv" else "aac", rate=RATE)
            stream.codec_context.layout = "mono"
            stream.codec_context.time_base = Fraction(1, RATE)
            stream.metadata.update(metadata)
            stream.disposition = disposition
            streams.append(stream)
        for stream, (at, _, _) in zip(streams, tracks, strict=True):
            signal = clicks(RATE, 1.0, [at])
            for start in range(0, RATE, 1024):
                piece = np.ascontiguousarray(signal[start : start + 1024].T)
                form = "s16" if path.suffix == ".mkv" else "fltp"
                if form == "s16":
                    piece = (piece * 32767).astype(np.int16)
                frame = av.AudioFrame.from_ndarray(piece, format=form, layout="mono")
                frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
    return path


COMMENTARY = [(0.2, {"language": "eng", "title": "Commentary"}, 0x8), (0.6, {"language": "eng", "title": "Main"}, 0x1)]
LANGUAGES = [(0.2, {"language": "fre"}, 0), (0.4, {"language": "ger"}, 0), (0.6, {"language": "eng"}, 0)]


def click_of(path: Path, track: str | int | None = None) -> float:
    [at] = onsets(load_audio(path, RATE, track=track)[0], RATE)
    return round(at, 1)


def test_the_default_track_is_read(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", COMMENTARY)
    with open_audio(path) as reader:
        list(reader.blocks())
        assert reader.warnings == [
            f"{path}: 2 audio tracks: 0 (eng, Commentary, 1 channel), 1 (eng, Main, 1 channel, default); "
            "track 1 is read, choose another with --track"
        ]
    assert click_of(path) == 0.6
    assert click_of(path, 0) == click_of(path, "0") == 0.2


@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_a_track_by_language(tmp_path: Path, suffix: str) -> None:
    path = film(tmp_path / f"a.{suffix}", LANGUAGES)
    assert click_of(path, "eng") == click_of(path, "en") == click_of(path, "en-GB") == 0.6
    assert click_of(path, "deu") == click_of(path, "de") == 0.4
    assert click_of(path, "fra") == 0.2
    with open_audio(path, track="en") as reader:
        list(reader.blocks())
        assert reader.warnings == []  # the caller has chosen
    assert [track.language for track in probe(path).tracks] == ["fre", "ger", "eng"]


@pytest.mark.parametrize("wanted", [3, "7", "es", "commentary"])
def test_a_track_that_does_not_exist(tmp_path: Path, wanted: str | int) -> None:
    path = film(tmp_path / "a.mkv", LANGUAGES)
    with pytest.raises(
        UsageError, match=rf"3 audio tracks: 0 \(fre, 1 channel\), .*got {wanted}, expected one of these"
    ):
        open_audio(path, track=wanted)


def test_formats_with_one_track(tmp_path: Path) -> None:
    import soundfile

    soundfile.write(tmp_path / "a.wav", clicks(RATE, 1.0, [0.4]), RATE)
    assert click_of(tmp_path / "a.wav", 0) == click_of(tmp_path / "a.wav", "en") == 0.4
    with pytest.raises(UsageError, match=r"a.wav has 1 audio track, 0; got 1, leave out --track"):
        open_audio(tmp_path / "a.wav", track=1)


@pytest.mark.parametrize("suffix", ["wav", "mp3", "mkv"])
@pytest.mark.parametrize("wanted", ["x", "commentary", "main", "-1", "1.5", "", "e n", 1, -1])
def test_the_only_track_is_not_taken_for_another(tmp_path: Path, suffix: str, wanted: str | int) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "mkv":
        film(path, [(0.4, {}, 0)])
    else:
        import soundfile

        soundfile.write(path, clicks(RATE, 1.0, [0.4]), RATE)
    with pytest.raises(UsageError, match=rf"track: .*a.{suffix} has 1 audio track.*got {wanted}, "):
        open_audio(path, track=wanted)


@pytest.mark.parametrize("wanted", ["fr", "gsw", "pt-BR", "zh_Hant", " EN "])
def test_the_only_track_is_taken_for_a_language_with_a_warning(tmp_path: Path, wanted: str) -> None:
    path = film(tmp_path / "a.mkv", [(0.4, {}, 0)])
    with open_audio(path, track=wanted) as reader:
        list(reader.blocks())
    [warning] = reader.warnings
    assert warning == f"{path}: the language of its only audio track is not given; read as track {wanted.strip()!r}"


def track(number: int, codec: str | None = "aac", language: str | None = None, **flags: bool) -> AudioTrack:
    return AudioTrack(number, codec, 2, language, **flags)


@pytest.mark.parametrize(
    ("tracks", "wanted", "number"),
    [
        ([track(0), track(1)], None, 0),
        ([track(0), track(1, default=True)], None, 1),
        ([track(0, secondary=True, default=True), track(1, default=True)], None, 1),
        ([track(0, secondary=True), track(1)], None, 1),
        ([track(0, codec=None, default=True), track(1)], None, 1),  # this FFmpeg cannot decode it
        ([track(0, language="eng", secondary=True), track(1, language="eng")], "en", 1),
        ([track(0, language="eng"), track(1, language="eng", default=True)], "en", 1),
        ([track(0, language="eng"), track(1, language="eng")], 1, 1),
        ([track(0)], "en", 0),
    ],
)
def test_the_choice(tracks: list[AudioTrack], wanted: str | int | None, number: int) -> None:
    assert choose_track(tracks, wanted, "film").number == number


def test_no_track_can_be_decoded() -> None:
    with pytest.raises(AudioError, match="in an encoding that FFmpeg does not know"):
        choose_track([track(0, codec=None)], None, "film")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("en", "eng", True), ("de", "ger", True), ("deu", "ger", True), ("zh", "chi", True), ("zho", "chi", True),
        ("pt-BR", "por", True), ("EN", "en_US", True), ("haw", "haw", True), ("cs", "cze", True),
        ("en", "fr", False), ("et", "est", True), ("es", "est", False), ("sl", "slo", False), ("sl", "slv", True),
    ],
)  # fmt: skip
def test_codes_of_languages(one: str, other: str, same: bool) -> None:
    assert same_language(one, other) == same
