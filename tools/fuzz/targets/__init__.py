"""The table of targets: a module for each group, with a function `targets()`."""

from __future__ import annotations

from functools import cache

from tools.fuzz.target import Target


@cache
def table() -> dict[str, Target]:
    """All targets by name."""
    from tools.fuzz.targets import captions, documents, mathematics, texts

    groups = (captions, documents, texts, mathematics)
    return {target.name: target for group in groups for target in group.targets()}
