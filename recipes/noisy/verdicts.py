"""Whether our claims hold in a noisy-captions grid, in sentences: "yes" or "no", "reached" or "not reached"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from recipes.noisy.methods import PEERS
from recipes.noisy.tables import Scores

BOUNDS = ("speech", "tolerant")


def verdicts(scores: Scores, targets: Sequence[dict[str, Any]]) -> list[str]:
    """Lines of Markdown: one item for each claim, two if the kinds of bounds differ."""
    lines = []
    peers = [method for method in PEERS if method in scores.methods]
    for better, others in (("global", ["ipfa"]), ("global", peers), ("ipfa", peers)):
        others = [other for other in others if other in scores.methods]
        if better in scores.methods and others:
            lines += _either(lambda bounds, a=better, b=others: order(scores, a, b, bounds))
    lines += [line for method in ("global", "ipfa") for line in same_texts(scores, method)]
    for target in targets:
        lines += _either(lambda bounds, one=target: reached(scores, one, bounds))
    failed = [f"`{method}` {text}" for method in scores.methods for text in scores.grid[method]["failures"]]
    lines.append(
        f"- **Failures: {len(failed)} of all cells**, counted as nothing placed: " + "; ".join(failed) + "."
        if failed
        else "- **Failures: none.** Every method gave a result for every caption file."
    )
    return lines


def _either(claim: Callable[[str], str | None]) -> list[str]:
    """The sentences for both kinds of bounds; one sentence if they are the same."""
    lines = {bounds: line for bounds in BOUNDS if (line := claim(bounds)) is not None}
    plain = {line.replace(f" ({bounds})", "", 1) for bounds, line in lines.items()}
    return list(plain) if len(plain) == 1 and len(lines) == len(BOUNDS) else list(lines.values())


def order(scores: Scores, better: str, others: Sequence[str], bounds: str) -> str:
    """Whether a method has at least as many cues within 0.5 s as others in every row, and in which it has fewer."""
    lost: dict[str, list[str]] = defaultdict(list)
    rows = set()
    for variant in scores.variants:
        own = scores.rows[variant, better][bounds]
        for other in others:
            its = scores.rows[variant, other][bounds]
            if its["within_count"] > own["within_count"]:
                rows.add(variant)
                counts = f"{own['within_count']} against {its['within_count']} of {own['spoken']} by `{other}`"
                lost[counts].append(scores.starred(variant))
    noisy = [variant for variant in scores.variants if scores.noisy(variant)]
    held = sum(variant not in rows for variant in noisy)
    outcome = "yes" if not rows else "not everywhere" if held else "no"
    named = ", ".join(f"`{other}`" for other in others)
    line = (
        f"- **`{better}` at least as good as {named} ({bounds}): {outcome}.** In {held} of {len(noisy)} noisy rows and "
        f"in {len(scores.variants) - len(rows)} of all {len(scores.variants)}."
    )
    return line + "".join(f" {', '.join(names)}: {counts}." for counts, names in lost.items())


def same_texts(scores: Scores, method: str) -> list[str]:
    """Whether variants of `exact` that differ only in times and formatting give the same result."""
    if ("exact", method) not in scores.rows:
        return []
    plain = scores.rows["exact", method]["speech"]
    others = {
        variant: scores.rows[variant, method]["speech"]
        for variant in scores.variants
        if variant != "exact" and not scores.noisy(variant)
    }
    others = {variant: row for variant, row in others.items() if row["spoken"] == plain["spoken"]}
    if not others:
        return []
    different = [
        f"{v} {row['within_count']}" for v, row in others.items() if row["within_count"] != plain["within_count"]
    ]
    counts = f"{plain['within_count']} of {plain['spoken']} within 0.5 s in exact and in {', '.join(others)}"
    outcome = "no" if different else "yes"
    return [f"- **`{method}` independent of the times and the formatting of captions: {outcome}.** {counts}"
            + (f", but {', '.join(different)}." if different else ".")]  # fmt: skip


def reached(scores: Scores, target: dict[str, Any], bounds: str) -> str | None:
    """Whether a target of conf/targets.json is reached; None if the corpus has none of its rows.

    A target names a `method`, a `measure` (such as "start.median"), a value `at_least` or `at_most`, and where it must
    apply: in the whole "grid", in the pooled rows of `variants`, or in the cells of these variants and `recordings`.
    With `needs` only rows that have this measure too count as measured.
    """
    where: dict[str, dict[str, Any]] = {}
    method = target["method"]
    if method not in scores.methods:
        return None
    if target.get("grid"):
        where["the grid"] = scores.grid[method]
    for variant in target.get("variants", []):
        if "recordings" not in target and (variant, method) in scores.rows:
            where[variant] = scores.rows[variant, method]
        for recording in target.get("recordings", []):
            if (recording, variant, method) in scores.cells:
                where[f"{recording} {variant}"] = scores.cells[recording, variant, method]
    found = {
        name: _value(row[bounds], target["measure"]) if row[bounds][target.get("needs", "spoken")] is not None else None
        for name, row in where.items()
    }
    if not found:
        return None
    measured = {name: value for name, value in found.items() if value is not None}
    good = [name for name, value in measured.items() if _holds(value, target)]
    values = "; ".join(f"{name} {value:.3g}" for name, value in measured.items())
    missing = [name for name in found if name not in measured]
    values += (f"; not measured in {', '.join(missing)}") if missing else ""
    outcome = "reached" if len(good) == len(found) else f"reached in {len(good)} of {len(found)}"
    if not good:
        outcome = "not reached" if measured else "not measured"
    return f"- **{target['claim']} ({bounds}): {outcome}.** {values.removeprefix('; ')}."


def _value(row: dict[str, Any], measure: str) -> float | None:
    value: Any = row
    for name in measure.split("."):
        value = None if value is None else value[name]
    return value


def _holds(value: float, target: dict[str, Any]) -> bool:
    return bool(value >= target.get("at_least", value) and value <= target.get("at_most", value))
