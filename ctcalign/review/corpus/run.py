"""`review_corpus`: a page for each recording of an output folder of `align-corpus`, and an index of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ctcalign.emission.progress import Progress, ignored
from ctcalign.errors import OutputError, UsageError
from ctcalign.files.digests import read_json, write_json
from ctcalign.files.lock import locked
from ctcalign.formats.datasets.corpus_folder import ABOUT, is_corpus
from ctcalign.review.corpus.index import IndexTally, write_index
from ctcalign.review.corpus.recordings import NO_RECORD, Row, Source, make_page, sources, state_of
from ctcalign.review.options import PageOptions

MARKER, SCHEMA = "review.json", "ctcalign/review/1"
SHOWN = 20  # problems


@dataclass
class CorpusReview:
    """What was written.

    Attributes:
        index: the page that links to the others.
        written, kept: pages that were written, and that were there already.
        problems: recordings that could not be read in full; the first ones are in `messages`.
        messages: "ID: problem: detail".
    """

    index: Path
    written: int = 0
    kept: int = 0
    problems: int = 0
    messages: list[str] = field(default_factory=list)


def review_corpus(
    folder: str | Path,
    output: str | Path | None = None,
    *,
    options: PageOptions | None = None,
    progress: Progress = ignored,
) -> CorpusReview:
    """Write OUTPUT/index.html and OUTPUT/pages/ID.html for each recording of a corpus.

    A page is kept if its alignment, its recording and the options have not changed since it was written, so a run that
    was stopped goes on where it ended. A recording that cannot be read is counted and named, and the others go on.

    Args:
        folder: output folder of `align-corpus`.
        output: folder of the pages; None: `review` inside of `folder`.
        options: of the pages; `index` is set here.
    Raises:
        UsageError: `folder` is no such folder, or `output` holds something else.   OutputError: see `write_page`.
    """
    folder, options = Path(folder), options or PageOptions()
    if not is_corpus(folder):
        raise UsageError(
            f"{folder}: is a folder, but no output folder of align-corpus; expected an alignment or such a one"
        )
    target = folder / "review" if output is None else Path(output)
    _claim(target)
    found, counted = CorpusReview(target / "index.html"), IndexTally()
    with locked(target, work="review"):
        total = sum(1 for _ in sources(folder))
        for number, source in enumerate(sources(folder)):
            progress("writing pages", number, total)
            counted.add(source, _reviewed(folder, target, source, options, found))
        about = read_json(folder / ABOUT)
        model = about.get("model") if isinstance(about, dict) else None
        title = folder.resolve().name or "corpus"
        write_index(target, title, None if model is None else str(model), counted, _states(folder, target))
    return found


def _reviewed(folder: Path, target: Path, source: Source, options: PageOptions, found: CorpusReview) -> Row:
    """The state of the page of a recording, which is written if it is not there."""
    if source.is_failed:
        return {}
    if source.record is None:
        state: Row = {"problem": NO_RECORD, "detail": "align the corpus again"}
    else:
        state, kept = make_page(folder, target, source, options)
        found.kept += kept
        found.written += bool(state["page"]) and not kept
    if state["problem"]:
        found.problems += 1
        if len(found.messages) < SHOWN:
            found.messages.append(f"{source.id}: {state['problem']}: {state['detail']}")
    return state


def _states(folder: Path, target: Path) -> Iterator[tuple[Source, Row]]:
    """Each recording with the state of its page."""
    for source in sources(folder):
        if source.is_failed:
            yield source, {}
        elif source.record is None:
            yield source, {"problem": NO_RECORD, "detail": "align the corpus again"}
        else:
            yield source, state_of(target, source)


def _claim(target: Path) -> None:
    """Make the folder of the pages.

    Raises:
        UsageError: it holds something else.   OutputError: it cannot be made.
    """
    marker = read_json(target / MARKER)
    if isinstance(marker, dict) and marker.get("schema") == SCHEMA:
        return
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"output: {target} holds something else than pages of a review; name an empty or a new folder")
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{target}: cannot be created: {error.strerror or error}") from error
    write_json(target / MARKER, {"schema": SCHEMA})
