"""Batches for training: utterances of similar length, drawn by group weights and augmented on the fly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ctcalign.files import read_json_lines
from egs.mini_en.local.augment import augment

SYMBOLS = ("<blank>", " ", *"abcdefghijklmnopqrstuvwxyz", "'")
SYMBOL_ID = {symbol: i for i, symbol in enumerate(SYMBOLS)}
BUCKET = 64  # frames; utterances of one batch differ in length by less than this


def encode(text: str) -> list[int]:
    return [SYMBOL_ID[symbol] for symbol in text]


def decode(ids: list[int]) -> str:
    return "".join(SYMBOLS[i] for i in ids).strip()


@dataclass
class Utterance:
    features: np.ndarray  # a view into the shard, float16
    text: str
    group: str
    speaker: str
    phones: list[list[int]] | None


def group_of(source: str) -> str:
    """Real speech by native readers, by learners, digits, or one of the synthesisers."""
    if source in ("hibari", "flite", "festival", "espeak", "digits"):
        return source
    return "learners" if source.startswith("speechocean") else "readers"


def load_shard(stem: Path) -> list[Utterance]:
    array = np.load(f"{stem}.npy", mmap_mode="r")
    rows = read_json_lines(f"{stem}.jsonl")
    return [
        Utterance(
            array[r["start"] : r["start"] + r["frames"]],
            r["text"],
            group_of(r["source"]),
            r["speaker"],
            r.get("phones"),
        )
        for r in rows
    ]


@dataclass
class Batch:
    features: Tensor  # (B, T, 80)
    lengths: Tensor  # (B,)
    targets: Tensor  # concatenated
    target_lengths: Tensor  # (B,)
    phones: Tensor  # (B, ceil(T / 4)), -1 where not known
    hours: float


class Batches:
    """An endless stream of batches; `weights` maps a group to its fraction of the utterances."""

    def __init__(self, folder: Path, weights: dict[str, float], seconds: float, seed: int) -> None:
        self.folder, self.weights, self.seconds = folder, weights, seconds
        self.rng = np.random.default_rng(seed)
        self.known: set[str] = set()
        self.pools: dict[tuple[str, int], list[Utterance]] = {}
        self.groups: dict[str, list[Utterance]] = {}
        self.refresh()

    def refresh(self) -> None:
        """Add shards that were written since the last call."""
        for manifest in sorted(self.folder.glob("*.jsonl")):
            stem = manifest.with_suffix("")
            if stem.name in self.known:
                continue
            self.known.add(stem.name)
            for utterance in load_shard(stem):
                if 2 * len(utterance.text) + 10 > len(utterance.features) // 2 or len(utterance.features) > 1900:
                    if utterance.group != "digits":
                        continue
                self.groups.setdefault(utterance.group, []).append(utterance)
                self.pools.setdefault((utterance.group, len(utterance.features) // BUCKET), []).append(utterance)

    def draw(self, strength: float) -> Batch:
        names = [name for name in self.weights if name in self.groups]
        shares = np.array([self.weights[name] for name in names])
        shares /= shares.sum()
        anchor = self._pick(self.groups[self._choose(names, shares)])
        bucket = len(anchor.features) // BUCKET
        chosen = [anchor]
        count = max(1, int(self.seconds * 100 / max(len(anchor.features), 200)))
        while len(chosen) < count:
            pool = self.pools.get((self._choose(names, shares), bucket))
            chosen.append(self._pick(pool) if pool else self._pick(self.pools[anchor.group, bucket]))
        return self._collate([self._prepare(utterance, strength) for utterance in chosen])

    def _choose(self, names: list[str], probabilities: np.ndarray) -> str:
        return names[int(self.rng.choice(len(names), p=probabilities))]

    def _pick(self, pool: list[Utterance]) -> Utterance:
        return pool[int(self.rng.integers(len(pool)))]

    def _prepare(self, utterance: Utterance, strength: float) -> tuple[np.ndarray, str, np.ndarray]:
        x, text = np.asarray(utterance.features, np.float32), utterance.text
        if utterance.group == "digits":  # isolated words: join some of the same speaker
            for _ in range(int(self.rng.integers(2, 7))):
                other = self._pick(self.groups["digits"])
                if other.speaker == utterance.speaker:
                    gap = np.repeat(x[-1:], int(self.rng.integers(3, 60)), 0)
                    x, text = np.concatenate([x, gap, np.asarray(other.features, np.float32)]), f"{text} {other.text}"
        babble = self._pick(self.groups[next(iter(self.groups))])
        y, tempo = augment(x, np.asarray(babble.features, np.float32), strength, self.rng)
        if len(y) < 4.4 * len(text) + 8:  # the output has a frame each 20 ms: leave room for every letter and a blank
            y, tempo = x, 1.0
        labels = np.full(-(-len(y) // 4), -1, np.int64)
        begin = 0.0
        for phone, end in utterance.phones or []:
            labels[max(0, round(begin / tempo / 4 - 0.5)) : max(0, round(end / tempo / 4 - 0.5))] = phone
            begin = end
        return y, text, labels

    def _collate(self, items: list[tuple[np.ndarray, str, np.ndarray]]) -> Batch:
        frames = max(len(x) for x, _, _ in items)
        features = np.zeros((len(items), frames, items[0][0].shape[1]), np.float32)
        phones = np.full((len(items), -(-frames // 4)), -1, np.int64)
        for i, (x, _, labels) in enumerate(items):
            features[i, : len(x)] = x
            phones[i, : len(labels)] = labels
        targets = [encode(text) for _, text, _ in items]
        lengths = torch.tensor([len(x) for x, _, _ in items])
        return Batch(
            torch.from_numpy(features),
            lengths,
            torch.tensor([i for t in targets for i in t]),
            torch.tensor([len(t) for t in targets]),
            torch.from_numpy(phones),
            float(lengths.sum()) / 360_000,
        )
