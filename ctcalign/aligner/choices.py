"""Choices of method, score and decoder. Imports no library, so that a command line can list them."""

from __future__ import annotations

from typing import Literal, get_args

Method = Literal["global", "ipfa"]
METHODS: tuple[Method, ...] = get_args(Method)

Decoder = Literal["greedy", "beam"]
DECODERS: tuple[Decoder, ...] = get_args(Decoder)

# Choices for the score of a cue: that of the path, a published one, or the calibrated confidence.
CueScore = Literal["path", "min_mean", "mean", "ipfa", "free_ratio", "free_error_rate", "confidence"]
CUE_SCORES: tuple[CueScore, ...] = get_args(CueScore)
