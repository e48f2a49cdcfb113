"""A corpus of two speakers of tones: utterances as manifest and tar, and recordings with truth files."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import soundfile as sf

from tests.aligner.tones import RATE, say, silence

TEXTS = {
    "one": ["the cat sat on a mat", "a dog ran over the hill", "all of them went home"],
    "two": ["we walked along the river", "she sang an old song to us", "nobody heard it but me"],
}


def write_corpus(folder: Path) -> None:
    """Write dev.jsonl and dev.tar, and for each speaker a folder with audio.wav and truth.json."""
    rows = []
    with tarfile.open(folder / "dev.tar", "w") as files:
        for speaker, texts in TEXTS.items():
            words, parts, at = [], [], 0.0
            for number, text in enumerate(texts):
                file = io.BytesIO()
                samples = np.concatenate([silence(0.3), say(text), silence(0.3)])
                sf.write(file, samples, RATE, format="WAV")
                entry = tarfile.TarInfo(f"{speaker}/{number}.wav")
                entry.size = len(file.getvalue())
                file.seek(0)
                files.addfile(entry, file)
                rows.append({"path": entry.name, "text_norm": text, "speaker": speaker})
                start = at + 0.3
                for part in text.split():
                    end = start + len(say(part)) / RATE
                    words.append((number, {"text": part, "start": start, "end": end - 0.06}))
                    start = end
                parts.append(samples)
                at += len(samples) / RATE
            (folder / speaker).mkdir()
            sf.write(folder / speaker / "audio.wav", np.concatenate(parts), RATE)
            utterances = [{"words": [w for n, w in words if n == number]} for number in range(len(texts))]
            truth = {"audio": "audio.wav", "utterances": utterances}
            (folder / speaker / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    (folder / "dev.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
