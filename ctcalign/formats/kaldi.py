"""A Kaldi data directory: wav.scp, segments, text, utt2spk, spk2utt and reco2dur, sorted in the C locale."""

from __future__ import annotations

from pathlib import Path

from ctcalign.align.alignment import Alignment
from ctcalign.formats.rendered import Rendered
from ctcalign.formats.times import decimal, span_ticks, ticks
from ctcalign.formats.view import identifier, left_out, placed_cues, spoken_text


def render(alignment: Alignment) -> Rendered:
    """What a recogniser can be trained on: aligned cues alone, their spoken words, times with 3 decimals.

    An utterance is named SPEAKER-RECORDING-CUE. Names hold letters, digits and "_" alone: Kaldi wants the order of
    utterances to be the order of speakers too, and those characters all sort after the "-" that parts the fields.
    Cues that are not placed, failed or not spoken are left out and named.
    """
    placed, lost = placed_cues(alignment)
    recording = identifier(Path(alignment.audio.replace("\\", "/")).stem) or "recording"
    speakers = _speaker_names([cue.speaker or recording for cue, _, _ in placed])
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
        rows.append(
            (f"{speaker}-{recording}-{cue.index:07d}", speaker, f"{decimal(first, 3)} {decimal(last, 3)}", text)
        )
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
    notes = left_out(lost) + left_out(other, "have no spoken, aligned text")
    if not Path(alignment.audio).is_file():
        notes.append(f"wav.scp names {alignment.audio or 'recording'!r}, which is not here: give --audio or edit it")
    elif Path(alignment.audio).suffix.lower() not in (".wav", ".flac"):
        notes.append(
            f"wav.scp names a {Path(alignment.audio).suffix} file: Kaldi itself reads WAV; decode it or edit wav.scp"
        )
    return Rendered(files, len(rows), words, sorted(lost + other), notes)


def _wav(audio: str) -> str:
    return str(Path(audio).resolve()) if Path(audio).is_file() else audio or "recording.wav"


def _speaker_names(speakers: list[str]) -> dict[str, str]:
    """A valid name for each speaker; two speakers never share one."""
    names: dict[str, str] = {}
    for speaker in dict.fromkeys(speakers):
        base = name = identifier(speaker.strip()) or "speaker"
        number = 2
        while name in names.values():
            name, number = f"{base}_{number}", number + 1
        names[speaker] = name
    return names
