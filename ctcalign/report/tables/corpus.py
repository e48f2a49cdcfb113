"""Lines about a corpus: the estimate before a run, the summary and the failures after it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ctcalign.corpus.estimate import Estimate

SHOWN = 10  # failures


def estimate_lines(found: Estimate) -> list[str]:
    """What a run would take."""
    lines = [f"recordings: {found.recordings}"]
    lines += [f"  cannot be aligned, {reason}: {count}" for reason, count in found.problems.items()]
    lines.append(f"hours of audio: {found.hours:.2f} (from {found.samples} samples where the input does not say)")
    each = "worker" if found.workers == 1 else "workers"
    lines.append(f"time with {found.workers} {each}: {_time(found.seconds)}")
    lines.append(f"outputs: {found.output_bytes / 1e6:.1f} MB")
    lines += [f"sample failed: {text}" for text in found.failed]
    return lines


def summary_lines(report: Mapping[str, Any], output: Path) -> list[str]:
    """Counts of a run and where its results are."""
    left = f", {report['left']} left" if report["left"] else ", some left" if report["left"] is None else ""
    count = report["done"] + report["failed"] + (report["left"] or 0)
    lines = [f"{report['done']} of {count} recordings aligned, {report['failed']} failed{left}"]
    if "hours" in report:
        cues = report["cues"]
        lines.append(
            f"{report['hours']:.2f} hours; {cues['aligned']} captions aligned, {cues['not_spoken']} not spoken, "
            f"{cues['failed']} failed"
        )
        if report["confidence"] is not None:
            lines.append(f"mean confidence {report['confidence']:.3f}; see {output / 'report.html'}")
    return lines


def failure_lines(report: Mapping[str, Any]) -> list[str]:
    """The first failures and damaged records by name, and the number of the others."""
    failures = report.get("failures", [])
    lines = [_failure(one) for one in failures[:SHOWN]]
    if len(failures) > SHOWN:
        lines.append(f"and {len(failures) - SHOWN} more recordings failed; report.json names all")
    damaged = report.get("damaged", [])
    if damaged:
        names = ", ".join(_short(name) for name in damaged[:SHOWN])
        more = f" and {len(damaged) - SHOWN} more" if len(damaged) > SHOWN else ""
        lines.append(
            f"records that are damaged, or whose outputs are missing: {len(damaged)} ({names}{more}); their recordings "
            "are not in the manifest: align them again"
        )
    return lines


def _failure(one: Mapping[str, Any]) -> str:
    return f"{_short(one['id'])}: {one['reason']}: {one['detail'][:400]}"


def _short(name: str) -> str:
    return name if len(name) <= 80 else f"{name[:60]}...{name[-15:]}"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
