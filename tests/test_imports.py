"""Who may import whom, and what costs nothing to import. The last tests prove that each check can fail."""

from __future__ import annotations

import ast
import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions, requires
from importlib.util import find_spec
from pathlib import Path

import pytest

import ctcalign
from ctcalign.cli import COMMANDS

PACKAGE = Path(ctcalign.__file__).parent

# From the ground up: a room may import what stands on a lower line. Rooms on one line do not know each other.
FLOORS = [
    {"errors", "signals"},
    {"arguments", "checks", "extras", "language_codes", "registry", "files", "spans", "threads"},
    {"alignment", "audio", "text", "ctc"},
    {"edits"},
    {"lattice", "objectives", "preference", "metrics", "models", "formats"},
    {"corrections", "emission", "scoring", "filtering", "train"},
    {"aligner"},
    {"search", "calibration"},
    {"adapt"},
    {"corpus"},
    {"report"},
    {"review"},
    {"cli"},
]
# (module, room or module): `Alignment.save` and `.to_dict` reach up at the moment they are called.
ALLOWED = {("alignment.alignment", "formats"), ("alignment.alignment", "alignment.document")}
# Rooms of pure mathematics, and the libraries they may use.
MATHEMATICS = ("ctc", "lattice", "objectives", "preference")
LIBRARIES = {"torch", "numba", "numpy", "k2"}


@cache
def imports_of(source: str, package: str) -> frozenset[str]:
    """Absolute names that a file of `package` imports, those inside functions too; TYPE_CHECKING blocks included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, node.module] if node.module else parents)
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return frozenset(names)


def wrong_imports(root: Path) -> list[str]:
    """Imports below `root` (the folder `ctcalign`) that go up a floor, sideways, or out of the mathematics."""
    floor = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
    found = []
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        room, module = parts[0], ".".join(parts)
        if room in ("__init__", "__main__"):
            continue
        if room not in floor:
            found.append(f"{module} lives in a room that is not in the plan")
            continue
        for name in sorted(imports_of(path.read_text(encoding="utf-8"), "ctcalign." + ".".join(parts[:-1]))):
            top, *rest = name.split(".")
            if top == "ctcalign" and rest and rest[0] in floor and rest[0] != room:
                if (module, rest[0]) in ALLOWED:
                    continue
                if floor[rest[0]] >= floor[room]:
                    found.append(f"{module} imports {name}")
            elif room in MATHEMATICS and top not in {"ctcalign", "__future__", *LIBRARIES, *sys.stdlib_module_names}:
                found.append(f"{module} imports {name}")
    return found


@cache
def import_graph(root: Path) -> dict[str, set[str]]:
    """Modules of the package below `root`, and which of its modules each one imports. Allowed arrows are left out."""
    modules = {}
    for path in root.rglob("*.py"):
        parts = ["ctcalign", *path.relative_to(root).with_suffix("").parts]
        modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        graph[module] = set()
        for name in imports_of(path.read_text(encoding="utf-8"), package):
            while name and name not in modules:
                name = name.rpartition(".")[0]
            allowed = any(module == f"ctcalign.{one}" and name.startswith(f"ctcalign.{room}") for one, room in ALLOWED)
            if name not in ("", "ctcalign", module) and not allowed:
                graph[module].add(name)
    return graph


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups of nodes that reach each other, each group and the list in alphabetical order."""
    reached: dict[str, set[str]] = {}
    for start in graph:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            new = graph.get(waiting.pop(), set()) - seen
            seen |= new
            waiting += new
        reached[start] = seen
    groups = {tuple(sorted(b for b in reached[a] if a in reached.get(b, ()))) for a in graph if a in reached[a]}
    return sorted(list(group) for group in groups)


def graph_of_parts(graph: Mapping[str, set[str]], room: str) -> dict[str, set[str]]:
    """Files and folders directly inside a room, and which of them each one imports from."""
    home = f"ctcalign.{room}."
    parts: dict[str, set[str]] = {}
    for module, names in graph.items():
        if module.startswith(home):
            own = module.removeprefix(home).split(".")[0]
            others = {name.removeprefix(home).split(".")[0] for name in names if name.startswith(home)}
            parts.setdefault(own, set()).update(others - {own})
    return parts


def run(code: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)


@cache
def loaded_libraries(code: str) -> set[str]:
    """Third-party packages that `code` imports beyond those of an empty program."""
    tail = "\nimport json, sys; print(json.dumps([m for m in sys.modules]), file=sys.stderr)"
    result = run(code + tail)
    assert result.returncode == 0, result.stderr
    tops = {name.split(".")[0] for name in json.loads(result.stderr.splitlines()[-1])}
    others = tops - (loaded_libraries("") if code else set())
    return {name for name in others if name not in sys.stdlib_module_names and not name.startswith("_")}


def help_of(*arguments: str) -> str:
    return (
        "from click.testing import CliRunner\n"
        "from ctcalign.cli import commands\n"
        f"result = CliRunner().invoke(commands, {[*arguments, '--help']!r})\n"
        "assert result.exit_code == 0 and result.output.startswith('Usage: '), result.output"
    )


def declared_modules() -> set[str]:
    """Import names of everything that ctcalign's own metadata asks for, extras too."""
    names = (re.match(r"[\w.-]+", line) for line in requires("ctcalign") or ())
    required = {name.group().lower() for name in names if name} - {"ctcalign"}
    found = {
        module
        for module, distributions in packages_distributions().items()
        if module != "ctcalign" and any(name.lower() in required for name in distributions)
    }
    # Python 3.10 does not know the modules of packages without a top_level.txt.
    return found | {name.replace("-", "_") for name in required if find_spec(name.replace("-", "_")) is not None}


