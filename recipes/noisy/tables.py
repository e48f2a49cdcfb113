"""The scores of a noisy-captions grid as tables in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from recipes.results_page import markdown_table

Row = dict[str, Any]
Cell = Callable[[Row], str]
NOTHING = "–"


class Scores:
    """The document that recipes.noisy.scores writes, by name."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.recordings: list[str] = document["recordings"]
        self.methods: list[str] = document["methods"]
        self.cells = {(row["recording"], row["variant"], row["method"]): row for row in document["cells"]}
        self.rows = {(row["variant"], row["method"]): row for row in document["rows"]}
        self.grid = {row["method"]: row for row in document["grid"]}
        names = {row["variant"] for row in document["rows"]}
        self.variants = sorted(names, key=lambda name: (self.noisy(name), name))

    def noisy(self, variant: str) -> bool:
        """Whether captions of a variant are not spoken as written, not spoken at all, or missing."""
        row = self.rows[variant, self.methods[0]]
        return bool(row["inexact"] or row["speech"]["unspoken"] or row["uncaptioned"])

    def starred(self, variant: str) -> str:
        """The variant's name, with a star if it is noisy."""
        return variant + (" *" if self.noisy(variant) else "")


def percent(value: float | None) -> str:
    return NOTHING if value is None else f"{100 * value:.1f}"


def milliseconds(value: float | None) -> str:
    return NOTHING if value is None else f"{1000 * value:.0f}"


def by_variant(scores: Scores, methods: Sequence[str], cell: Cell, variants: Sequence[str] | None = None) -> list[str]:
    """One line per variant, one column per method; noisy variants with a star."""
    lines = []
    for variant in scores.variants if variants is None else variants:
        lines.append([scores.starred(variant), *(cell(scores.rows[variant, method]) for method in methods)])
    return markdown_table(["captions", *methods], lines)


def within_table(scores: Scores, bounds: str) -> list[str]:
    """Percentage of the spoken cues with both ends within the tolerance; the best of each line in bold."""
    lines = []
    for variant in scores.variants:
        found = [scores.rows[variant, method][bounds] for method in scores.methods]
        most = max(row["within_count"] for row in found)
        shown = [f"**{percent(r['within'])}**" if r["within_count"] == most else percent(r["within"]) for r in found]
        lines.append([scores.starred(variant), str(found[0]["spoken"]), *shown])
    return markdown_table(["captions", "spoken", *scores.methods], lines)


def errors_table(scores: Scores, bounds: str, side: str) -> list[str]:
    """Median and P95 of the errors of starts or ends, milliseconds."""

    def cell(row: Row) -> str:
        found = row[bounds][side]
        return NOTHING if found is None else f"{milliseconds(found['median'])} / {milliseconds(found['p95'])}"

    return by_variant(scores, scores.methods, cell)


def runaway_table(scores: Scores) -> list[str]:
    """Percentage of the placed cues with an end more than 1 s off."""
    return by_variant(scores, scores.methods, lambda row: percent(row["speech"]["runaway"]))


def skips_table(scores: Scores, methods: Sequence[str]) -> list[str]:
    """Precision and recall of "not spoken", and the number of spoken cues that are marked so."""

    def cell(row: Row) -> str:
        found = row["speech"]
        if not found["unspoken"]:
            return f"{found['skipped_wrongly']}"
        return f"{percent(found['skip_precision'])} / {percent(found['skip_recall'])}, {found['skipped_wrongly']}"

    lines = []
    for variant in scores.variants:
        unspoken = scores.rows[variant, methods[0]]["speech"]["unspoken"]
        lines.append([variant, str(unspoken), *(cell(scores.rows[variant, method]) for method in methods)])
    return markdown_table(["captions", "unspoken", *methods], lines)


def neighbours_table(scores: Scores, bounds: str) -> list[str]:
    """Percentage within 0.2 s, of the neighbours (`scores.neighbours`) and of all other cues."""
    variants = [v for v in scores.variants if scores.rows[v, scores.methods[0]][bounds]["beside_count"]]

    def cell(row: Row) -> str:
        return f"{percent(row[bounds]['beside'])} ({percent(row[bounds]['elsewhere'])})"

    lines = []
    for variant in variants:
        count = scores.rows[variant, scores.methods[0]][bounds]["beside_count"]
        lines.append([variant, str(count), *(cell(scores.rows[variant, method]) for method in scores.methods)])
    return markdown_table(["captions", "neighbours", *scores.methods], lines)


def auc_table(scores: Scores, bounds: str) -> list[str]:
    """Area under the ROC curve of right cues, for variants that have wrong ones."""
    variants = [v for v in scores.variants if any(scores.rows[v, m][bounds]["auc"] is not None for m in scores.methods)]

    def cell(row: Row) -> str:
        return NOTHING if row[bounds]["auc"] is None else f"{row[bounds]['auc']:.3f}"

    return by_variant(scores, scores.methods, cell, variants)


