"""Parts of a network by patterns of names, as configurations give them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from torch import nn

from ctcalign.errors import UsageError

_SHOWN = 12


def matches(name: str, pattern: str) -> bool:
    """Whether a name of a module or parameter, or its end after a dot, matches a pattern as those of a shell."""
    return fnmatchcase(name, pattern) or fnmatchcase(name, f"*.{pattern}")


def modules_named(network: nn.Module, patterns: Sequence[str]) -> list[nn.Module]:
    """The modules that match one of the patterns."""
    return [module for name, module in network.named_modules() if name and _any(name, patterns)]


def parameters_named(network: nn.Module, patterns: Sequence[str], option: str) -> set[str]:
    """Names of the parameters that match one of the patterns, or belong to a module that does.

    A parameter that several modules share has one name in `named_parameters`; it is found by any of its names.

    Args:
        option: for the message.
    Raises:
        UsageError: nothing matches a pattern; the message has names that exist.
    """
    everywhere = list(network.named_parameters(remove_duplicate=False))
    found: set[int] = set()
    for pattern in patterns:
        own = {id(parameter) for name, parameter in everywhere if any(matches(one, pattern) for one in _ancestry(name))}
        if not own:
            raise UsageError(f"{option}: no module or parameter is named {pattern!r}; {_known(network, pattern)}")
        found |= own
    return {name for name, parameter in network.named_parameters() if id(parameter) in found}


def _any(name: str, patterns: Iterable[str]) -> bool:
    return any(matches(name, pattern) for pattern in patterns)


def _ancestry(name: str) -> list[str]:
    """A name and those of the modules around it: a.b.c, a.b, a."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(len(parts), 0, -1)]


def _known(network: nn.Module, pattern: str) -> str:
    """Names that exist, similar ones first, then the outermost; numbered modules are shown as one."""
    names = [one for name, _ in network.named_parameters(remove_duplicate=False) for one in reversed(_ancestry(name))]
    short = list(dict.fromkeys(re.sub(r"(?<=\.)\d+(?=\.|$)", "*", name) for name in names))
    ends = {name.rpartition(".")[2]: name for name in reversed(short)}
    close = [ends[end] for end in difflib.get_close_matches(pattern.rpartition(".")[2], ends, 3)]
    outer = sorted((name for name in short if not name.endswith("*")), key=lambda name: name.count("."))
    shown = list(dict.fromkeys([*close, *outer]))
    return f"expected names such as {', '.join(shown[:_SHOWN])}{', …' if len(shown) > _SHOWN else ''}"
