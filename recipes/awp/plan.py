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
            raise SystemExit(f"{path}: method {name!r} has unknown keys {sorted(unknown)} or a reserved name")
    return plan


def runs_of(plan: dict[str, Any], seeds: list[int], only: list[str] | None = None) -> list[Run]:
    """All trainings: the baselines first, then every method, setting and seed.

    Args:
        only: names of methods to keep; the baselines always stay.
    Raises:
        SystemExit: `only` names a method that is not in the plan, or a "$name" has no value.
    """
    unknown = set(only or ()) - set(plan["methods"])
    if unknown:
        raise SystemExit(f"--only: no method {sorted(unknown)} in the plan; expected some of {sorted(plan['methods'])}")
    base = plan["base"] or {}
    baseline_seeds = plan.get("baseline_seeds") or seeds
    runs = [Run(BASELINE, "", seed, merged(base, plan[BASELINE] or {})) for seed in baseline_seeds]
    parents = {seed: runs[place % len(runs)].name for place, seed in enumerate(seeds)}
    for method, about in plan["methods"].items():
        if only and method not in only:
            continue
        vary = (about or {}).get("vary") or {}
        for values in itertools.product(*vary.values()):
            chosen = dict(zip(vary, values, strict=True))
            setting = " ".join(f"{name} {value:g}" for name, value in chosen.items())
            own = filled((about or {}).get("config") or {}, chosen, method)
            config = merged(merged(base, plan["continuation"] or {}), own)
            runs += [Run(method, setting, seed, config, parents[seed]) for seed in seeds]
    return runs


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
    """Execute the baselines, then the runs that continue from them.

    Args:
        start: executes some runs in any order; returns for each run whether it succeeded.
    Raises:
        SystemExit: some runs failed; the message names them. A failed baseline stops the others from being started.
    """
    first = [run for run in runs if run.parent is None]
    rest = [] if baselines_only else [run for run in runs if run.parent is not None]
    failed: list[str] = []
    for group in (first, rest):
        if not failed:
            failed += [run.name for run, good in zip(group, start(group), strict=True) if not good]
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
