"""The report of a corpus, from its records: hours, failures by reason, confidences, and the worst recordings."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ctcalign import __version__
from ctcalign.corpus.work.summary import BINS

SCHEMA = "ctcalign/corpus-report/1"
WORST = 50  # recordings
WARNED = 50
_SUMS = ("aligned", "not_spoken", "failed", "words")


@dataclass
class Tally:
    """Sums over the records of a corpus; memory grows with the failures alone."""

    done: int = 0
    seconds: float = 0.0
    captioned: float = 0.0
    cues: Counter[str] = field(default_factory=Counter)
    stages: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    failures: list[dict[str, Any]] = field(default_factory=list)
    histogram: list[int] = field(default_factory=lambda: [0] * BINS)
    measured: int = 0
    confidence: float = 0.0
    warned: int = 0
    _worst: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)
    _warnings: list[dict[str, Any]] = field(default_factory=list)

    def add(self, record: dict[str, Any]) -> None:
        """Count a record."""
        if record["status"] != "done":
            self.reasons[record["reason"]] += 1
            self.failures.append({name: record[name] for name in ("id", "reason", "detail", "attempts")})
            return
        self.done += 1
        self.seconds += record["duration"]
        self.captioned += record["captioned"]
        self.cues.update({name: record[name] for name in _SUMS})
        self.stages.update(record["seconds"])
        if record["warnings"]:
            self.warned += 1
            if len(self._warnings) < WARNED:
                self._warnings.append({"id": record["id"], "warnings": record["first_warnings"]})
        if record["confidence"] is not None:
            self.measured += 1
            self.confidence += record["confidence"]
            for place, count in enumerate(record["histogram"] or ()):
                self.histogram[place] += count
        expected = record["aligned"] + record["failed"] + record["not_spoken"]
        share = record["aligned"] / expected if expected else 0.0
        quality = share if record["confidence"] is None else record["confidence"]
        row = {name: record[name] for name in ("id", "confidence", "duration", "aligned", "not_spoken", "failed")}
        heapq.heappush(self._worst, (-quality, record["id"], row))
        if len(self._worst) > WORST:
            heapq.heappop(self._worst)

    def report(self, about: dict[str, Any], left: int | None, gone: int, damaged: Sequence[str] = ()) -> dict[str, Any]:
        """The report as a JSON object.

        Args:
            about: description of the folder.
            left: recordings that are neither done nor failed; None if that is not known.
            gone: records of recordings that the collection no longer has.
            damaged: names of records that cannot be used; see `all_records`.
        """
        worst = [row for _, _, row in sorted(self._worst, key=lambda one: (-one[0], one[1]))]
        return {
            "schema": SCHEMA,
            "version": __version__,
            "model": about.get("model"),
            "formats": about.get("formats"),
            "recordings": self.done + len(self.failures) + (left or 0),
            "done": self.done,
            "failed": len(self.failures),
            "left": left,
            "gone": gone,
            "damaged": list(damaged),
            "hours": round(self.seconds / 3600, 4),
            "captioned_hours": round(self.captioned / 3600, 4),
            "cues": {name: self.cues[name] for name in _SUMS[:3]},
            "words": self.cues["words"],
            "confidence": round(self.confidence / self.measured, 4) if self.measured else None,
            "histogram": self.histogram if self.measured else None,
            "stages": {name: round(seconds, 2) for name, seconds in self.stages.most_common()},
            "reasons": dict(self.reasons.most_common()),
            "failures": sorted(self.failures, key=lambda one: str(one["id"])),
            "worst": worst,
            "recordings_with_warnings": self.warned,
            "warnings": self._warnings,
        }
