"""Cuts of the Align With Purpose recipes: samples with timed words, written as lhotse Shar and read back."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from ctcalign.audio.cut_sources import check_sources
from ctcalign.metrics import TimedWord

SAMPLE_RATE = 16_000


def speech_cut(name: str, samples: NDArray[np.float32], words: Sequence[TimedWord], text: str, speaker: str) -> Any:
    """A cut of 16 kHz samples, (N,) in [-1, 1], with one supervision that spans it.

    Args:
        words: empty when no times are known; times are rounded to the microsecond.
    """
    from lhotse import AudioSource, Recording, SupervisionSegment
    from lhotse.supervision import AlignmentItem

    file = io.BytesIO()
    sf.write(file, samples, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    duration = len(samples) / SAMPLE_RATE
    source = AudioSource("memory", [0], file.getvalue())
    recording = Recording(name, [source], SAMPLE_RATE, len(samples), duration, [0])
    items = [AlignmentItem(w.text, round(w.start, 6), round(w.end - w.start, 6)) for w in words]
    cut = recording.to_cut()
    cut.id = name
    cut.supervisions = [
        SupervisionSegment(
            name, name, 0.0, duration, text=text, speaker=speaker, alignment={"word": items} if items else None
        )
    ]
    return cut


def write_shar(cuts: Iterable[Any], folder: Path, shard_size: int = 500) -> int:
    """Write cuts with their audio (FLAC) to a folder, which is created only when complete. Returns their number."""
    from lhotse.shar import SharWriter

    part = folder.with_name(folder.name + ".part")
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(parents=True)
    count = 0
    with SharWriter(str(part), fields={"recording": "flac"}, shard_size=shard_size) as writer:
        for cut in cuts:
            for note in ("shard_origin", "shar_epoch"):  # added by lhotse when it reads a Shar folder
                (cut.custom or {}).pop(note, None)
            writer.write(cut)
            count += 1
    if not count:
        shutil.rmtree(part)
        raise SystemExit(f"{folder.name}: no utterances to write; check the source folders")
    if folder.exists():
        shutil.rmtree(folder)
    os.replace(part, folder)
    return count


def read_shar(folder: Path) -> Iterator[Any]:
    """The cuts of a folder, in the order in which they were written."""
    from lhotse import CutSet

    if not any(folder.glob("cuts.*")):
        raise SystemExit(f"{folder}: contains no Shar cuts; run the stage that prepares them")
    for cut in CutSet.from_shar(in_dir=folder.absolute(), split_for_dataloading=False, shuffle_shards=False):
        check_sources(cut)
        yield cut


def timed_words(cut: Any, min_score: float = float("-inf")) -> list[TimedWord]:
    """The words of a cut in order, without times (nan) if they are unknown.

    These are words with a score below `min_score`, and all words of a cut that was not aligned or whose alignment has
    other words than its text.
    """
    nan = float("nan")
    supervision = cut.supervisions[0]
    texts = (supervision.text or "").split()
    items = (supervision.alignment or {}).get("word", [])
    if [item.symbol for item in items] != texts:
        return [TimedWord(text, nan, nan) for text in texts]
    return [
        TimedWord(item.symbol, nan, nan)
        if item.score is not None and item.score < min_score
        else TimedWord(item.symbol, item.start, item.end)
        for item in items
    ]
