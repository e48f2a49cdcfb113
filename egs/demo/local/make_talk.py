"""Synthesise script.json with the voices of egs/mini_en; write the talk, its captions and its ground truth.

  python -m egs.demo.local.make_talk --script egs/demo/script.json --out exp

Writes talk.ogg (16 kHz mono Opus), talk.srt (captions whose times drift and jump, as in real files), talk.txt (the same
without times) and truth.json: the true times of each caption and, for hibari's voices, of each word, from the phone
durations of the synthesiser. Needs `flite` and the extra `synth`.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
import soxr

from egs.demo.local.sounds import SOUNDS, storm
from egs.mini_en.local.engines import Flite, Hibari, Spoken
from recipes.errors import one_line

DEMO = Path(__file__).resolve().parents[1]

RATE = 16_000
LEVEL = 0.06  # RMS of a sentence
ROOM = 0.0006  # RMS of the background noise
# Notes and speaker labels: not spoken, removed before caption words are matched with spoken words.
UNSPOKEN = re.compile(r"<[^>]*>|\[[^\]]*\]|\([^)]*\)|^[A-Z]+:\s")


class Casting(random.Random):
    """A random stream that always chooses the same speaker of hibari."""

    def __init__(self, seed: int, speaker: int) -> None:
        super().__init__(seed)
        self.speaker = speaker

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        return self.speaker if (start, stop) == (Hibari.speakers, None) else super().randrange(start, stop, step)


class Cast:
    """Speaks sentences in the voices of the script's names."""

    def __init__(self, voices: dict[str, str]) -> None:
        self.voices = voices
        self.hibari = Hibari()

    def speak(self, name: str, say: str, seed: int) -> Spoken:
        engine, voice = self.voices[name].split(":")
        text = say.replace("_", " ")
        if engine == "hibari":
            (spoken,) = self.hibari.speak([text], Casting(seed, int(voice)))
        else:
            flite = Flite()
            flite.voices = (voice,)
            (spoken,) = flite.speak([text], random.Random(seed))
        if spoken is None:
            raise SystemExit(f"{engine} cannot speak {text!r}: split the line in two")
        return spoken


def place(spoken: Spoken) -> tuple[np.ndarray, list[tuple[str, float, float]]]:
    """16 kHz samples without leading and trailing silence, and (phone, start, end) in seconds from their start."""
    wave = soxr.resample(spoken.samples.astype(np.float32), spoken.rate * spoken.warp, RATE, quality="HQ")
    wave *= min(LEVEL / np.sqrt(np.mean(wave**2)), 0.8 / np.abs(wave).max())
    loud = np.flatnonzero(np.abs(wave) > 0.02 * np.abs(wave).max())
    first, last = max(0, int(loud[0]) - 160), min(len(wave), int(loud[-1]) + 160)
    wave = wave[first:last]
    phones, before = [], 0.0
    for phone, end in spoken.phones:
        start, stop = (min(max(x / spoken.warp - first / RATE, 0.0), len(wave) / RATE) for x in (before, end))
        phones.append((phone, start, stop))
        before = end
    return wave, phones


def word_times(phones: list[tuple[str, float, float]], count: int) -> list[tuple[float, float]] | None:
    """Times of the words between hibari's word boundaries ("?"); None if there are not `count` words."""
    words: list[list[tuple[float, float]]] = [[]]
    for phone, start, end in phones:
        if phone == "?":
            words.append([])
        elif end > start and not (phone == "pau" and words[-1]):  # here a "pau" that starts a word is the article "a"
            words[-1].append((start, end))
    spans = [(word[0][0], word[-1][1]) for word in words if word]
    return spans if len(spans) == count else None


