"""Cuts that would run a command or open a URL for their audio, in every place where lhotse keeps a source."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def row(audio: Path, kind: str, source: Any, name: str = "cut") -> Row:
    """The JSON of a cut of a second with a text, whose recording has this source."""
    recording = {
        "id": name,
        "sources": [{"type": kind, "channels": [0], "source": source}],
        "sampling_rate": 16_000,
        "num_samples": 16_000,
        "duration": 1.0,
    }
    text = {"id": name, "recording_id": name, "start": 0.0, "duration": 1.0, "channel": 0, "text": "ab cab"}
    cut = {"id": name, "start": 0.0, "duration": 1.0, "channel": 0, "recording": recording, "supervisions": [text]}
    return {**cut, "type": "MonoCut"}


def _track(cut: Row) -> Row:
    return {"cut": cut, "type": cut["type"]}


def mixed(audio: Path, kind: str, source: Any) -> Row:
    tracks = [_track(row(audio, "file", str(audio))), {**_track(row(audio, kind, source, "noise")), "snr": 10.0}]
    return {"id": "cut", "tracks": tracks, "type": "MixedCut"}


def padded(audio: Path, kind: str, source: Any) -> Row:
    silence = {
        "id": "pad", "duration": 0.5, "sampling_rate": 16_000, "num_samples": 8_000, "feat_value": -23.0,
        "type": "PaddingCut",
    }  # fmt: skip
    tracks = [_track(row(audio, kind, source)), {**_track(silence), "offset": 1.0}]
    return {"id": "cut", "tracks": tracks, "type": "MixedCut"}


def several(audio: Path, kind: str, source: Any) -> Row:
    cut = row(audio, "file", str(audio))
    cut["recording"]["sources"].append({"type": kind, "channels": [1], "source": source})
    return {**cut, "channel": [0, 1], "type": "MultiCut"}


def echoed(audio: Path, kind: str, source: Any) -> Row:
    cut = row(audio, "file", str(audio))
    room = row(audio, kind, source, "room")["recording"]
    cut["recording"]["transforms"] = [
        {"name": "ReverbWithImpulseResponse", "kwargs": {"rir": room, "rir_channels": [0]}}
    ]
    return cut


def echoed_by_a_cut(audio: Path, kind: str, source: Any) -> Row:
    cut = row(audio, "file", str(audio))
    room = row(audio, kind, source, "room")
    cut["recording"]["transforms"] = [
        {"name": "ReverbWithImpulseResponse", "kwargs": {"rir": room, "rir_channels": [0]}}
    ]
    return cut


def echoed_mix(audio: Path, kind: str, source: Any) -> Row:
    cut = mixed(audio, "file", str(audio))
    room = row(audio, kind, source, "room")["recording"]
    cut["transforms"] = [{"name": "ReverbWithImpulseResponse", "kwargs": {"rir": room, "rir_channels": [0]}}]
    return cut


PLACES: dict[str, Callable[[Path, str, Any], Row]] = {
    "recording": row,
    "second source": several,
    "track": mixed,
    "padded": padded,
    "impulse response": echoed,
    "impulse response as a cut": echoed_by_a_cut,
    "impulse response of a mix": echoed_mix,
}


def manifest(file: Path, rows: list[Row]) -> Path:
    file.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return file
