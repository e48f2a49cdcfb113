"""The plan of an experiment: one baseline, and methods that all go on from it for the same number of updates.

A plan is a YAML file. Each of its configurations is a part of a `ctcalign fit` configuration; what comes later wins:
base, then baseline; or base, then continuation, then the method's own.

    base: {model: ..., data: ..., trainer: ...}
    baseline: {trainer: {max_steps: 3000}}
    baseline_seeds: [1]                      # optional: these baselines serve all seeds by turns; else each has its own
    continuation: {trainer: {max_steps: 1000}}
    methods:
      ctc: {}
      awp_latency:
        vary: {weight: [0.03, 0.1]}          # one run for each value and seed
        config: {model: {...: $weight}}      # a string that is "$name" stands for the value
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

BASELINE = "baseline"


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        method, setting, seed: what it is; the setting is empty for a method without a choice.
        config: configuration of `ctcalign fit`, complete but for data folders, devices and the initial weights.
        parent: name of the run from whose weights it goes on; None for a baseline.
    """

    method: str
    setting: str
    seed: int
    config: dict[str, Any] = field(compare=False)
    parent: str | None = None

    @property
    def name(self) -> str:
        return "-".join(part for part in (self.method, self.setting.replace(" ", ""), f"s{self.seed}") if part)


def read_plan(path: Path) -> dict[str, Any]:
    """Read and check a plan.

    Raises:
        SystemExit: a key is missing or unknown; the message names it.
    """
    plan = yaml.safe_load(path.read_text(encoding="utf-8"))
    expected = {"base", BASELINE, "continuation", "methods"}
    if not isinstance(plan, dict) or set(plan) - {"baseline_seeds"} != expected:
        got = sorted(plan) if isinstance(plan, dict) else type(plan).__name__
        raise SystemExit(f"{path}: expected the keys {sorted(expected)}, got {got}")
    for name, method in plan["methods"].items():
        unknown = set(method or {}) - {"vary", "config"}
        if unknown or name == BASELINE:
            raise SystemExit(f"{path}: method {name!r} has unknown keys {sorted(unknown)}, or a name that is taken")
    return plan


def runs_of(plan: dict[str, Any], seeds: list[int], only: list[str] | None = None) -> list[Run]:
    """All trainings: the baselines first, then every method, setting and seed.

    Args:
        only: names of methods to keep; the baselines always stay.
    Raises:
        SystemExit: `only` names no method of the plan, or a "$name" has no value.
    """
    unknown = set(only or ()) - set(plan["methods"])
    if unknown:
        raise SystemExit(f"--only: no method {sorted(unknown)} in the plan; there are {sorted(plan['methods'])}")
    base = plan["base"] or {}
    started = plan.get("baseline_seeds") or seeds
    found = [Run(BASELINE, "", seed, merged(base, plan[BASELINE] or {})) for seed in started]
    parents = {seed: found[place % len(found)].name for place, seed in enumerate(seeds)}
    for method, about in plan["methods"].items():
        if only and method not in only:
            continue
        vary = (about or {}).get("vary") or {}
        for values in itertools.product(*vary.values()):
            chosen = dict(zip(vary, values, strict=True))
            setting = " ".join(f"{name} {value:g}" for name, value in chosen.items())
            own = filled((about or {}).get("config") or {}, chosen, method)
            config = merged(merged(base, plan["continuation"] or {}), own)
            found += [Run(method, setting, seed, config, parents[seed]) for seed in seeds]
    return found


def merged(base: Any, over: Any) -> Any:
    """`over` laid upon `base`: mappings are merged key by key, everything else is replaced."""
    if isinstance(base, dict) and isinstance(over, dict):
        return {key: merged(base.get(key), over[key]) if key in over else base[key] for key in {**base, **over}}
    return over


def filled(config: Any, values: dict[str, Any], method: str) -> Any:
    """The configuration with every "$name" replaced by its value."""
    if isinstance(config, dict):
        return {key: filled(inner, values, method) for key, inner in config.items()}
    if isinstance(config, list):
        return [filled(inner, values, method) for inner in config]
    if isinstance(config, str) and config.startswith("$"):
        if config[1:] not in values:
            raise SystemExit(f"method {method!r}: {config} stands for no value of `vary` ({sorted(values)})")
        return values[config[1:]]
    return config
