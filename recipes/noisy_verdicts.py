"""What the numbers of a noisy-captions grid say about our claims, in sentences that a failed claim makes negative."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from noisy_methods import PEERS
from noisy_table import Scores

BOUNDS = ("speech", "tolerant")


def verdicts(scores: Scores, targets: Sequence[dict[str, Any]]) -> list[str]:
    """Lines of Markdown: one item for each claim, with either kind of bounds where they differ."""
    lines = []
    peers = [method for method in PEERS if method in scores.methods]
    for better, others in (("global", ["ipfa"]), ("global", peers), ("ipfa", peers)):
        others = [other for other in others if other in scores.methods]
        if better in scores.methods and others:
            lines += _either(lambda bounds, a=better, b=others: order(scores, a, b, bounds))
    lines += [line for method in ("global", "ipfa") for line in same_texts(scores, method)]
    for target in targets:
        lines += _either(lambda bounds, wanted=target: reached(scores, wanted, bounds))
    failed = [f"`{method}` {text}" for method in scores.methods for text in scores.grid[method]["failures"]]
    lines.append(
        f"- **Failures: {len(failed)} of all cells**, counted as nothing placed: " + "; ".join(failed) + "."
        if failed
        else "- **Failures: none.** Every method gave a result for every caption file."
    )
    return lines


def _either(told: Callable[[str], str | None]) -> list[str]:
    """What is told of both kinds of bounds; once where it is the same."""
    lines = {bounds: line for bounds in BOUNDS if (line := told(bounds)) is not None}
    plain = {line.replace(f" ({bounds})", "", 1) for bounds, line in lines.items()}
    return list(plain) if len(plain) == 1 and len(lines) == len(BOUNDS) else list(lines.values())


def order(scores: Scores, better: str, others: Sequence[str], bounds: str) -> str:
    """Whether a method is nowhere below others in the cues within 0.5 s, and where it is."""
    lost: dict[str, list[str]] = defaultdict(list)
    rows = set()
    for variant in scores.variants:
        own = scores.rows[variant, better][bounds]
        for other in others:
            its = scores.rows[variant, other][bounds]
            if its["within_count"] > own["within_count"]:
                rows.add(variant)
                counts = f"{own['within_count']} against {its['within_count']} of {own['spoken']} by `{other}`"
                lost[counts].append(variant + (" *" if scores.noisy(variant) else ""))
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
    """Whether rows that have the captions of `exact` in another dress give what that gives."""
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
    apart = [f"{v} {row['within_count']}" for v, row in others.items() if row["within_count"] != plain["within_count"]]
    told = f"{plain['within_count']} of {plain['spoken']} within 0.5 s in exact and in {', '.join(others)}"
    outcome = "no" if apart else "yes"
    return [f"- **`{method}` the same whatever times and dress captions have: {outcome}.** {told}"
            + (f", but {', '.join(apart)}." if apart else ".")]  # fmt: skip


def reached(scores: Scores, target: dict[str, Any], bounds: str) -> str | None:
    """Whether a target of conf/targets.json is reached; None where the corpus has nothing to tell.

    A target names a `measure` ("start.median": of a statistic), `at_least` or `at_most` a value, and where: of a
    `method`, over the whole "grid", in the pooled rows of `variants`, or in each cell of these `recordings`. With
    `needs` it is measured only where the row has that too.
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
    told = {name: value for name, value in found.items() if value is not None}
    good = [name for name, value in told.items() if _holds(value, target)]
    values = "; ".join(f"{name} {value:.3g}" for name, value in told.items())
    silent = [name for name in found if name not in told]
    values += (f"; not measured in {', '.join(silent)}") if silent else ""
    outcome = "reached" if len(good) == len(found) else f"reached in {len(good)} of {len(found)}"
    if not good:
        outcome = "not reached" if told else "not measured"
    return f"- **{target['claim']} ({bounds}): {outcome}.** {values.removeprefix('; ')}."


def _value(row: dict[str, Any], measure: str) -> float | None:
    value: Any = row
    for name in measure.split("."):
        value = None if value is None else value[name]
    return value


def _holds(value: float, target: dict[str, Any]) -> bool:
    return bool(value >= target.get("at_least", value) and value <= target.get("at_most", value))
