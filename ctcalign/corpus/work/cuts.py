"""The part of the manifest that belongs to a recording: its cuts, with a recording even if its sound is no file."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

from ctcalign.alignment.alignment import Alignment
from ctcalign.alignment.caption_file import CaptionFile
from ctcalign.audio.info import AudioInfo
from ctcalign.corpus.item import Command, Item
from ctcalign.corpus.layout import recording_id
from ctcalign.formats.writing import render

Row = dict[str, Any]


def with_recording(alignment: Alignment, id: str) -> Alignment:
    """The alignment with the id of its recording in the collection, for manifests of several recordings."""
    source = alignment.source or CaptionFile("python")
    return alignment if source.recording else replace(alignment, source=replace(source, recording=recording_id(id)))


def cuts_of(alignment: Alignment, item: Item, info: AudioInfo | None) -> bytes:
    """Lines of a lhotse manifest of cuts, as gzip.

    Args:
        info: of a recording that is no file here: a command, an address, a row of a manifest.
    """
    content = render(with_recording(alignment, item.id), "lhotse").content
    if not isinstance(content, bytes):
        raise TypeError("cuts are bytes")
    if info is None or alignment.duration <= 0:
        return content
    rows = [json.loads(line) for line in gzip.decompress(content).decode().splitlines()]
    for row in rows:
        recording = _recording(item, row, info, alignment.duration)
        whole = row["start"] == 0 and abs(row["duration"] - alignment.duration) < 1e-6
        row |= {"recording": recording, "duration": recording["duration"] if whole else row["duration"]}
        if len(recording["channel_ids"]) > 1:
            row |= {"channel": recording["channel_ids"], "type": "MultiCut"}
    return gzip.compress("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode(), mtime=0)


def _recording(item: Item, cut: Row, info: AudioInfo, duration: float) -> Row:
    audio = item.audio
    if isinstance(audio, dict) and "sources" in audio:
        return audio
    channels = list(range(info.channels))
    if isinstance(audio, Command):
        source: Row = {"type": "command", "channels": channels, "source": audio.text}
    elif isinstance(audio, str):
        source = {"type": "url", "channels": channels, "source": audio}
    else:  # a Shar folder holds it, or a mixed cut makes it: a manifest cannot
        source = {"type": "shar", "channels": channels, "source": ""}
    samples = round(duration * info.sample_rate)
    return {
        "id": cut["supervisions"][0]["recording_id"] if cut["supervisions"] else cut["id"],
        "sources": [source],
        "sampling_rate": info.sample_rate,
        "num_samples": samples,
        "duration": samples / info.sample_rate,
        "channel_ids": channels,
    }
