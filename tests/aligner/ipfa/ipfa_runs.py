"""The stored runs of the published program, in the form that the loops take."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ctcalign.aligner.ipfa.segmenter import CtcSegmenter, Segment
from ctcalign.aligner.ipfa.settings import FAITHFUL, Settings

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "ipfa.json").read_text())
RUNS = {run["name"]: run for run in GOLDEN["runs"]}
SHIFT = 0.02
_NAMES = {
    "threshold": "threshold",
    "short_utterance_len": "short_text",
    "max_words_sequence": "most_words",
    "scoring_length": "length",
    "max_window_size": "longest_window",
    "window_to_stop": "lost_window",
}


def emission_of(run: dict[str, Any]) -> np.ndarray:
    return np.array(run["emission_centinats"], np.float32) / 100


def settings_of(run: dict[str, Any], preset: Settings = FAITHFUL) -> Settings:
    return replace(preset, **{_NAMES[name]: value for name, value in run["params"].items()})


def encode(text: str) -> list[int]:
    return [GOLDEN["vocabulary"].index(letter) for letter in text]


class Counted:
    """CTC segmentation over the stored vocabulary; counts the trials."""

    def __init__(self, settings: Settings) -> None:
        self.trials = 0
        self.windows = 0
        self._segmenter = CtcSegmenter(
            encode, SHIFT, length=settings.length, last_window=settings.last_window, rounded=settings.rounded
        )

    def __call__(self, log_probs: np.ndarray, texts: Sequence[str]) -> Callable[[int], list[Segment]]:
        self.windows += 1
        place = self._segmenter(log_probs, texts)

        def counted(count: int) -> list[Segment]:
            self.trials += 1
            return place(count)

        return counted
