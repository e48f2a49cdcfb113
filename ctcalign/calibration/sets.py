"""Transcribed sets, the input of `ctcalign calibrate`, as recordings whose utterances have times."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.alignment.alignment import Alignment
from ctcalign.alignment.document import is_document
from ctcalign.calibration.joining import join
from ctcalign.calibration.reviewed import reviewed_parts
from ctcalign.calibration.truth import Utterance
from ctcalign.corrections.run import reviewed_alignment
from ctcalign.errors import CaptionError
from ctcalign.files import parse_json
from ctcalign.files.text_size import MANIFESTS, read_bytes
from ctcalign.formats.datasets.corpus_folder import is_corpus, opened_alignments, recording_of
from ctcalign.formats.datasets.lhotse import is_lhotse, supervisions
from ctcalign.formats.shared.whereabouts import find_recording
from ctcalign.scoring.files import TRUTH, read_timed
from ctcalign.scoring.items import TimedFile, TimedItem, items_of
from ctcalign.text.words import plain_words

F32 = NDArray[np.float32]
Row = dict[str, Any]
# Called with a sample rate; returns the samples of one channel and the utterances in them.
Load = Callable[[int], tuple[F32, list[Utterance]]]

LEAST_UTTERANCES = 4  # of a recording; fewer are too few to estimate its quality
LONGEST = 900.0  # seconds of utterances that are joined to one recording


@dataclass(frozen=True)
class Transcribed:
    """A recording with all of its utterances. `group`: its speaker if known, else the recording it is a version of."""

    name: str
    group: str
    load: Load


@dataclass(frozen=True)
class Reading:
    """How the recordings are read: `track` and `max_duration` of `ctcalign.open_audio`."""

    track: str | int | None = None
    max_duration: float | None = None

    def samples(self, audio: Path, rate: int) -> F32:
        """The mix of the channels at `rate` Hz. Shape (N,)."""
        from ctcalign.audio import load_audio

        found = load_audio(audio, rate, track=self.track, max_duration=self.max_duration)
        return np.asarray(found, np.float32).reshape(-1)


def read_sets(
    sets: Sequence[Path],
    pairs: Sequence[tuple[Path, Path]] = (),
    reading: Reading | None = None,
    warnings: list[str] | None = None,
) -> list[Transcribed]:
    """Read the recordings of transcribed sets, in order.

    Args:
        sets: truth files (`ctcalign-truth/1`, or another that `score` reads and that names its audio), lhotse
            manifests of cuts with recordings, and lists of short recordings: JSON lines with `path` (relative to the
            list), `text` or `text_norm`, and an optional `speaker`. The short recordings of a speaker are joined to
            one. Output folders of `align-corpus`: the recordings of which all captions were aligned; an alignment is
            read again when its recording is loaded. Reviewed alignments (JSON with `reviewed` cues, or the edits of a
            review beside their alignment; see `ctcalign.corrections`): the parts of the recording whose captions were
            reviewed, joined to one.
        pairs: (audio, captions) with all utterances and their true times, or a reviewed alignment.
        reading: audio track and greatest length of the recordings.
        warnings: what is left out is added to it.
    Raises:
        CaptionError: a set cannot be read, is of another kind, or names audio that does not exist.
    """
    reading = reading or Reading()
    notes: list[str] = [] if warnings is None else warnings
    found = [recording for path in sets for recording in _read(path, reading, notes)]
    for audio, captions in pairs:
        reviewed = reviewed_alignment(captions)
        if reviewed is not None:
            found += _reviewed(reading, captions, reviewed, notes, audio)
            continue
        [file] = read_timed(captions, likely=audio.stem)[:1]
        found.append(_whole(reading, audio, file, captions.stem))
    if not found:
        raise CaptionError(f"calibrate: {'; '.join(notes) or 'got no recording'}; give a transcribed set")
    return found


def _read(path: Path, reading: Reading, notes: list[str]) -> list[Transcribed]:
    if path.is_dir() and is_corpus(path):
        return _aligned(reading, path, notes)
    if path.is_dir():
        inside = [path / name for name in ("manifest.jsonl", "truth.json") if (path / name).is_file()]
        if not inside:
            raise CaptionError(f"{path}: a folder without manifest.jsonl or truth.json; name the file")
        path = inside[0]
    reviewed = reviewed_alignment(path)
    if reviewed is not None:
        return _reviewed(reading, path, reviewed, notes)
    rows = _rows(path)
    if len(rows) == 1 and _is_truth(rows[0]):
        audio = path.parent / str(rows[0].get("audio", ""))
        listed = rows[0].get("utterances") or rows[0].get("cues") or []
        speakers = {row.get("speaker") for row in listed if isinstance(row, dict)}
        [speaker] = speakers if len(speakers) == 1 else [None]
        name = f"{path.resolve().parent.name}/{audio.stem}"  # the file is often called "audio"
        group = str(speaker or rows[0].get("of") or path.resolve().parent.name)
        return [_whole(reading, audio, read_timed(path)[0], group, name)]
    if all("path" in row and ("text" in row or "text_norm" in row) for row in rows):
        clips = [(path.parent / str(row["path"]), _text(row), row.get("speaker")) for row in rows]
        return _joined(reading, path, clips, notes)
    if all(is_lhotse(row) for row in rows):
        return _lhotse(reading, path, rows)
    if is_document(rows[0]):
        raise CaptionError(
            f"{path}: no cue of this alignment was reviewed, so none is known to be right; review it with "
            "`ctcalign review` and `ctcalign apply-edits`"
        )
    raise CaptionError(
        f"{path}: expected a truth file, a lhotse manifest of cuts, or JSON lines with path and text; "
        "for a recording and its captions give --pair AUDIO CAPTIONS"
    )


def _is_truth(row: Row) -> bool:
    """Whether a JSON object is ground truth that names its recording; an alignment of ctcalign is none."""
    if str(row.get("format", "")).startswith(TRUTH):
        return True
    return isinstance(row.get("audio"), str) and isinstance(row.get("cues"), list) and not is_document(row)


def _rows(path: Path) -> list[Row]:
    from ctcalign.formats.shared.encoding import decode

    try:
        text = decode(read_bytes(path, str(path), MANIFESTS), str(path), MANIFESTS).text
    except OSError as error:
        raise CaptionError(f"{path}: cannot be read: {error.strerror or error}") from error
    data = parse_json(text, str(path), MANIFESTS)
    rows = data if isinstance(data, list) else [data]
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise CaptionError(f"{path}: holds no JSON objects")
    return rows


def _text(row: Row) -> str:
    return str(row.get("text_norm") or row.get("text") or "")


def _whole(reading: Reading, audio: Path, file: TimedFile, group: str, name: str | None = None) -> Transcribed:
    if not os.path.isfile(audio):
        raise CaptionError(f"{file.name}: its recording {audio} does not exist")
    utterances = _utterances(file)
    if not utterances:
        raise CaptionError(f"{file.name}: no utterance has a time")

    def load(rate: int) -> tuple[F32, list[Utterance]]:
        return reading.samples(audio, rate), utterances

    return Transcribed(name or file.recording or audio.stem, group, load)


def _aligned(reading: Reading, folder: Path, notes: list[str]) -> list[Transcribed]:
    """The recordings of an output folder of `align-corpus`; those that are left out are counted in `notes`."""
    found, lost, partly = list[Transcribed](), list[str](), list[str]()
    for id, path, alignment in opened_alignments(folder):
        audio = recording_of(alignment, path)
        if audio is None:
            lost.append(id)
        elif any(cue.reviewed for cue in alignment.cues):
            found += _reviewed(reading, path, alignment, notes, audio)
        elif not all(cue.status == "aligned" for cue in alignment.cues if plain_words(cue.text)):
            partly.append(id)
        else:
            speakers = {cue.speaker for cue in alignment.cues if plain_words(cue.text)}
            group = next(iter(speakers)) if len(speakers) == 1 else None
            found.append(Transcribed(id, group or id, partial(_load_aligned, reading, audio, path)))
    for names, why in ((lost, "were not found"), (partly, "have captions that were not aligned")):
        if names:
            more = ", ..." if len(names) > 3 else ""
            notes.append(
                f"{folder}: {len(names)} recordings are left out, since they {why}: {', '.join(names[:3])}{more}"
            )
    return found


def _reviewed(
    reading: Reading, path: Path, alignment: Alignment, notes: list[str], audio: Path | None = None
) -> list[Transcribed]:
    """The reviewed parts of a recording as one; none if they have too few captions, which `notes` says."""
    audio = audio or recording_of(alignment, path)
    if audio is None:
        raise CaptionError(f"{path}: its recording {alignment.audio} does not exist; give --pair AUDIO {path.name}")
    places = [place for part in reviewed_parts(alignment) for place in part.cues]
    if len(places) < LEAST_UTTERANCES:
        notes.append(
            f"{path}: left out, since only {len(places)} captions were accepted or corrected in a review, expected at "
            f"least {LEAST_UTTERANCES}"
        )
        return []
    speakers = {alignment.cues[place].speaker for place in places}
    [speaker] = speakers if len(speakers) == 1 else [None]
    return [Transcribed(path.stem, speaker or path.stem, partial(_load_reviewed, reading, audio, alignment))]


def _load_reviewed(reading: Reading, audio: Path, alignment: Alignment, rate: int) -> tuple[F32, list[Utterance]]:
    samples = reading.samples(audio, rate)
    items = items_of(alignment)
    pieces, found, at = list[F32](), list[Utterance](), 0
    for part in reviewed_parts(alignment):
        first, last = (round(time * rate) for time in part.span)
        pieces.append(samples[first:last])
        shift = at / rate - first / rate
        found += [_shifted(_utterance(items[place]), shift) for place in part.cues]
        at += len(pieces[-1])
    return np.concatenate(pieces), found


def _shifted(utterance: Utterance, seconds: float) -> Utterance:
    words = utterance.words and tuple((start + seconds, end + seconds) for start, end in utterance.words)
    return replace(utterance, start=utterance.start + seconds, end=utterance.end + seconds, words=words)


def _load_aligned(reading: Reading, audio: Path, path: Path, rate: int) -> tuple[F32, list[Utterance]]:
    return reading.samples(audio, rate), _utterances(read_timed(path)[0])


def _utterances(file: TimedFile) -> list[Utterance]:
    return [_utterance(item) for item in file.cues if item.place is not None and item.text.strip()]


def _utterance(item: TimedItem) -> Utterance:
    start, end = item.place or (0.0, 0.0)
    text, clip = item.text, item.clip
    places = tuple(word.place for word in item.words if word.place is not None)
    if not places or len(places) != len(item.words):
        return Utterance(text, start, end, clip=clip)
    if len(places) != len(text.split()):  # mark-up, such as the name of a speaker, is no word
        text = " ".join("".join(word.text.split()) for word in item.words)
    return Utterance(text, start, end, places, clip)


def _joined(
    reading: Reading, path: Path, clips: Sequence[tuple[Path, str, Any]], notes: list[str]
) -> list[Transcribed]:
    """Short recordings, joined by speaker; speakers with too few are named in `notes`."""
    speakers: dict[str, list[tuple[Path, str]]] = {}
    for audio, text, speaker in clips:
        if not os.path.isfile(audio):
            raise CaptionError(f"{path}: its recording {audio} does not exist")
        if text.strip():
            speakers.setdefault(str(speaker or path.stem), []).append((audio, text))
    few = [f"{speaker} ({len(own)})" for speaker, own in speakers.items() if len(own) < LEAST_UTTERANCES]
    if few:
        more = f" and {len(few) - 8} more" if len(few) > 8 else ""
        notes.append(
            f"{path}: {len(few)} of {len(speakers)} speakers are left out, since they have fewer than "
            f"{LEAST_UTTERANCES} short recordings: {', '.join(few[:8])}{more}"
        )
    return [
        Transcribed(speaker, speaker, partial(_join, reading, own))
        for speaker, own in speakers.items()
        if len(own) >= LEAST_UTTERANCES
    ]


def _join(reading: Reading, clips: Sequence[tuple[Path, str]], rate: int) -> tuple[F32, list[Utterance]]:
    samples, texts, seconds = [], [], 0.0
    for audio, text in clips:
        if seconds > LONGEST:
            break
        samples.append(reading.samples(audio, rate))
        texts.append(text)
        seconds += len(samples[-1]) / rate
    return join(samples, texts, rate)


def _lhotse(reading: Reading, path: Path, rows: Sequence[Row]) -> list[Transcribed]:
    """Cuts, joined by recording, with the times of their supervisions in it."""
    audio: dict[str, Path] = {}
    speakers: dict[str, set[str]] = {}
    for row in rows:
        recording = row.get("recording")
        sources = recording.get("sources") if isinstance(recording, dict) else None
        if not isinstance(recording, dict) or not isinstance(sources, list) or not sources:
            raise CaptionError(f"{path}: cut {row.get('id')} has no recording; give cuts with their recordings")
        name = str(recording.get("id"))
        first = sources[0]
        if not isinstance(first, dict) or first.get("type", "file") != "file":
            kind = first.get("type") if isinstance(first, dict) else type(first).__name__
            raise CaptionError(
                f"{path}: recording {name} has a source of the type {str(kind)!r}, but calibrate neither runs commands "
                "nor opens URLs; save the audio as files (CutSet.save_audios of lhotse)"
            )
        source = str(first.get("source"))
        audio[name] = find_recording(source, path) or path.parent / source
        own = [one.row.get("speaker") for one in supervisions(row)]
        speakers.setdefault(name, set()).update(str(speaker) for speaker in own if speaker)
    out = []
    for file in read_timed(path):
        if file.recording in audio:
            known = speakers[file.recording]
            group = next(iter(known)) if len(known) == 1 else file.recording
            out.append(_whole(reading, audio[file.recording], file, group))
    return out