def caption_words(line: dict[str, Any], phones: list[tuple[str, float, float]], at: float) -> list[dict[str, Any]]:
    """The caption's spoken words with their true times; underscores join the spoken words of one caption word."""
    written = UNSPOKEN.sub(" ", line["caption"]).split()
    groups = line["say"].split()
    if len(written) != len(groups):
        raise SystemExit(f"{line['caption']!r} has {len(written)} spoken words but `say` has {len(groups)}")
    spans = word_times(phones, sum(group.count("_") + 1 for group in groups))
    if spans is None:
        return []
    rows, i = [], 0
    for text, group in zip(written, groups, strict=True):
        size = group.count("_") + 1
        rows.append({"text": text, "start": round(at + spans[i][0], 3), "end": round(at + spans[i + size - 1][1], 3)})
        i += size
    return rows


def build(script: dict[str, Any]) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """The samples of the talk, and one row of ground truth for each line of the script."""
    rng = np.random.default_rng(1884)
    cast = Cast(script["voices"])
    pieces: list[np.ndarray] = []
    rows: list[dict[str, Any]] = []
    noisy: list[tuple[float, float]] = []
    at = 0.0
    for number, line in enumerate(script["lines"]):
        pause = np.zeros(int(line.get("pause", 0.0) * RATE), np.float32)
        pieces.append(pause)
        at += len(pause) / RATE
        row: dict[str, Any] = {"index": number, "text": line["caption"], "spoken": "say" in line}
        if row["spoken"]:
            wave, phones = place(cast.speak(line["voice"], line["say"], number))
            row |= {"voice": line["voice"], "text_norm": re.sub(r"[^a-z' ]", "", line["say"].replace("_", " ").lower())}
            row["words"] = caption_words(line, phones, at)
        elif line["sound"] == "storm":
            wave = np.zeros(int(line["seconds"] * RATE), np.float32)
        else:
            wave = SOUNDS[line["sound"]](line["seconds"], RATE, rng)
        end = at + len(wave) / RATE
        if line.get("noise"):
            noisy.append((at, end))
        pieces.append(wave)
        rows.append(row | {"start": round(at, 3), "end": round(end, 3)})
        at = end
    samples = np.concatenate(pieces).astype(np.float32)
    samples += (ROOM * rng.standard_normal(len(samples))).astype(np.float32)
    begin, finish = int((noisy[0][0] - 0.3) * RATE), int((noisy[-1][1] + 0.8) * RATE)
    samples[begin:finish] += storm((finish - begin) / RATE, RATE, rng)[: finish - begin]
    return samples, rows


def stamp(seconds: float) -> str:
    minutes, milliseconds = divmod(round(max(seconds, 0.0) * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02},{milliseconds % 1000:03}"


def wrong_times(rows: list[dict[str, Any]]) -> str:
    """SubRip captions with wrong times: 1.7 s late, 2.5 % too slow, and each moved by up to 0.7 s at random."""
    rng = random.Random(3)
    blocks, before = [], 0.0
    for row in rows:
        start = max(before, 1.7 + 1.025 * row["start"] + rng.uniform(-0.7, 0.7))
        end = start + max(0.8, row["end"] - row["start"])
        blocks.append(f"{row['index'] + 1}\n{stamp(start)} --> {stamp(end)}\n{row['text']}\n")
        before = end
    return "\n".join(blocks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--script", type=Path, default=DEMO / "script.json")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    script = json.loads(args.script.read_text(encoding="utf-8"))
    samples, rows = build(script)
    sf.write(args.out / "talk.ogg", samples, RATE, format="OGG", subtype="OPUS", compression_level=0.9)
    truth = {
        "audio": "talk.ogg",
        "title": script["title"],
        "sample_rate": RATE,
        "duration": round(len(samples) / RATE, 3),
        "truth_from": "durations of the synthesiser's phones; captions end where the sound falls below 2 % of its peak",
        "cues": rows,
    }
    (args.out / "truth.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (args.out / "talk.srt").write_text(wrong_times(rows), encoding="utf-8")
    (args.out / "talk.txt").write_text("".join(row["text"] + "\n" for row in rows), encoding="utf-8")
    words = sum(len(row.get("words", ())) for row in rows)
    print(
        f"{len(samples) / RATE:.1f} s, {len(rows)} captions, {words} words with known times, "
        f"{(args.out / 'talk.ogg').stat().st_size / 1e6:.2f} MB"
    )


if __name__ == "__main__":
    one_line(main)