def import_without(modules: str, missing: set[str]) -> subprocess.CompletedProcess[str]:
    code = f"""
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {sorted(missing)!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
import {modules}
"""
    return run(code)


def test_rooms_import_only_what_stands_below_them():
    assert wrong_imports(PACKAGE) == []


def test_no_file_imports_itself_by_way_of_others():
    assert circles(import_graph(PACKAGE)) == []


@pytest.mark.parametrize("room", sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()))
def test_parts_of_a_room_import_one_way(room):
    assert circles(graph_of_parts(import_graph(PACKAGE), room)) == []


def test_import_loads_no_library():
    assert loaded_libraries("import ctcalign") == {"ctcalign"}


def test_help_loads_click_alone():
    assert loaded_libraries(help_of()) == {"ctcalign", "click"}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_loads_click_alone(name):
    assert loaded_libraries(help_of(name)) == {"ctcalign", "click"}


def test_metrics_load_numpy_alone():
    assert loaded_libraries("import ctcalign.metrics") == {"ctcalign", "numpy"}


def test_the_mathematics_need_torch_and_numba_alone():
    modules = packages_distributions()
    distributions = {name for library in LIBRARIES for name in modules.get(library, ())}
    allowed = {module for module, names in modules.items() if distributions & set(names)}  # torch installs torchgen too
    others = declared_modules() - LIBRARIES - allowed
    assert {"click", "lhotse", "soundfile", "matplotlib"} <= others
    result = import_without(", ".join(f"ctcalign.{room}" for room in MATHEMATICS), others)
    assert result.returncode == 0, result.stderr


def processor_seconds(code: str) -> float:
    """Least processor time of three runs: a busy machine stretches the clock far more than this."""
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert run(code).returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(seconds)


@pytest.mark.parametrize(
    "code", ["import ctcalign", "import sys; sys.argv[1:] = ['--help']; from ctcalign.cli import main; main()"]
)
def test_start_is_quick(code):
    assert processor_seconds(code) < 0.3


def test_lazy_names_exist():
    assert set(ctcalign.__all__) <= set(dir(ctcalign))
    for name in ctcalign.__all__:
        assert getattr(ctcalign, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        ctcalign.no_such_name  # noqa: B018


def test_align_is_the_function_whatever_was_imported_first():
    code = """
import ctcalign, ctcalign.alignment.alignment as noun, ctcalign.aligner.run as room
room.align = lambda audio, captions, **options: (audio, captions, options)
assert ctcalign.align("a.wav", "b.srt", method="ipfa") == ("a.wav", "b.srt", {"method": "ipfa"})
from ctcalign import align
assert align("a", "b") == ("a", "b", {})
assert noun.Alignment is ctcalign.Alignment
"""
    result = run(code)
    assert result.returncode == 0, result.stderr


# --- the checks can fail -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "line", "found"),
    [
        ("ctc/paths.py", "from ctcalign.alignment.cue import Cue", "ctc.paths imports ctcalign.alignment.cue.Cue"),
        ("ctc/paths.py", "import soundfile", "ctc.paths imports soundfile"),
        ("audio/io.py", "from ctcalign import text", "audio.io imports ctcalign.text"),
        ("audio/io.py", "from ..text import cues", "audio.io imports ctcalign.text.cues"),
        (
            "alignment/words.py",
            "def f():\n    import ctcalign.formats.json",
            "alignment.words imports ctcalign.formats.json",
        ),
        (
            "preference/dpo.py",
            "from ctcalign.lattice import engine",
            "preference.dpo imports ctcalign.lattice.engine",
        ),
        ("attic/old.py", "", "attic.old lives in a room that is not in the plan"),
    ],
)
def test_a_wrong_import_is_seen(tmp_path, file, line, found):
    path = tmp_path / "ctcalign" / file
    path.parent.mkdir(parents=True)
    path.write_text(line, encoding="utf-8")
    assert wrong_imports(tmp_path / "ctcalign") == [found]


def test_a_right_import_is_not_reported(tmp_path):
    path = tmp_path / "ctcalign" / "aligner" / "words.py"
    path.parent.mkdir(parents=True)
    path.write_text("from ctcalign.ctc import best_path\nfrom . import spans\nimport rich\nimport ctcalign.errors\n")
    assert wrong_imports(tmp_path / "ctcalign") == []


def test_circles_are_seen(tmp_path):
    root = tmp_path / "ctcalign"
    for name, line in {
        "room/one/a.py": "from ctcalign.room.two.b import B",
        "room/two/b.py": "B = 1",
        "room/two/c.py": "def late():\n    from ctcalign.room import one",
        "room/one/__init__.py": "",
        "room/d.py": "import ctcalign.room.e",
        "room/e.py": "from ctcalign.room.d import *",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(line, encoding="utf-8")
    graph = import_graph(root)
    assert circles(graph) == [["ctcalign.room.d", "ctcalign.room.e"]]
    assert circles(graph_of_parts(graph, "room")) == [["d", "e"], ["one", "two"]]


def test_a_heavy_import_is_seen():
    assert "numpy" in loaded_libraries("import ctcalign, numpy")


def test_a_missing_library_is_seen(tmp_path, monkeypatch):
    (tmp_path / "needy.py").write_text("import click\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    result = import_without("needy", {"click"})
    assert result.returncode == 1
    assert "No module named 'click'" in result.stderr


def test_slowness_is_seen():
    assert processor_seconds("while __import__('time').process_time() < 0.35: pass") > 0.3
