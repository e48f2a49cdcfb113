"""Pages of the package's docstrings, by pdoc: a page for each room, with the names that it hands out.

A room that hands out no names has pages for its entries, or for all of its files.
"""

from __future__ import annotations

import ast
import pkgutil
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pdoc

import ctcalign

# Modules inside rooms with names, for users who need more.
MORE = (
    "ctcalign.corpus.inputs.opening",
    "ctcalign.corpus.settings",
    "ctcalign.aligner.graph.word_graph",
    "ctcalign.objectives.properties",
    "ctcalign.preference.pairs",
    "ctcalign.preference.processes",
    "ctcalign.preference.prompt_classifier",
)
# The modules that are shown of a room that is a command.
ENTRIES = ("run", "transcription", "options", "hits")


def rooms() -> list[str]:
    """The packages and modules directly in ctcalign, without private ones."""
    found = pkgutil.iter_modules(ctcalign.__path__, "ctcalign.")
    return [room.name for room in found if not room.name.rpartition(".")[2].startswith("_")]


def public_names(module: ModuleType) -> list[str]:
    """What a room hands out: `__all__`, else what is defined in its `__init__.py` or imported there as `x as x`."""
    if hasattr(module, "__all__"):
        return sorted(module.__all__)
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    imports = [part for part in ast.walk(tree) if isinstance(part, ast.ImportFrom)]
    names = [alias.name for part in imports for alias in part.names if alias.asname == alias.name]
    names += [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
    return sorted(name for name in names if not name.startswith("_") and _is_shown(module, name))


def _is_shown(module: ModuleType, name: str) -> bool:
    try:
        return not isinstance(getattr(module, name), ModuleType)
    except ImportError:  # it needs a package that is not installed (k2)
        return False


@contextmanager
def listed() -> Iterator[list[str]]:
    """The modules for pdoc. It shows what is in `__all__`, and walks into modules that are named there."""
    with ExitStack() as stack:
        for room in ["ctcalign", *rooms(), *MORE]:
            module = import_module(room)
            if path := getattr(module, "__path__", None):
                names = public_names(module)
                for name in names:
                    setattr(module, name, getattr(module, name))  # also what is loaded on first use
                stack.enter_context(_all_set(module, names + _parts(room, path, bool(names))))
        yield ["ctcalign", *MORE]


def _parts(room: str, path: Any, has_names: bool) -> list[str]:
    """The modules of a room that are shown: the entries of a command, else all files, or all folders."""
    if room == "ctcalign":
        return [name.rpartition(".")[2] for name in rooms()]
    if has_names:
        return []
    parts = {part.name: part.ispkg for part in pkgutil.iter_modules(path)}
    if "run" in parts:
        return [name for name in ENTRIES if name in parts]
    return [name for name, is_folder in parts.items() if not is_folder] or list(parts)


@contextmanager
def _all_set(module: ModuleType, names: list[str]) -> Iterator[None]:
    before = vars(module).get("__all__")
    vars(module)["__all__"] = names
    try:
        yield
    finally:
        if before is None:
            del vars(module)["__all__"]
        else:
            vars(module)["__all__"] = before


def write(folder: Path) -> None:
    """Write a page for each module, and an index. What pdoc warns about is an error, except for types in quotes."""
    pdoc.render.configure(docformat="google", show_source=False)
    with listed() as names, warnings.catch_warnings():
        warnings.filterwarnings("error", module=r"pdoc\.")
        for types in ("Error parsing type annotation", "Failed to run TYPE_CHECKING code"):
            warnings.filterwarnings("ignore", types, module=r"pdoc\.")
        pdoc.pdoc(*names, output_directory=folder)
