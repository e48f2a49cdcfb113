"""Results as a page: a table by file, survivors, and survivors that may live with the reason."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from tools.mutation.examination import Result

# (file, line, change) -> why the mutant may live
Reasons = dict[tuple[str, str, str], str]


def read_reasons(folder: Path) -> Reasons:
    """All `*.json` of a folder: lists of objects with `file`, `line` (its text), `change` and `reason`.

    Raises:
        ValueError: a key is missing, or a reason is empty.
    """
    found: Reasons = {}
    for path in sorted(folder.glob("*.json")):
        for entry in json.loads(path.read_text(encoding="utf-8")):
            if not all(entry.get(key) for key in ("file", "line", "change", "reason")):
                raise ValueError(f"{path}: expected file, line, change and reason, got {entry}")
            found[entry["file"], entry["line"], entry["change"]] = entry["reason"]
    return found


def page(results: Sequence[Result], reasons: Reasons, commit: str, sample: int | None, seed: int) -> str:
    """The page in Markdown."""
    size = "all mutants" if sample is None else f"up to {sample} mutants a file, seed {seed}"
    day = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    lines = [f"# Mutants of {common(results)}", "", f"{day}, commit {commit}, {size}.", ""]
    lines += ["| file | mutants | of | found | by time | may live | survived | share found | tests, s |"]
    lines += ["|---|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for result in results:
        lines.append(_row(f"`{result.file}`", [result], reasons))
    lines += [_row("all", results, reasons), ""]
    lines += ["Share found: of the mutants without those that may live.", ""]
    living = [(result.file, one) for result in results for one in result.survivors]
    for title, known in (("Survivors", False), ("May live, because", True)):
        chosen = [(file, one) for file, one in living if ((file, one.line, one.change) in reasons) == known]
        lines += [f"## {title}", ""] if chosen else []
        for file, one in chosen:
            reason = f": {reasons[file, one.line, one.change]}" if known else ""
            lines.append(f"- `{file}` {one.number} `{one.line}`: `{one.change}`{reason}")
        lines += [""] if chosen else []
    faults = [f"- `{result.file}`: {result.fault}" for result in results if result.fault]
    faults += [f"- `{result.file}`: a reason without a mutant: {one}" for result in results for one in result.stale]
    lines += ["## Not run", "", *faults, ""] if faults else []
    return "\n".join(lines)


def common(results: Sequence[Result]) -> str:
    """The deepest folder that holds all files, or the only file."""
    files = [Path(result.file) for result in results]
    if len(files) == 1:
        return str(files[0])
    parts = []
    for level in zip(*(file.parent.parts for file in files), strict=False):
        if len(set(level)) > 1:
            break
        parts.append(level[0])
    return "/".join(parts) or "."


def share(results: Sequence[Result], reasons: Reasons) -> float | None:
    """Found of those that may not live, None if there are none."""
    known = _known(results, reasons)
    counted = sum(result.mutants for result in results) - known
    living = sum(len(result.survivors) for result in results) - known
    return (counted - living) / counted if counted else None


def _known(results: Sequence[Result], reasons: Reasons) -> int:
    return sum((r.file, one.line, one.change) in reasons for r in results for one in r.survivors)


def _row(name: str, results: Sequence[Result], reasons: Reasons) -> str:
    run, living = sum(r.mutants for r in results), sum(len(r.survivors) for r in results)
    known, found = _known(results, reasons), share(results, reasons)
    cells = [run, sum(r.possible for r in results), run - living, sum(r.late for r in results), known, living - known]
    percent = "-" if found is None else f"{found:.0%}"
    return f"| {name} | {' | '.join(map(str, cells))} | {percent} | {sum(r.seconds for r in results):.1f} |"


def commit_of(root: Path) -> str:
    """The commit of a working tree, and whether code or tests have changed since."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False).stdout.strip()

    changed = git("status", "--porcelain", "--", "ctcalign", "tests")
    return (git("rev-parse", "--short=12", "HEAD") or "unknown") + (" with changes" if changed else "")
