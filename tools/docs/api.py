"""Pages of the package's docstrings for mkdocstrings: one for each room, with the names that it hands out.

A room that hands out no names shows its entries, or all of its files.
"""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import ctcalign

# Modules inside rooms, for users who need more.
MORE = {
    "ctcalign.corpus": ("ctcalign.corpus.inputs.opening", "ctcalign.corpus.settings"),
    "ctcalign.aligner": ("ctcalign.aligner.graph.word_graph",),
    "ctcalign.objectives": ("ctcalign.objectives.properties",),
    "ctcalign.preference": (
        "ctcalign.preference.pairs",
        "ctcalign.preference.processes",
        "ctcalign.preference.prompt_classifier",
        "ctcalign.preference.responses",
        "ctcalign.preference.results",
    ),
    "ctcalign.metrics": ("ctcalign.metrics.reliability",),
    "ctcalign.report": ("ctcalign.report.pages.adaptation",),
}
# The modules that are shown of a room that is a command.
ENTRIES = ("run", "transcription", "options", "hits")
# Rooms that are programs: `reference/cli.md` describes the commands.
PROGRAMS = ("ctcalign.cli",)


@cache
def rooms() -> list[str]:
    """The packages and modules directly in ctcalign, without private ones."""
    found = (room.name for room in pkgutil.iter_modules(ctcalign.__path__, "ctcalign."))
    return [name for name in found if not name.rpartition(".")[2].startswith("_") and name not in PROGRAMS]


def public_names(module: ModuleType) -> list[str]:
    """What a room hands out: `__all__`, else what is defined in its `__init__.py` or imported there as `x as x`."""
    if hasattr(module, "__all__"):
        names = {*module.__all__, *vars(module).get("_HOMES", ())}  # not in __all__: what would hide a name of Python's
        return sorted(name for name in names if _is_shown(module, name))
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    imports = [part for part in ast.walk(tree) if isinstance(part, ast.ImportFrom)]
    found = [alias.name for part in imports for alias in part.names if alias.asname == alias.name]
    found += [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
    return sorted({name for name in found if _is_shown(module, name)})


def _is_shown(module: ModuleType, name: str) -> bool:
    if name.startswith("_"):
        return False
    try:
        return not isinstance(getattr(module, name), ModuleType)
    except ImportError:  # it needs a package that is not installed (k2)
        return False


def parts(room: str) -> list[str]:
    """The modules of a room that hands out no names which are shown: the entries of a command, else all files."""
    module = import_module(room)
    if not hasattr(module, "__path__") or public_names(module):
        return []
    found = {part.name: part.ispkg for part in pkgutil.iter_modules(module.__path__)}
    if "run" in found:
        names = [name for name in ENTRIES if name in found]
    else:
        names = [name for name, is_folder in found.items() if not is_folder] or list(found)
    return [f"{room}.{name}" for name in names]


def pages(folder: str) -> dict[str, str]:
    """The sources of the pages by path below the root: the package, then each of its rooms.

    Args:
        folder: where the pages are, such as "docs/reference/api".
    """
    return {f"{folder}/{name}.md": _page(name) for name in ["ctcalign", *rooms()]}


def _page(room: str) -> str:
    lines = [f"# {room}", "", *_shown(room, 2)]
    for part in [*parts(room), *MORE.get(room, ())]:
        lines += [f"## {part}", "", *_shown(part, 3)]
    return "\n".join(lines)


def _shown(name: str, level: int) -> list[str]:
    """The block that mkdocstrings replaces: the docstring of a module and the members that are handed out."""
    names = _names(name)
    members = [f'        - "{one}"' for one in names] or ["        []"]
    return [f"::: {name}", "    options:", f"      heading_level: {level}", "      members:", *members, ""]


@cache
def _names(name: str) -> list[str]:
    module = import_module(name)
    if name.count(".") < 2 or hasattr(module, "__path__"):
        return public_names(module)
    defined = (one for one, value in vars(module).items() if getattr(value, "__module__", "") == name)
    return [one for one in defined if not one.startswith("_")]


def documented() -> Iterator[str]:
    """The full names that have a description on a page."""
    for room in ["ctcalign", *rooms()]:
        for module in [room, *parts(room), *MORE.get(room, ())]:
            yield from (f"{module}.{name}" for name in _names(module))
