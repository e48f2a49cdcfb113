"""Transcribed recordings (held out, source domain) as cuts with copies of their audio."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.adapt.speech.cuts import Row, cut_of, write_manifest
from ctcalign.adapt.stages import Stage, read_lines, write_lines
from ctcalign.calibration.joining import join
from ctcalign.calibration.sets import Transcribed, read_sets
from ctcalign.calibration.truth import Utterance
from ctcalign.errors import AudioError, UsageError
from ctcalign.files import atomic_write, json_lines
from ctcalign.files.digests import digest_of_file
from ctcalign.models.features.scale import SAMPLE_RATE

MANIFEST, SKIPPED = "cuts.jsonl.gz", "skipped.jsonl"
_PADDING = 0.2  # seconds around an utterance whose clip is not known
# Recordings of a calibration: utterances that are joined to one, so that each kind of error is tried on all of them.
JOINED, LEAST_JOINED = 12, 4

_LEAST = 0.05  # seconds of an utterance

F32 = NDArray[np.float32]
Sound = Callable[[F32], Path]  # writes samples to a file of the folder


def transcribed_cuts(sources: Sequence[Path], folder: Path, name: str) -> Path:
    """The manifest of the utterances of transcribed recordings, whose sound is copied to the folder.

    Args:
        sources: as `ctcalign calibrate` reads them, or Shar folders.
        name: of the option, for messages.
    Raises:
        UsageError: there is no utterance.  CaptionError: see `read_sets`.
    """
    digests = {str(path): _digest(path) for path in sources}
    stage = Stage(folder, {"sources": digests})
    if not stage.is_done:
        stage.begin()
        skipped: list[Row] = []
        rows = list(_rows(sources, stage.folder, skipped))
        if not rows:
            raise UsageError(f"{name}: {', '.join(map(str, sources))}: no utterance that can be read")
        write_manifest(folder / MANIFEST, rows)
        write_lines(folder / SKIPPED, skipped)
        stage.finish([MANIFEST, SKIPPED, *dict.fromkeys(Path(_source(row)).name for row in rows)])
    return folder / MANIFEST


def _source(row: Row) -> str:
    return str(row["recording"]["sources"][0]["source"])


def _digest(path: Path) -> Any:
    if path.is_dir():
        return {str(one.relative_to(path)): digest_of_file(one) for one in sorted(path.rglob("*")) if one.is_file()}
    if not path.is_file():
        raise UsageError(f"{path}: no such file or folder")
    return digest_of_file(path)


def skipped_by(manifest: Path) -> list[Row]:
    """Parts of the sources that a manifest of `transcribed_cuts` lacks: rows with recording and reason."""
    return read_lines(manifest.parent / SKIPPED)


def _rows(sources: Sequence[Path], folder: Path, skipped: list[Row]) -> Iterator[Row]:
    number = 0

    def sound(samples: F32) -> Path:
        nonlocal number
        number += 1
        return _write(folder / f"{number:05d}.flac", samples)

    for source in sources:
        clips = clip_rows(source)
        if source.is_dir() and any(source.glob("cuts.*")):
            yield from _of_shar(source, sound, skipped)
        elif clips is not None:
            yield from _of_clips(clips, sound, skipped)
        else:
            yield from _of_sets(source, sound, skipped)


def clip_rows(source: Path) -> list[Row] | None:
    """The rows of a list of short recordings: JSON lines with path and text; None: it is something else."""
    file = source / "manifest.jsonl" if source.is_dir() else source
    if file.suffix != ".jsonl" or not file.is_file():
        return None
    try:
        rows = [row for _, row in json_lines(file.read_text(encoding="utf-8").split("\n"), str(file))]
    except UnicodeDecodeError:
        return None
    if not rows or not all(isinstance(row, dict) and isinstance(row.get("path"), str) for row in rows):
        return None
    return [{**row, "path": file.parent / row["path"]} for row in rows]


def text_of_clip(row: Row) -> str:
    """The text of a row of `clip_rows`, as it is spoken where that is known."""
    return str(row.get("text_norm") or row.get("text") or "").strip()


def _of_clips(rows: Sequence[Row], sound: Sound, skipped: list[Row]) -> Iterator[Row]:
    from ctcalign.audio import load_audio

    for row in rows:
        text = text_of_clip(row)
        try:
            if not text:
                raise AudioError("no text")
            samples = np.asarray(load_audio(row["path"], SAMPLE_RATE), np.float32).reshape(-1)
            if not len(samples):
                raise AudioError("no sound")
        except AudioError as error:
            skipped.append({"recording": str(row["path"]), "reason": str(error)})
            continue
        audio = sound(samples)
        seconds = len(samples) / SAMPLE_RATE
        speaker = None if row.get("speaker") is None else str(row["speaker"])
        yield cut_of(audio.stem, audio.stem, audio, seconds, (0.0, seconds), text, speaker=speaker, custom=_of(audio))


def _of_sets(source: Path, sound: Sound, skipped: list[Row]) -> Iterator[Row]:
    notes: list[str] = []
    for one in read_sets([source], warnings=notes):
        try:
            samples, utterances = one.load(SAMPLE_RATE)
        except AudioError as error:
            skipped.append({"recording": one.name, "reason": str(error)})
            continue
        audio = sound(samples)
        own = _of(audio)
        seconds = len(samples) / SAMPLE_RATE
        for place, (utterance, span) in enumerate(zip(utterances, _spans(utterances, seconds), strict=True)):
            if span[1] - span[0] > _LEAST:
                name = f"{audio.stem}-{place:05d}"
                yield cut_of(name, audio.stem, audio, seconds, span, utterance.text, speaker=one.group, custom=own)
    skipped += [{"recording": str(source), "reason": note} for note in notes]


def _of_shar(source: Path, sound: Sound, skipped: list[Row]) -> Iterator[Row]:
    from ctcalign.train.data.cuts import language_of_cut, open_cuts, read_samples, text_of_cut

    for cut in open_cuts("cuts", [str(source)]):
        text = text_of_cut(cut)
        try:
            if text is None:
                raise AudioError("no text")
            samples = read_samples(cut, SAMPLE_RATE)
        except AudioError as error:
            skipped.append({"recording": cut.id, "reason": str(error)})
            continue
        audio = sound(samples)
        seconds = len(samples) / SAMPLE_RATE
        language = language_of_cut(cut)
        yield cut_of(audio.stem, audio.stem, audio, seconds, (0.0, seconds), text, language, custom=_of(audio))


def _of(audio: Path) -> Row:
    """What a cut says of its sound, so that other sound is another cut."""
    return {"sha256": digest_of_file(audio)}


def _spans(utterances: Sequence[Utterance], seconds: float) -> Iterator[tuple[float, float]]:
    """The clips of utterances, or the utterances with some of the silence around them."""
    for place, one in enumerate(utterances):
        if one.clip is not None:
            yield max(0.0, one.clip[0]), min(one.clip[1], seconds)
            continue
        before = utterances[place - 1].end if place else 0.0
        after = utterances[place + 1].start if place + 1 < len(utterances) else seconds
        left = min(_PADDING, max(0.0, (one.start - before) / 2))
        right = min(_PADDING, max(0.0, (after - one.end) / 2))
        yield max(0.0, one.start - left), min(one.end + right, seconds)


def _write(path: Path, samples: F32) -> Path:
    import soundfile as sf

    with atomic_write(path, "wb") as stream:
        sf.write(stream, samples.clip(-1.0, 1.0), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return path.absolute()


def joined_recordings(rows: Sequence[Row]) -> list[Transcribed]:
    """Utterances joined into recordings for a calibration; neighbours stay together."""
    count = max(2, round(len(rows) / JOINED))
    groups = [rows[place * len(rows) // count : (place + 1) * len(rows) // count] for place in range(count)]
    return [
        Transcribed(f"utterances {place}", f"utterances {place}", _loader(own))
        for place, own in enumerate(groups)
        if len(own) >= LEAST_JOINED
    ]


def _loader(rows: Sequence[Row]) -> Callable[[int], tuple[F32, list[Utterance]]]:
    def load(rate: int) -> tuple[F32, list[Utterance]]:
        return join([_samples(row, rate) for row in rows], [row["supervisions"][0]["text"] for row in rows], rate)

    return load


def _samples(row: Row, rate: int) -> F32:
    import soundfile as sf

    first = round(row["start"] * SAMPLE_RATE)
    samples, _ = sf.read(_source(row), round(row["duration"] * SAMPLE_RATE), first, dtype="float32")
    if rate != SAMPLE_RATE:
        import soxr

        samples = soxr.resample(samples, SAMPLE_RATE, rate)
    return np.asarray(samples, np.float32)
