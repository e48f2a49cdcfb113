"""Alignment of several recordings in one process: `align_several`, and the captions of each in a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ctcalign.alignment.alignment import Alignment
from ctcalign.errors import CtcAlignError, UsageError

SHOWN = 3


class Pair(NamedTuple):
    """Paths of a recording and of its captions."""

    audio: str
    captions: str


@dataclass(frozen=True)
class Outcome:
    """The alignment of a pair, or the error that prevented it."""

    pair: Pair
    alignment: Alignment | None
    error: Exception | None = None


def pairs_of(recordings: Sequence[str], folder: Path) -> list[Pair]:
    """Each recording with the file of the same name in a folder: talk.mp3 with talk.srt or talk.en.srt.

    Raises:
        UsageError: captions of a recording are missing or ambiguous, or two recordings have the same name.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    inputs = {Path(recording).resolve() for recording in recordings}
    found: list[Pair] = []
    stems: dict[str, str] = {}
    missing: list[str] = []
    for recording in recordings:
        stem = Path(recording).stem
        if stem in stems:
            raise UsageError(
                f"{recording}: has the name of {stems[stem]}; align recordings with the same name one by one"
            )
        stems[stem] = recording
        own = [path for path in files if path.stem == stem and path.resolve() not in inputs]
        own = own or [path for path in files if path.name.startswith(f"{stem}.") and path.resolve() not in inputs]
        if len(own) > 1:
            names = ", ".join(path.name for path in own[:SHOWN])
            raise UsageError(
                f"{recording}: {len(own)} files in {folder} have its name ({names}); keep one of them there"
            )
        if own:
            found.append(Pair(recording, str(own[0])))
        else:
            missing.append(recording)
    if missing:
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise UsageError(
            f"no captions in {folder} for {', '.join(missing[:SHOWN])}{more}; expected a file of the same name, "
            f"such as {Path(missing[0]).stem}.srt"
        )
    return found


def align_several(pairs: Sequence[Pair], align: Callable[[Pair], Alignment]) -> Iterator[Outcome]:
    """Align one recording after the other; a recording that fails does not stop the others.

    Args:
        align: aligns one pair, with a model that is loaded already, and may write the result.
    """
    for pair in pairs:
        try:
            yield Outcome(pair, align(pair))
        except (CtcAlignError, OSError, MemoryError) as error:
            yield Outcome(pair, None, error)
