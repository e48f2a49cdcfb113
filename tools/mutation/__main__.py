"""Change the code in small ways and see whether the tests of the changed file fail.

Each change (`<` to `<=`, a constant plus one, a condition negated, a statement deleted, ...) is written to a copy of
the working tree, and the tests that mirror the file run on it until the first failure. A change that no test finds is
a survivor: a test is missing, or the change makes no difference. The latter get a reason in tools/mutation/reasons/.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.mutation import report
from tools.mutation.campaign import run

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
ROOMS = (
    *("ctcalign/aligner/placing", "ctcalign/text/readings", "ctcalign/formats/shared"),
    *("ctcalign/ctc", "ctcalign/preference", "ctcalign/objectives"),
)
EXAMPLES = """examples:
  python -m tools.mutation --files ctcalign/text/readings
  python -m tools.mutation --files 'ctcalign/aligner/placing/*.py' --seed 1
  python -m tools.mutation --files ctcalign/formats/shared/clock.py --sample 0
"""


def main(arguments: list[str] | None = None) -> int:
    """Run and write the page; 1 if the tests of a file could not be run, 2 if there is no such file."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.mutation",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    where = "files or folders below the working tree (default: the rooms of docs/testing.md)"
    parser.add_argument("--files", nargs="+", default=list(ROOMS), metavar="GLOB", help=where)
    parser.add_argument(
        "--sample", type=int, default=20, help="mutants of a file, drawn at random; 0: all (default 20)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the sample (default 0)")
    parser.add_argument("--processes", type=int, default=2, help="files at the same time (default 2)")
    parser.add_argument("--output", type=Path, help="the page (default: tools/mutation/results/FOLDER.md)")
    parser.add_argument("--root", type=Path, default=ROOT, help="the working tree (default: this one)")
    given = parser.parse_args(arguments)
    files = _files(given.files, given.root)
    if not files:
        print(f"no Python file matches --files {' '.join(given.files)}", file=sys.stderr)
        return 2
    reasons = report.read_reasons(HERE / "reasons")
    sample = given.sample or None
    commit = report.commit_of(given.root)  # others may commit during the run
    results = run(files, given.root, sample, given.seed, reasons, given.processes)
    text = report.page(results, reasons, commit, sample, given.seed)
    name = report.common(results).removeprefix("ctcalign").strip("/").replace("/", "-").removesuffix(".py") or "all"
    output = given.output or HERE / "results" / f"{name}{f'.seed-{given.seed}' if given.seed else ''}.md"
    output.write_text(text, encoding="utf-8")
    print(text)
    return int(any(result.fault for result in results))


def _files(patterns: list[str], root: Path) -> list[str]:
    found: dict[str, None] = {}
    for pattern in patterns:
        folder = root / pattern
        for path in sorted(folder.rglob("*.py") if folder.is_dir() else root.glob(pattern)):
            if path.suffix == ".py" and path.read_text(encoding="utf-8").strip():
                found[str(path.relative_to(root))] = None
    return list(found)


if __name__ == "__main__":
    sys.exit(main())