def with_confidence(scores: Scores) -> list[str]:
    """The methods whose cues have a calibrated confidence."""
    return [method for method in scores.methods if scores.grid[method]["speech"]["calibration"] is not None]


def confidence_table(scores: Scores, bounds: str) -> list[str]:
    """ECE, and precision / recall at the threshold; empty if no method has a confidence."""
    methods = with_confidence(scores)
    if not methods:
        return []

    def cell(row: Row) -> str:
        found = row[bounds]
        if found["calibration"] is None:
            return NOTHING
        pair = f"{percent(found['kept_precision'])} / {percent(found['kept_recall'])}"
        return f"{found['calibration']['ece']:.3f}, {pair}"

    return by_variant(scores, methods, cell)


def grid_table(scores: Scores, bounds: str) -> list[str]:
    """One line per method, all cells pooled."""
    head = ["method", "within 0.5 s", "AUC", "by", "ECE", "Brier", "kept at 0.95", "precision", "recall"]
    lines = []
    for method in scores.methods:
        row = scores.grid[method]
        found = row[bounds]
        calibration = found["calibration"] or {}
        auc = NOTHING if found["auc"] is None else f"{found['auc']:.4f}"
        errors = [f"{calibration[name]:.3f}" if calibration else NOTHING for name in ("ece", "brier")]
        kept = NOTHING if found["kept"] is None else str(found["kept"])
        both = [percent(found["kept_precision"]), percent(found["kept_recall"])]
        lines.append([method, percent(found["within"]), auc, found["auc_of"] or NOTHING, *errors, kept, *both])
    return markdown_table(head, lines)


def runs_table(scores: Scores) -> list[str]:
    """CPU time and number of failed cells of each method."""
    rows = [scores.grid[method] for method in scores.methods]
    lines = [
        [
            row["method"],
            str(row["cells"]),
            str(len(row["failures"])),
            f"{row['seconds']:.0f}",
            ", ".join(row["commits"]),
        ]
        for row in rows
    ]
    return markdown_table(["method", "cells", "failed", "CPU seconds", "commit"], lines)


def recordings_table(scores: Scores, method: str, bounds: str) -> list[str]:
    """One method: variants by recordings; the longer list goes down."""
    return _grid(scores.recordings, scores.variants, lambda r, v: _within(scores, [r], v, method, bounds), method)


def sounds_table(scores: Scores, method: str, bounds: str) -> list[str]:
    """One method: sounds, pooled over the recordings RECORDING+SOUND, by variants; empty without any."""
    sounds: dict[str, list[str]] = {}
    for recording in scores.recordings:
        _, found, sound = recording.partition("+")
        if found:
            sounds.setdefault(sound, []).append(recording)
    if not sounds:
        return []
    return _grid(list(sounds), scores.variants, lambda s, v: _within(scores, sounds[s], v, method, bounds), method)


def _within(scores: Scores, recordings: Sequence[str], variant: str, method: str, bounds: str) -> str:
    """Percentage of the spoken cues of some recordings within the tolerance."""
    cells = [cell for name in recordings if (cell := scores.cells.get((name, variant, method))) is not None]
    spoken = sum(cell[bounds]["spoken"] for cell in cells)
    return percent(sum(cell[bounds]["within_count"] for cell in cells) / spoken if spoken else None)


def _grid(rows: Sequence[str], columns: Sequence[str], cell: Callable[[str, str], str], corner: str) -> list[str]:
    """A table; the longer of both lists goes down."""
    if len(columns) > len(rows):
        return markdown_table([f"`{corner}`", *rows], [[c, *(cell(r, c) for r in rows)] for c in columns])
    return markdown_table([f"`{corner}`", *columns], [[r, *(cell(r, c) for c in columns)] for r in rows])


def weakest(scores: Scores, method: str, bounds: str, most: int = 12) -> list[str]:
    """The cells with the smallest percentage within the tolerance."""
    cells = [cell for cell in scores.cells.values() if cell["method"] == method and cell[bounds]["within"] is not None]
    lines = []
    for cell in sorted(cells, key=lambda cell: cell[bounds]["within"])[:most]:
        found = cell[bounds]
        counts = f"{found['within_count']} of {found['spoken']}"
        left = [percent(found["runaway"]), str(found["skipped_wrongly"]), str(found["spoken"] - found["placed"])]
        lines.append([cell["recording"], cell["variant"], counts, percent(found["within"]), *left])
    head = ["recording", "captions", "within 0.5 s", "%", "runaway %", "skipped wrongly", "spoken, not placed"]
    return markdown_table(head, lines)
