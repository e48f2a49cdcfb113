"""Resuming a training with another configuration: which entries differ, which take effect, and their record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ctcalign.errors import UsageError
from ctcalign.train.notices import warn

_SECTIONS = ("task", "seed", "language", "model", "data")
# Trainer options that change results; its limits and devices may differ at every start.
_TRAINER = ("accumulate_grad_batches", "gradient_clip_val", "gradient_clip_algorithm", "precision")
# Options that do not change the training: reading speed, and validation data, which are only logged.
_HARMLESS = ("data.workers", "data.validation", "data.validation_duration", "data.allow_")
# Options that have no effect on a resumed training, since the weights come from the checkpoint.
_WITHOUT_EFFECT = ("model.init", "model.fresh")


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Entries of a configuration that differ in a way that matters, by name, with both values.

    Entries that only one of the two has are ignored: they come from another version of ctcalign.
    """
    old, new = (dict(_entries(one)) for one in (before, now))
    found = {name: [old[name], new[name]] for name in new if name in old and old[name] != new[name]}
    return {name: pair for name, pair in found.items() if not name.startswith(_HARMLESS)}


def check_same_task(before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Check that a checkpoint belongs to the task of the configuration.

    Raises:
        UsageError: it does not.
    """
    old, new = before.get("task"), now.get("task")
    if old is not None and new is not None and old != new:
        raise UsageError(f"resume: the checkpoint is of the task {old}, the configuration of {new}; use model.init")


def check_same_symbols(before: tuple[str, ...], now: tuple[str, ...]) -> None:
    """Check that labels mean the same as before.

    Raises:
        UsageError: they do not.
    """
    if not before or before == now:
        return
    place = next((i for i, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), min(len(before), len(now)))
    old, new = (repr(one[place]) if place < len(one) else "none" for one in (before, now))
    raise UsageError(
        f"resume: the checkpoint has other symbols than the tokenizer of the configuration ({len(before)} and "
        f"{len(now)}; label {place} is {old} there and {new} here); use the tokenizer that it was trained with"
    )


def report(changed: Mapping[str, list[Any]], step: int) -> None:
    """Warn of changes."""
    idle = [name for name in changed if name.startswith(_WITHOUT_EFFECT)]
    shown = [f"{name} {_short(old)} -> {_short(new)}" for name, (old, new) in changed.items() if name not in idle]
    if shown:
        warn(
            f"resume: the configuration is not that of the checkpoint; from step {step} on it is trained with "
            f"{', '.join(shown)}"
        )
    if idle:
        warn(f"resume: {', '.join(idle)} has no effect: the weights are those of the checkpoint")


def _entries(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            if name == "" and key not in (*_SECTIONS, "trainer"):
                continue
            if name == "trainer" and key not in _TRAINER:
                continue
            yield from _entries(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, value


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
