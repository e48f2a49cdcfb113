"""The plan of an experiment: baselines, and methods that continue from them for the same number of updates.

A plan is a YAML file. Each of its configurations is part of a `ctcalign fit` configuration; later parts override
earlier ones: base, then baseline; or base, then continuation, then the method's own.

    base: {model: ..., data: ..., trainer: ...}
    baseline: {trainer: {max_steps: 3000}}
    baseline_seeds: [1]                      # optional: all seeds share these baselines in turn; default: one per seed
    continuation: {trainer: {max_steps: 1000}}
    methods:
      ctc: {}
      awp_latency:
        vary: {weight: [0.03, 0.1]}          # one run for each value and seed
        config: {model: {...: $weight}}      # a string "$name" is replaced by the value
      streaming:
        seeds: [1]                           # optional: of this method, instead of those of the command
        vary: {look_ahead: [0.32, 0.64]}
        config: {model: {options: {look_ahead: $look_ahead}}}
      awp_streaming:
        start: streaming-look_ahead0.32      # optional: the method and setting that it continues from
        config: {...}
      ctc_streaming:
        vary: {look_ahead: [0.32, 0.64]}
        start: streaming-look_ahead$look_ahead

A run's folder contains request.json (its configuration), run.json (written when training has ended) and PART.jsonl for
each evaluated part.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ctcalign.files import atomic_write

BASELINE = "baseline"


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        method, setting, seed: identify the training; the setting is empty for a method that varies nothing.
        config: configuration of `ctcalign fit`, complete except for data folders, devices and initial weights.
        parent: name of the run that provides the initial weights; None for a baseline.
    """

    method: str
    setting: str
    seed: int
    config: dict[str, Any] = field(compare=False)
    parent: str | None = None

    @property
    def stem(self) -> str:
        """Method and setting, as in the name."""
        return "-".join(part for part in (self.method, self.setting.replace(" ", "")) if part)

    @property
    def name(self) -> str:
        return f"{self.stem}-s{self.seed}"


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
        unknown = set(method or {}) - {"vary", "config", "start", "seeds"}
        if unknown or name == BASELINE:
            raise SystemExit(f"{path}: method {name!r} has unknown keys {sorted(unknown)} or a reserved name")
    return plan


def runs_of(plan: dict[str, Any], seeds: list[int], only: list[str] | None = None) -> list[Run]:
    """All trainings: the baselines first, then every method, setting and seed; each after the one it starts from.

    Args:
        only: names of methods to keep; the baselines, and the runs that the kept ones start from, always stay.
    Raises:
        SystemExit: `only` names a method that is not in the plan, a "$name" has no value, or a `start` does not exist.
    """
    unknown = set(only or ()) - set(plan["methods"])
    if unknown:
        raise SystemExit(f"--only: no method {sorted(unknown)} in the plan; expected some of {sorted(plan['methods'])}")
    base = plan["base"] or {}
    baseline_seeds = plan.get("baseline_seeds") or seeds
    baselines = [Run(BASELINE, "", seed, merged(base, plan[BASELINE] or {})) for seed in baseline_seeds]
    found = {run.name: run for run in baselines}
    for method, about in plan["methods"].items():
        about = about or {}
        vary = about.get("vary") or {}
        for values in itertools.product(*vary.values()):
            chosen = dict(zip(vary, values, strict=True))
            setting = " ".join(f"{name} {value:g}" for name, value in chosen.items())
            start = about.get("start", BASELINE)
            for name, value in chosen.items():
                start = start.replace(f"${name}", f"{value:g}")
            first = [run.seed for run in found.values() if run.stem == start]
            if not first:
                raise SystemExit(f"method {method!r}: start: no run {start!r} before it; expected method and setting")
            own = filled(about.get("config") or {}, chosen, method)
            config = merged(merged(base, plan["continuation"] or {}), own)
            own_seeds = about.get("seeds") or seeds
            for place, seed in enumerate(own_seeds):
                run = Run(method, setting, seed, config, f"{start}-s{first[place % len(first)]}")
                found[run.name] = run
    kept = {run.name for run in found.values() if run.parent is None or not only or run.method in only}
    for run in reversed(found.values()):  # a run comes after the one it starts from
        if run.name in kept and run.parent is not None:
            kept.add(run.parent)
    return [run for run in found.values() if run.name in kept]


def merged(base: Any, over: Any) -> Any:
    """`base` overridden by `over`: mappings are merged key by key, everything else is replaced."""
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
            raise SystemExit(f"method {method!r}: {config} is not among the values of `vary` ({sorted(values)})")
        return values[config[1:]]
    return config


def add_plan_options(parser: argparse.ArgumentParser) -> None:
    """The options that every command which executes a plan has."""
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with the parts train, dev and test")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs' folders")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--only", nargs="+", help="methods to run; default: all")
    parser.add_argument("--parts", nargs="+", default=["dev", "test"], help="parts of --data to evaluate on")


def execute(runs: Sequence[Run], start: Callable[[list[Run]], list[bool]], *, baselines_only: bool = False) -> None:
    """Execute the baselines, then the runs that continue from them, then those that continue from these.

    Args:
        start: executes some runs in any order; returns for each run whether it succeeded.
    Raises:
        SystemExit: some runs failed; the message names them. Runs that would start from others are then not begun.
    """
    failed: list[str] = []
    waiting = list(runs)
    while waiting and not failed:
        # The next group starts from runs that are finished.
        names = {run.name for run in waiting}
        group = [run for run in waiting if run.parent not in names]
        waiting = [] if baselines_only else [run for run in waiting if run not in group]
        failed = [run.name for run, good in zip(group, start(group), strict=True) if not good]
    if failed:
        raise SystemExit(f"{len(failed)} of {len(runs)} runs failed: {' '.join(failed)}")


def is_finished(run: Run, folder: Path, files: Sequence[str]) -> bool:
    """Whether the run was trained with this configuration and all its result files exist.

    Args:
        files: names of the result files besides run.json.
    Raises:
        SystemExit: the folder was created with another configuration.
    """
    request = folder / "request.json"
    if request.exists() and json.loads(request.read_text(encoding="utf-8")) != json.loads(json.dumps(run.config)):
        raise SystemExit(f"{folder}: was created with another configuration; delete it or choose another --out")
    return all((folder / name).exists() for name in ("run.json", *files))


def write_json(path: Path, value: Any) -> None:
    """Write an indented JSON file, whole or not at all."""
    with atomic_write(path, fsync=False) as stream:
        json.dump(value, stream, indent=1)
