"""A Kaldi data directory: wav.scp, segments, text, utt2spk, spk2utt and reco2dur, sorted in the C locale."""

from __future__ import annotations

import os
from pathlib import Path

from ctcalign.alignment.alignment import Alignment
from ctcalign.files.text_size import read_bytes
from ctcalign.formats.shared.clock import decimal, number, span_ticks, ticks
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.encoding import decode
from ctcalign.formats.shared.format import Format, Rendered
from ctcalign.formats.shared.view import (
    given_ids,
    given_recording,
    identifier,
    omission_note,
    placed_cues,
    spoken_text,
    tidy,
)


def render(alignment: Alignment) -> Rendered:
    """Training data for a recogniser: aligned cues only, their spoken words, times with 3 decimals.

    Utterances, speakers and the recording keep the ids of a Kaldi or lhotse input. Else an utterance is named
    SPEAKER-RECORDING-CUE. Each part has only letters, digits and "_", which sort after the "-"
    between them: utterances are then in the order of their speakers too, as Kaldi requires. Cues that are not placed,
    failed or not spoken are omitted and noted.
    """
    placed, lost = placed_cues(alignment)
    recording = given_recording(alignment) or identifier(Path(alignment.audio.replace("\\", "/")).stem) or "recording"
    own = given_ids(alignment)
    speakers = _speaker_names([cue.speaker or recording for cue, _, _ in placed], as_given=bool(own))
    rows: list[tuple[str, str, str, str]] = []
    other: list[int] = []
    words = 0
    for cue, start, end in placed:
        text = spoken_text(cue)
        if cue.status != "aligned" or not text:
            other.append(cue.index)
            continue
        speaker = speakers[cue.speaker or recording]
        first, last = span_ticks(start, end, 1000)
        name = own.get(cue.index, f"{speaker}-{recording}-{cue.index:07d}")
        rows.append((name, speaker, f"{decimal(first, 3)} {decimal(last, 3)}", text))
        words += sum(word.status != "not_spoken" for word in cue.words)
    rows.sort(key=lambda row: row[0].encode())
    by_speaker: dict[str, list[str]] = {}
    for utterance, speaker, _, _ in rows:
        by_speaker.setdefault(speaker, []).append(utterance)
    files = {
        "wav.scp": f"{recording} {_wav(alignment.audio)}\n",
        "reco2dur": f"{recording} {decimal(ticks(alignment.duration, 1000), 3)}\n",
        "segments": "".join(f"{u} {recording} {span}\n" for u, _, span, _ in rows),
        "text": "".join(f"{u} {text}\n" for u, _, _, text in rows),
        "utt2spk": "".join(f"{u} {speaker}\n" for u, speaker, _, _ in rows),
        "spk2utt": "".join(
            f"{s} {' '.join(us)}\n" for s, us in sorted(by_speaker.items(), key=lambda i: i[0].encode())
        ),
    }
    notes = omission_note(lost) + omission_note(other, "have no spoken, aligned text")
    if not os.path.isfile(alignment.audio):
        notes.append(f"wav.scp names {alignment.audio or 'recording'!r}, which does not exist: give --audio or edit it")
    elif Path(alignment.audio).suffix.lower() not in (".wav", ".flac"):
        notes.append(
            f"wav.scp names a {Path(alignment.audio).suffix} file: Kaldi itself reads WAV; decode it or edit wav.scp"
        )
    return Rendered(files, len(rows), words, sorted(lost + other), notes)


def _wav(audio: str) -> str:
    return tidy(str(Path(audio).resolve()) if os.path.isfile(audio) else audio or "recording.wav").replace("\n", " ")


def _speaker_names(speakers: list[str], *, as_given: bool) -> dict[str, str]:
    """A valid name for each speaker, all different; `as_given`: one without white space is valid."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    latest: dict[str, int] = {}  # number of the last speaker of a name
    for speaker in dict.fromkeys(speakers):
        kept = as_given and len(speaker.split()) == 1
        base = name = speaker.strip() if kept else identifier(speaker.strip()) or "speaker"
        while name in taken:
            latest[base] = latest.get(base, 1) + 1
            name = f"{base}_{latest[base]}"
        taken.add(name)
        names[speaker] = name
    return names


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue per utterance, with its id, in the order of the times of `segments` within a recording.

    Without `segments` each utterance is a separate recording. Utterances that are not in `segments` have no times.
    """
    folder = source.path.parent if source.path is not None else None
    segments = _table(folder, "segments", notes)
    speakers = _table(folder, "utt2spk", notes)
    channels = _table(folder, "reco2file_and_channel", notes)
    out, seen = [], set()
    for n, line in source.numbered():
        utterance, _, text = line.strip().partition(" ") if " " in line.strip() else line.strip().partition("\t")
        seen.add(utterance)
        draft = Draft(text.strip(), line=n, id=utterance, speaker=" ".join(speakers.get(utterance, [])) or None)
        segment = segments.get(utterance)
        if segment is not None and len(segment) >= 3:
            draft.recording = segment[0]
            draft.start, draft.end = number(segment[1]), number(segment[2])
            if draft.start is None or draft.end is None:
                notes.add("unreadable times in segments", n, f"{utterance} {' '.join(segment)}"[:60])
            elif draft.end < draft.start:  # -1 is Kaldi's "to the end of the recording"
                notes.add("segment without an end; times dropped", n, utterance)
                draft.start = draft.end = None
            channel = channels.get(draft.recording, [])
            if len(channel) > 1 and len(channel[1]) == 1 and channel[1].isascii() and channel[1].isalpha():
                draft.channel = ord(channel[1].upper()) - ord("A")
        elif segments:
            notes.add("utterance is not in segments", n, utterance)
        else:
            draft.recording = utterance
        out.append(draft)
    silent = [utterance for utterance in segments if utterance not in seen]
    if silent:
        notes.add("segments without text", detail=f"{len(silent)}, first {silent[0]}")
    # Kaldi sorts by utterance id, which may differ from the order of time.
    return sorted(out, key=lambda d: (d.recording is None, d.recording, d.start is None, d.start or 0.0))


def _table(folder: Path | None, name: str, notes: Notes) -> dict[str, list[str]]:
    """The other columns of each row, keyed by the first; empty if there is no such file."""
    path = folder / name if folder is not None else None
    if path is None or not path.is_file():
        return {}
    decoded = decode(read_bytes(path, str(path)), str(path))
    for warning in decoded.warnings:
        notes.add(warning)
    rows = (line.split() for line in decoded.text.split("\n") if line.strip())
    return {row[0]: row[1:] for row in rows}


def _matches(source: Source) -> bool:
    """A file `text`: given as its directory, or with other files of a data directory next to it."""
    if source.path is None or source.path.name != "text":
        return False
    given_as_folder = source.name != str(source.path)
    return given_as_folder or any((source.path.parent / name).is_file() for name in ("segments", "utt2spk", "wav.scp"))


FORMAT = Format(
    "kaldi",
    (),
    "Kaldi data directory (a name that ends with /)",
    read,
    render,
    resolution=1e-3,
    keeps=frozenset({"speakers"}),
    folder=True,
    evidence="folder",
    matches=_matches,
)
