"""Output folders of `align-corpus`, made up."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import soundfile as sf

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment

RATE = 8_000


def corpus(root: Path, count: int, cues: int = 2, *, late: float = 0.0, sound: bool = False) -> Path:
    """A folder with the recordings a/talk0, a/talk1, ...; the cues of each have the confidences 0.5 and up.

    Args:
        late: seconds by which each cue and word is late.
        sound: recordings of noise lie beside the folder, in ROOT/../sound.
    """
    (root / "records" / "a").mkdir(parents=True)
    (root / "alignments" / "a").mkdir(parents=True)
    (root / "corpus.json").write_text('{"schema": "ctcalign/corpus/1"}')
    (root / "report.json").write_text("{}")
    for number in range(count):
        own = []
        for place in range(cues):
            confidence = 0.5 + 0.4 * place / cues + 0.001 * (number % 100)
            span = (place + late, place + 0.5 + late)
            words = [AlignedWord("word", *span, confidence=confidence)]
            own.append(AlignedCue(place, "word", *span, confidence=confidence, words=words))
        audio = "talk.wav"
        if sound:
            path = root.parent / "sound" / f"talk{number}.wav"
            path.parent.mkdir(exist_ok=True)
            sf.write(path, 0.1 * np.random.default_rng(number).standard_normal(cues * RATE), RATE)
            audio = str(path)
        Alignment(audio, float(cues), "m", own).to_json(root / "alignments" / "a" / f"talk{number}.json")
        record = {"id": f"a/talk{number}", "status": "done"}
        (root / "records" / "a" / f"talk{number}.json").write_text(json.dumps(record))
    (root / "records" / "bad.json").write_text('{"id": "bad", "status": "failed"}')
    (root / "cuts.jsonl.gz").write_bytes(gzip.compress(b"{}\n"))
    return root
