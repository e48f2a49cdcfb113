"""Documents of other commands: alignments, truth, manifests, examples, calibrations, lists of phrases."""

from __future__ import annotations

from pathlib import Path

from ctcalign.files import parse_json, read_json_lines
from ctcalign.formats import read_alignment, render
from tools.fuzz import seeds
from tools.fuzz.mutation import Seed
from tools.fuzz.target import Target, file_target

_FITTED = Path(__file__).parents[3] / "ctcalign" / "models" / "builtin" / "en"


def targets() -> list[Target]:
    """A target for each reader of a document."""
    content = render(seeds.alignment(), "json").content
    assert isinstance(content, str)
    aligned = Seed("talk.json", content.encode())
    lhotse = seeds.caption_files()["lhotse"]
    truth = Seed("truth.json", seeds.truth())
    found = [
        file_target("documents.alignment", [aligned], read_alignment),
        file_target("documents.filter", [aligned, *lhotse], _filter),
        file_target("documents.score", [truth, aligned, *lhotse], _score),
        file_target("documents.truth", [truth], _score),
        file_target("documents.sets", [truth, *lhotse, Seed("list.jsonl", _LIST)], _sets),
        file_target("documents.examples", [Seed("pairs.jsonl", seeds.examples())], _examples),
        file_target("documents.json", [aligned, *lhotse], lambda path: parse_json(path.read_text("latin-1"), "x")),
        file_target("documents.json-lines", lhotse, read_json_lines),
    ]
    for name, call in (("confidence", _confidence), ("search", _search)):
        path = _FITTED / f"{name}.json"
        found.append(file_target(f"documents.{name}", [Seed(path.name, path.read_bytes())], call))
    return found


_LIST = b"""{"path": "a.wav", "text": "hello there", "speaker": "ann"}
{"path": "b.wav", "text_norm": "good evening", "speaker": null}
"""


def _filter(path: Path) -> None:
    from ctcalign.filtering.criteria import Criteria
    from ctcalign.filtering.documents import Tally, filtered, least_confidence, read_document

    document = read_document(path)
    if document is not None:
        filtered(document, Criteria(min_confidence=0.5, min_duration=0.1, max_duration=20.0), Tally())
        least_confidence([document], Criteria(), 0.9)


def _score(path: Path) -> None:
    from ctcalign.scoring.files import read_timed

    read_timed(path)


def _sets(path: Path) -> None:
    from ctcalign.calibration.sets import read_sets

    read_sets([path])


def _examples(path: Path) -> None:
    from ctcalign.train.preference.examples import read_examples

    read_examples(str(path))


def _confidence(path: Path) -> None:
    from ctcalign.aligner.confidence.calibration import read_calibration

    read_calibration(path)


def _search(path: Path) -> None:
    from ctcalign.search.confidence import read_calibration

    read_calibration(path)
