"""One Kaldi data directory of all recordings of a corpus."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ctcalign.alignment.caption_file import CaptionFile
from ctcalign.corpus.layout import recording_id
from ctcalign.files import atomic_directory
from ctcalign.formats.reading import read_alignment
from ctcalign.formats.writing import render

FILES = ("wav.scp", "reco2dur", "segments", "text", "utt2spk")


class KaldiDirectory:
    """The lines of a data directory, which are sorted at the end: they are kept in memory, about 200 bytes a cue."""

    def __init__(self) -> None:
        self._lines: dict[str, list[bytes]] = {name: [] for name in FILES}

    def add(self, alignment: Path, id: str) -> None:
        """Add a recording.

        Args:
            alignment: its JSON.   id: in the collection.
        """
        found = read_alignment(alignment)
        source = found.source or CaptionFile("python")
        if not source.recording:
            # "/" stays out of the names of utterances, which tools use as names of files.
            found = replace(found, source=replace(source, recording=recording_id(id).replace("/", "-")))
        content = render(found, "kaldi").content
        if isinstance(content, dict):
            for name in FILES:
                self._lines[name] += [line.encode() for line in content[name].splitlines()]

    def write(self, folder: Path) -> None:
        """Write the directory whole, sorted as Kaldi requires.

        Raises:
            OutputError: it cannot be written.
        """
        speakers: dict[bytes, list[bytes]] = {}
        for lines in self._lines.values():
            lines.sort()
        for line in self._lines["utt2spk"]:
            utterance, _, speaker = line.partition(b" ")
            speakers.setdefault(speaker, []).append(utterance)
        own = [b" ".join([speaker, *utterances]) for speaker, utterances in sorted(speakers.items())]
        with atomic_directory(folder) as aside:
            for name, lines in (*self._lines.items(), ("spk2utt", own)):
                (aside / name).write_bytes(b"".join(line + b"\n" for line in lines))
