"""Manifests of cuts: rows of lhotse written without lhotse; the same content gives the same bytes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ctcalign.files import atomic_write
from ctcalign.models.features.scale import SAMPLE_RATE

Row = dict[str, Any]


def cut_of(
    name: str,
    recording: str,
    audio: Path,
    seconds: float,
    span: tuple[float, float],
    text: str,
    language: str | None = None,
    speaker: str | None = None,
    custom: Row | None = None,
) -> Row:
    """A cut of a recording of 16 kHz with one supervision that spans it.

    Args:
        name: id of the cut.  recording: id of the recording.
        seconds: duration of the recording.  span: start and end of the cut in it, seconds.
        custom: of the supervision.
    """
    samples = round(seconds * SAMPLE_RATE)
    start = round(span[0] * SAMPLE_RATE) / SAMPLE_RATE
    duration = round((min(round(span[1] * SAMPLE_RATE), samples) - round(span[0] * SAMPLE_RATE)) / SAMPLE_RATE, 8)
    supervision: Row = {"id": name, "recording_id": recording, "start": 0.0, "duration": duration, "channel": 0}
    supervision |= {"text": text}
    supervision |= {key: value for key, value in (("language", language), ("speaker", speaker)) if value is not None}
    if custom:
        supervision["custom"] = custom
    return {
        "id": name,
        "start": start,
        "duration": duration,
        "channel": 0,
        "supervisions": [supervision],
        "recording": {
            "id": recording,
            "sources": [{"type": "file", "channels": [0], "source": str(audio)}],
            "sampling_rate": SAMPLE_RATE,
            "num_samples": samples,
            "duration": samples / SAMPLE_RATE,
            "channel_ids": [0],
        },
        "type": "MonoCut",
    }


def write_manifest(path: Path, rows: Iterable[Row]) -> None:
    """Write cuts to a .jsonl.gz file atomically."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    with atomic_write(path, "wb") as stream:
        stream.write(gzip.compress(text.encode(), mtime=0))


def read_manifest(path: Path) -> list[Row]:
    """The rows of a manifest that `write_manifest` wrote."""
    text = gzip.decompress(path.read_bytes()).decode()
    return [json.loads(line) for line in text.split("\n") if line]


def seconds_of(rows: Iterable[Row]) -> float:
    """Duration of all cuts."""
    return float(sum(row["duration"] for row in rows))
