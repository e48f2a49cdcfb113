"""Rounds: a number of inputs of one target from one seed, always the same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tools.fuzz.judging import Verdict, judge
from tools.fuzz.target import Target


@dataclass
class Found:
    """A fault, the shortest input that shows it, and how often it came."""

    fault: str
    detail: str
    shown: bytes
    count: int = 1


@dataclass
class Result:
    """What a round found."""

    target: str
    inputs: int = 0
    seconds: float = 0.0  # the slowest call
    memory: int = 0  # the largest call
    faults: dict[str, Found] = field(default_factory=dict)

    def add(self, target: Target, value: Any, verdict: Verdict) -> None:
        """Count an input."""
        self.inputs += 1
        self.seconds = max(self.seconds, verdict.seconds)
        self.memory = max(self.memory, verdict.memory)
        if verdict.fault is None:
            return
        shown = target.shown(value)
        known = self.faults.get(verdict.fault)
        if known is None:
            self.faults[verdict.fault] = Found(verdict.fault, verdict.detail, shown)
            return
        known.count += 1
        if len(shown) < len(known.shown):
            known.shown, known.detail = shown, verdict.detail

    def merge(self, other: Result) -> None:
        """Add the counts of another round of the same target."""
        self.inputs += other.inputs
        self.seconds = max(self.seconds, other.seconds)
        self.memory = max(self.memory, other.memory)
        for fault, found in other.faults.items():
            known = self.faults.get(fault)
            if known is None:
                self.faults[fault] = found
            else:
                known.count += found.count
                if len(found.shown) < len(known.shown):
                    known.shown, known.detail = found.shown, found.detail


def run_round(target: Target, number: int, examples: int, before: Callable[[bytes], None] | None = None) -> Result:
    """Call a target with the inputs of round `number`.

    Args:
        examples: lists of inputs; most hold several.
        before: is called with each input as bytes before the call, so that an input that ends the process is known.
    """
    result = Result(target.name)

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @seed(int.from_bytes(hashlib.sha256(f"{target.name} {number}".encode()).digest()[:8], "big"))
    @given(target.inputs)
    def one(values: Sequence[Any]) -> None:
        for value in values:
            if before is not None:
                before(target.shown(value))
            result.add(target, value, judge(target, value))

    one()
    return result
