"""Training shards: log-mel features as one array and one manifest per shard."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from ctcalign.models.features.scale import SAMPLE_RATE
from ctcalign.models.features.tensors import log_mel

# Phone classes of the auxiliary frame-wise target; 0 is silence, -1 in a target means "unknown".
PHONES = (
    "pau aa ae ah ao aw ax ay b ch d dh eh er ey f g hh ih iy jh k l m n ng ow oy p r s sh t th uh uw v w y z zh"
).split()
PHONE_ID = {phone: i for i, phone in enumerate(PHONES)}


class ShardWriter:
    """Collects utterances and writes `<stem>.npy` (frames, 80) float16 and `<stem>.jsonl`; the manifest last."""

    def __init__(self, stem: Path) -> None:
        self.stem = stem
        self.features: list[np.ndarray] = []
        self.rows: list[dict[str, object]] = []
        self.frames = 0

    @property
    def hours(self) -> float:
        return self.frames / 360_000

    def add(
        self, waveform: np.ndarray, text: str, speaker: str, source: str, phones: list[tuple[str, float]] | None = None
    ) -> None:
        """Add one utterance: samples at 16 kHz and, when known, (phone, end time in seconds) in order."""
        features = log_mel(torch.from_numpy(np.ascontiguousarray(waveform, dtype=np.float32))[None])[0].numpy()
        row: dict[str, object] = {
            "text": text,
            "speaker": speaker,
            "source": source,
            "start": self.frames,
            "frames": len(features),
        }
        if phones:
            row["phones"] = [[PHONE_ID.get(phone, -1), round(end * 100)] for phone, end in phones]
        self.rows.append(row)
        self.features.append(features.astype(np.float16))
        self.frames += len(features)

    def close(self) -> None:
        if not self.rows:
            return
        self.stem.parent.mkdir(parents=True, exist_ok=True)
        array, manifest = Path(f"{self.stem}.npy"), Path(f"{self.stem}.jsonl")
        with open(f"{array}.part", "wb") as file:
            np.save(file, np.concatenate(self.features))
        Path(f"{array}.part").replace(array)
        Path(f"{manifest}.part").write_text("".join(json.dumps(row) + "\n" for row in self.rows), encoding="utf-8")
        Path(f"{manifest}.part").replace(manifest)


__all__ = ["PHONES", "PHONE_ID", "SAMPLE_RATE", "ShardWriter"]
