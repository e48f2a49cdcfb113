"""Cuts from manifests and Shar folders: their sound, their text, their words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.errors import AudioError, UsageError
from ctcalign.metrics import TimedWord
from ctcalign.models.features import SAMPLE_RATE
from ctcalign.train.keys import key

Samples = NDArray[np.float32]


def open_cuts(name: str, sources: str | Sequence[str], shuffle_key: int | None = None) -> Any:
    """A lazy lhotse CutSet of one or more sources.

    Args:
        name: what the sources are called in a message.
        sources: Shar folders (of lhotse's SharWriter) and cut manifests (.jsonl, .jsonl.gz).
        shuffle_key: seed for the order of the shards and the mixture of several sources; None keeps the order.
    Raises:
        UsageError: there is no source, or one is missing or of another kind.
    """
    from lhotse import CutSet

    listed = [sources] if isinstance(sources, str) else list(sources)
    if not listed:
        raise UsageError(f"{name}: expected a Shar folder or a cut manifest, got an empty list")
    found = []
    for source in listed:
        path = Path(source)
        if path.is_dir() and any(path.glob("cuts.*")):
            mixed = shuffle_key is not None
            seed = key(shuffle_key or 0, source)
            found.append(CutSet.from_shar(in_dir=path, shuffle_shards=mixed, stateful_shuffle=False, seed=seed))
        elif path.is_file() and ".jsonl" in path.suffixes:
            found.append(CutSet.from_jsonl_lazy(path))
        else:
            what = "a folder without Shar cuts (cuts.*)" if path.is_dir() else "no such file or folder"
            raise UsageError(f"{name}: {source}: {what}; give a Shar folder or a cut manifest (.jsonl, .jsonl.gz)")
    if len(found) == 1:
        return found[0]
    return CutSet.mux(*found, seed=shuffle_key) if shuffle_key is not None else CutSet(_Chain(found))


class _Chain:
    """Cut sets one after the other, opened when they are read."""

    is_lazy = True

    def __init__(self, sets: Sequence[Any]) -> None:
        self.sets = sets

    def __iter__(self) -> Iterator[Any]:
        for one in self.sets:
            yield from one


def read_samples(cut: Any, rate: int = SAMPLE_RATE) -> Samples:
    """The sound of a cut, one channel, (N,) in [-1, 1]; several channels are averaged.

    Args:
        rate: samples a second that are wanted.
    Raises:
        AudioError: it cannot be read or holds values that are no numbers.
    """
    from lhotse.audio.utils import AudioLoadingError, DurationMismatchError

    try:
        audio = cut.load_audio()
        if audio is None:
            raise AudioError(f"{cut.id}: has no recording; make the manifest with one")
        samples = np.asarray(audio, np.float32).mean(0)
    except (AudioLoadingError, DurationMismatchError, OSError, RuntimeError, ValueError) as error:
        line = next(iter(str(error).splitlines()), type(error).__name__)
        raise AudioError(f"{cut.id}: its sound cannot be read ({line[:200]})") from error
    if not np.isfinite(samples).all():
        raise AudioError(f"{cut.id}: its sound holds NaN or infinite samples; write it again")
    if cut.sampling_rate != rate:
        import soxr

        samples = soxr.resample(samples, cut.sampling_rate, rate)
    return np.asarray(samples, np.float32)


def text_of_cut(cut: Any) -> str | None:
    """Texts of the cut's supervisions in order of time, by single spaces; None when there is none."""
    texts = [one.text for one in sorted(cut.supervisions, key=lambda one: float(one.start)) if one.text is not None]
    return " ".join(" ".join(texts).split()) if texts else None


def timed_words(cut: Any, min_score: float = float("-inf")) -> list[TimedWord]:
    """The words of a cut in order; without times where its alignment does not tell them or scores below `min_score`."""
    nan, found = float("nan"), []
    for one in sorted(cut.supervisions, key=lambda one: float(one.start)):
        texts = (one.text or "").split()
        items = (one.alignment or {}).get("word", [])
        if [item.symbol for item in items] != texts:
            found += [TimedWord(text, nan, nan) for text in texts]
            continue
        for item in items:
            known = item.score is None or item.score >= min_score
            # Times of a supervision's alignment count from the beginning of the cut, as the supervision's own.
            found.append(TimedWord(item.symbol, item.start, item.end) if known else TimedWord(item.symbol, nan, nan))
    return found
