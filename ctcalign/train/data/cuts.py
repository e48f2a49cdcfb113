"""lhotse cuts from manifests and Shar folders: their samples, texts and word times."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from subprocess import SubprocessError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctcalign.audio.cut_sources import NO_TRUST, Trust, check_sources
from ctcalign.errors import AudioError, CtcAlignError, UsageError
from ctcalign.metrics import TimedWord
from ctcalign.models.features.scale import SAMPLE_RATE
from ctcalign.text.vocabulary import composed
from ctcalign.train.processes import seed_of

_EDGE = 0.1  # seconds, less than a syllable: times of supervisions and lengths of files are rounded

Samples = NDArray[np.float32]
# Exceptions of lhotse for damaged rows and archives, and for audio.
_DAMAGED = (AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError, TypeError, ValueError)
_UNPACKING = (tarfile.TarError, zlib.error)
_DECODING = (ArithmeticError, ImportError, SubprocessError)


def open_cuts(
    name: str,
    sources: str | Sequence[str],
    shuffle_seed: int | None = None,
    trust: Trust = NO_TRUST,
    stream: tuple[int, int] = (0, 1),
    audio: bool = True,
) -> Any:
    """A lazy lhotse CutSet of one or more sources.

    Args:
        name: of the sources in error messages.
        sources: Shar folders (of lhotse's SharWriter) and cut manifests (.jsonl, .jsonl.gz). A source
            that is listed twice counts twice: its shards then come in two orders.
        shuffle_seed: for the order of shards and the mixture of several sources, in proportion to their sizes so that
            all of them last the whole epoch; None keeps the order.
        trust: whether cuts may run commands or open URLs; checked as they are iterated.
        stream: (n, N): the n-th of N parts, n >= 0. From a Shar folder with N shards or more it takes every N-th shard,
            and other shards are not opened; from any other source it takes every N-th cut.
        audio: False: cuts of a Shar folder come without their audio, which is not read.
    Raises:
        UsageError: there is no source, or one is missing or of another kind.  From the iteration: CtcAlignError: a
            source is damaged, or contains no cuts.  UntrustedDataError: a cut needs what is not allowed.
    """
    from lhotse import CutSet

    listed = _listed(sources)
    if not listed:
        raise UsageError(f"{name}: expected a Shar folder or a cut manifest, got an empty list")
    found, sizes = [], []
    for place, source in enumerate(listed):
        path = Path(source).absolute()  # lhotse would run a name that begins with "pipe:"
        number, of = stream
        if _is_shar(path):
            mixed = shuffle_seed is not None
            again = listed[:place].count(source)
            seed = seed_of(shuffle_seed or 0, f"{source} {again}" if again else source)
            fields = {field: files for field, files in _shards(path).items() if audio or field == "cuts"}
            uneven = {field: len(files) for field, files in fields.items() if len(files) != len(fields["cuts"])}
            for field, count in uneven.items():
                has = f"{len(fields['cuts'])} shards of cuts and {count} of {field}"
                raise CtcAlignError(f"{name}: {source}: has {has}; create it again")
            if len(fields["cuts"]) >= of:
                fields, number, of = {field: files[number::of] for field, files in fields.items()}, 0, 1
            cuts = CutSet.from_shar(fields=fields, shuffle_shards=mixed, stateful_shuffle=False, seed=seed)
        elif path.is_file() and ".jsonl" in path.suffixes:
            cuts = CutSet.from_jsonl_lazy(path)
        else:
            if path.is_dir():
                what = "a folder without Shar cuts (cuts.*)"
            else:
                what = "not a cut manifest by its extension" if path.exists() else "no such file or folder"
            raise UsageError(f"{name}: {source}: {what}; give a Shar folder or a cut manifest (.jsonl, .jsonl.gz)")
        found.append(CutSet(_Checked(cuts if of == 1 else _EveryNth(cuts, number, of), f"{name}: {source}", trust)))
        sizes.append(_size(path))
    if len(found) == 1:
        return found[0]
    if shuffle_seed is None:
        return CutSet(_Chain(found))
    return CutSet.mux(*found, weights=sizes, seed=shuffle_seed)


def _size(source: Path) -> float:
    """Approximate size of a source, to compare with others; its manifests are not read."""
    files = _shards(source)["cuts"] if _is_shar(source) else [source]
    packing = 7.0  # compression ratio of a manifest of cuts with gzip
    return sum(file.stat().st_size * (packing if file.suffix == ".gz" else 1.0) for file in files) or 1.0


def fewest_shards(sources: str | Sequence[str]) -> int | None:
    """Number of shards of the Shar folder that has the fewest; None without a Shar folder."""
    paths = [Path(source).absolute() for source in _listed(sources)]
    return min((len(_shards(path)["cuts"]) for path in paths if _is_shar(path)), default=None)


def _listed(sources: str | Sequence[str]) -> list[str]:
    return [sources] if isinstance(sources, str) else list(sources)


def _is_shar(path: Path) -> bool:
    return path.is_dir() and any(path.glob("cuts.*"))


def _shards(path: Path) -> dict[str, list[Path]]:
    """The shards of a Shar folder by field; nothing is opened."""
    from lhotse.shar import LazySharIterator

    found: dict[str, list[Path]] = LazySharIterator(in_dir=path).streams
    return found


class _EveryNth:
    """Every n-th of some cuts."""

    is_lazy = True

    def __init__(self, cuts: Any, start: int, step: int) -> None:
        self.cuts, self.start, self.step = cuts, start, step

    def __iter__(self) -> Iterator[Any]:
        return islice(iter(self.cuts), self.start, None, self.step)


class _Checked:
    """The cuts of one source, each checked before it is passed on."""

    is_lazy = True

    def __init__(self, cuts: Any, where: str, trust: Trust) -> None:
        self.cuts, self.where, self.trust = cuts, where, trust

    def __iter__(self) -> Iterator[Any]:
        rows, number = iter(self.cuts), 0
        while True:
            try:
                cut = next(rows)
            except StopIteration:
                return
            except (*_DAMAGED, *_UNPACKING) as error:
                raise CtcAlignError(
                    f"{self.where}: cannot be read as cuts after {number} of them ({_line(error)}); create it again"
                ) from error
            number += 1
            if not hasattr(cut, "supervisions"):
                raise CtcAlignError(f"{self.where}: item {number} is a {type(cut).__name__}; expected cuts")
            check_sources(cut, self.trust)
            yield cut


class _Chain:
    """Concatenated cut sets, opened as they are read."""

    is_lazy = True

    def __init__(self, sets: Sequence[Any]) -> None:
        self.sets = sets

    def __iter__(self) -> Iterator[Any]:
        for one in self.sets:
            yield from one


def read_samples(cut: Any, rate: int = SAMPLE_RATE, trust: Trust = NO_TRUST) -> Samples:
    """Samples of a cut, (N,) in [-1, 1]; several channels are averaged.

    Args:
        rate: sample rate in Hz to resample to.
        trust: whether the cut may run commands or open URLs.
    Raises:
        AudioError: the audio cannot be read, or has samples that are not finite.  UntrustedDataError: it needs a
            command or URL that is not allowed.
    """
    from lhotse.audio.utils import AudioLoadingError, DurationMismatchError

    check_sources(cut, trust)
    try:
        audio = cut.load_audio()
        if audio is None:
            raise AudioError(f"{cut.id}: has no recording; add one to the manifest")
        samples = np.asarray(audio, np.float32).mean(0)
    except (AudioLoadingError, DurationMismatchError, *_DAMAGED, *_DECODING) as error:
        raise AudioError(f"{cut.id}: its audio cannot be read ({_line(error)})") from error
    if not np.isfinite(samples).all():
        raise AudioError(f"{cut.id}: its audio has NaN or infinite samples; create the file again")
    if cut.sampling_rate != rate:
        import soxr

        samples = soxr.resample(samples, cut.sampling_rate, rate)
    return np.asarray(samples, np.float32)


def _line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]


def captions_of_cut(cut: Any) -> list[Any]:
    """The supervisions of a cut that have a text, by time."""
    return [one for one in sorted(cut.supervisions, key=lambda one: float(one.start)) if one.text is not None]


def text_of_cut(cut: Any) -> str | None:
    """Texts of the supervisions of a cut by time, composed (NFC), joined by spaces; None without any text."""
    texts = [one.text for one in captions_of_cut(cut)]
    return composed(" ".join(" ".join(texts).split())) if texts else None


def language_of_cut(cut: Any) -> str | None:
    """Language of the first supervision with a text, as the manifest names it; None if unknown."""
    return next((one.language for one in captions_of_cut(cut)), None)


def outside(cut: Any) -> str:
    """How far a transcript exceeds its cut, in words; "" if all of it is inside, up to `_EDGE` seconds."""
    for one in captions_of_cut(cut):
        if one.text.strip() and not (-_EDGE <= one.start and one.end <= cut.duration + _EDGE):
            return f"its text belongs to {one.start:g} to {one.end:g} s of a cut of {cut.duration:g} s"
    return ""


def timed_words(cut: Any, min_score: float = float("-inf")) -> list[TimedWord]:
    """Words of a cut with times; nan if its alignment has none for its text, or their score is below `min_score`."""
    nan, found = float("nan"), []
    for one in sorted(cut.supervisions, key=lambda one: float(one.start)):
        texts = composed(one.text or "").split()
        items = (one.alignment or {}).get("word", [])
        if [composed(item.symbol) for item in items] != texts:
            found += [TimedWord(text, nan, nan) for text in texts]
            continue
        shift = _shift(items, one, float(getattr(cut, "start", 0.0)))
        for text, item in zip(texts, items, strict=True):
            start, end = item.start + shift, item.end + shift
            inside = -_EDGE <= start and end <= cut.duration + _EDGE
            known = inside and (item.score is None or item.score >= min_score)
            found.append(TimedWord(text, start, end) if known else TimedWord(text, nan, nan))
    return found


def _shift(items: Sequence[Any], supervision: Any, cut_start: float) -> float:
    """Seconds to add to the times of an alignment so that they count from the start of the cut.

    lhotse moves the times of supervisions when a recording is cut, but not those of their alignments; where these fit
    the supervision better as they are, they count from the start of the cut already.
    """

    def excess(shift: float) -> float:
        early = float(supervision.start) - min((float(item.start) + shift for item in items), default=0.0)
        late = max((float(item.end) + shift for item in items), default=0.0) - float(supervision.end)
        return max(0.0, early - _EDGE) + max(0.0, late - _EDGE)

    return -cut_start if excess(-cut_start) <= excess(0.0) else 0.0
