"""`score`: an alignment file against a reference file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from ctcalign.alignment.alignment import Alignment
from ctcalign.errors import CaptionError
from ctcalign.formats.datasets.corpus_folder import is_corpus
from ctcalign.metrics.reliability import Detection
from ctcalign.scoring.comparison import Comparison, compare
from ctcalign.scoring.corpus import CorpusFiles
from ctcalign.scoring.files import read_timed
from ctcalign.scoring.items import TimedFile, items_of
from ctcalign.scoring.options import Level, Options

SCHEMA = "ctcalign/score/1"
# Pairs (alignment, reference), as often as they are asked for.
Files: TypeAlias = list[tuple[TimedFile, TimedFile]] | CorpusFiles


@dataclass
class Score:
    """The result of `score`: one comparison for each level, and warnings."""

    comparisons: list[Comparison]
    recordings: int = 1
    warnings: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """A JSON object. Times in seconds, fractions in [0, 1], null if there was nothing to measure."""
        return {
            "schema": SCHEMA,
            "recordings": self.recordings,
            "warnings": self.warnings,
            "levels": {comparison.level: _row(comparison) for comparison in self.comparisons},
        }


def score(
    alignment: Alignment | str | Path,
    reference: Alignment | str | Path,
    levels: Sequence[Level] | None = None,
    options: Options | None = None,
    recording: str | None = None,
) -> Score:
    """Compare an alignment with a reference. Both are alignments, or files that `read_timed` reads.

    Args:
        alignment: may also be an output folder of `align-corpus`, which is read one alignment after the other.
        reference: of such a folder: see `CorpusFiles`.
        levels: "cue", "word" or both; None: those that both files have.
        recording: the one to compare, if the files contain several; None compares all of them, by their ids.
    Raises:
        CaptionError: a file cannot be read, or they cannot be compared.

    >>> import ctcalign
    >>> result = ctcalign.score("egs/demo/truth.json", "egs/demo/truth.json", levels=["cue"])
    >>> result.comparisons[0].both.mean, result.warnings
    (0.0, [])
    """
    files: Files
    names = _name(alignment, "alignment"), _name(reference, "reference")
    if isinstance(alignment, str | Path) and isinstance(reference, str | Path) and is_corpus(alignment):
        files = CorpusFiles(Path(alignment), Path(reference), recording)
        warnings = _compared(files.found, files.held, *names)
    else:
        found, truth = _timed(alignment, names[0], recording), _timed(reference, names[1], recording)
        files, warnings = _joined(found, truth, *names)
    if levels is None:
        levels = [level for level in ("cue", "word") if _has(level, files)]
        if not levels:
            raise CaptionError(
                f"{names[0]}: has no level in common with {names[1]}: one has cues, the other only words"
            )
    for level in levels:
        _demand(level, files, *names)
    keep = isinstance(files, list)
    return Score([compare(files, level, options, keep=keep) for level in levels], len(files), warnings)


def _name(given: Alignment | str | Path, what: str) -> str:
    return (given.audio or what) if isinstance(given, Alignment) else str(given)


def _timed(given: Alignment | str | Path, name: str, recording: str | None) -> list[TimedFile]:
    return [TimedFile(name, items_of(given))] if isinstance(given, Alignment) else read_timed(given, recording)


def _joined(
    found: list[TimedFile], truth: list[TimedFile], alignment: str, reference: str
) -> tuple[list[tuple[TimedFile, TimedFile]], list[str]]:
    """Pairs (alignment, reference) of each recording of the reference; the alignment may be empty."""
    if len(found) == 1 and len(truth) == 1:
        return [(found[0], truth[0])], []
    own = {file.recording: file for file in found}
    warnings = _compared(own, {file.recording for file in truth}, alignment, reference)
    nothing = TimedFile(alignment, [])
    return [(own.get(file.recording, nothing), file) for file in truth], warnings


def _compared(own: Collection[str | None], held: Collection[str | None], alignment: str, reference: str) -> list[str]:
    """Warnings about recordings that one side does not have.

    Raises:
        CaptionError: they have none in common.
    """
    if not set(held) & set(own):
        raise CaptionError(
            f"{alignment}: {len(own)} recordings ({_some(own)}), none of the {len(held)} of {reference} "
            f"({_some(held)}); choose one with --recording, or rename them"
        )
    warnings = []
    missing, more = [r for r in held if r not in own], [r for r in own if r not in held]
    if missing:
        warnings.append(
            f"{alignment}: contains nothing for {len(missing)} recordings of the reference: {_some(missing)}"
        )
    if more:
        warnings.append(
            f"{reference}: contains nothing for {len(more)} recordings of the alignment, skipped: {_some(more)}"
        )
    return warnings


def _some(names: Any) -> str:
    ordered = sorted(str(name) for name in names)
    return ", ".join(ordered[:5]) + (", ..." if len(ordered) > 5 else "")


def _has(level: Level, files: Files) -> bool:
    return all(any(_items(level, pair[side]) for pair in files) for side in (0, 1))


def _items(level: Level, file: TimedFile) -> bool:
    return file.has_cues and bool(file.cues) if level == "cue" else bool(file.words())


def _demand(level: Level, files: Files, alignment: str, reference: str) -> None:
    for side, name in enumerate((alignment, reference)):
        if not any(_items(level, pair[side]) for pair in files):
            other = "words" if level == "cue" else "cues"
            raise CaptionError(f"{name}: has no {level}s with times; compare {other}")


def _row(found: Comparison) -> dict[str, Any]:
    out = {name: value for name, value in vars(found).items() if name not in ("level", "errors", "pairs")}
    for name in ("options", "ptem", "calibration"):
        out[name] = None if out[name] is None else asdict(out[name])
    for name in ("starts", "ends", "both"):
        if out[name] is not None:
            row = asdict(out[name])
            fractions = row.pop("fractions")
            out[name] = row | {f"within_{1000 * t:.0f}_ms": fraction for t, fraction in fractions.items()}
    for name in ("skips", "kept"):
        out[name] = None if out[name] is None else _detection(out[name])
    return out


def _detection(found: Detection) -> dict[str, Any]:
    return {**asdict(found), "precision": found.precision, "recall": found.recall}
