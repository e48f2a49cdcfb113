"""A Kaldi data directory, or its file `text`: utterances, with `segments`, `utt2spk` and channels where they stand
beside it."""

from __future__ import annotations

from pathlib import Path

from ctcalign.text.captions.clock import number
from ctcalign.text.captions.draft import Draft, Notes, Source
from ctcalign.text.encoding import decode


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue an utterance with its id, in the order of `segments` times within a recording.

    Without `segments` an utterance is a recording of its own. Utterances of `text` that `segments` lacks have no times.
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
            if len(channel) > 1 and len(channel[1]) == 1 and channel[1].isalpha():
                draft.channel = ord(channel[1].upper()) - ord("A")
        elif segments:
            notes.add("utterance is not in segments", n, utterance)
        else:
            draft.recording = utterance
        out.append(draft)
    silent = [utterance for utterance in segments if utterance not in seen]
    if silent:
        notes.add("segments without text", detail=f"{len(silent)}, first {silent[0]}")
    # Kaldi sorts by utterance id, which need not be the order of time.
    return sorted(out, key=lambda d: (d.recording is None, d.recording, d.start is None, d.start or 0.0))


def _table(folder: Path | None, name: str, notes: Notes) -> dict[str, list[str]]:
    """First column to the others; empty when there is no such file."""
    path = folder / name if folder is not None else None
    if path is None or not path.is_file():
        return {}
    decoded = decode(path.read_bytes(), str(path))
    for warning in decoded.warnings:
        notes.add(warning)
    rows = (line.split() for line in decoded.text.split("\n") if line.strip())
    return {row[0]: row[1:] for row in rows}
