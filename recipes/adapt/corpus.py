"""Recordings with wrong captions from transcribed speech: talks of some minutes, captions/ and exact/.

A fraction of the utterances has no caption, captions that are not spoken are added, and some words are wrong (half of
them substituted, a quarter deleted, a quarter inserted), from the seed.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import soundfile as sf

from ctcalign.adapt.speech.transcribed import clip_rows, text_of_clip
from ctcalign.audio import load_audio
from ctcalign.calibration.corruptions import noisy
from ctcalign.calibration.joining import join
from ctcalign.calibration.sets import read_sets
from ctcalign.calibration.truth import LabelledCue, Utterance, labelled
from ctcalign.train.data.cuts import read_samples
from recipes.awp.cuts import SAMPLE_RATE, read_shar
from recipes.errors import one_line

Talk = tuple[np.ndarray, list[Utterance]]


def talks_of(source: Path, minutes: float) -> Iterator[Talk]:
    """Samples and utterances of each recording of a transcribed set; short recordings are joined to some minutes."""
    clips: list[np.ndarray] = []
    texts: list[str] = []
    short = short_recordings(source)
    if short is None:
        for recording in read_sets([source]):
            yield recording.load(SAMPLE_RATE)
        return
    for samples, text in short:
        clips.append(samples)
        texts.append(text)
        if sum(map(len, clips)) >= 60 * minutes * SAMPLE_RATE:
            yield join(clips, texts, SAMPLE_RATE, len(texts))
            clips, texts = [], []
    if clips:
        yield join(clips, texts, SAMPLE_RATE, len(texts))


def short_recordings(source: Path) -> Iterator[tuple[np.ndarray, str]] | None:
    """Samples and texts of a Shar folder or of a list of clips; None: the source is something else."""
    if source.is_dir() and any(source.glob("cuts.*")):
        return ((read_samples(cut, SAMPLE_RATE), cut.supervisions[0].text) for cut in read_shar(source))
    rows = clip_rows(source)
    if rows is None:
        return None
    return ((np.asarray(load_audio(row["path"], SAMPLE_RATE)).reshape(-1), text_of_clip(row)) for row in rows)


def wrong_captions(
    utterances: Sequence[Utterance], rng: random.Random, wrong: float, missing: float, extra: float
) -> list[LabelledCue]:
    """Captions with errors; the added ones are other captions' words in random order."""
    words = [word for utterance in utterances for word in utterance.text.split()]
    found = []
    for utterance in utterances:
        if rng.random() >= missing:
            found.append(noisy(labelled(utterance), wrong, words, rng))
        if rng.random() < extra:
            text = " ".join(rng.choices(words, k=len(utterance.text.split())))
            row = labelled(Utterance(text, utterance.end, utterance.end + 0.5))
            found.append(LabelledCue(row.cue, exact=False))
    return found


def write_srt(path: Path, cues: Sequence[LabelledCue]) -> None:
    rows = []
    for number, one in enumerate(cues, 1):
        start, end = one.cue.start or 0.0, one.cue.end or 0.0
        rows.append(f"{number}\n{_clock(start)} --> {_clock(end)}\n{one.cue.text}\n")
    path.write_text("\n".join(rows), encoding="utf-8")


def _clock(seconds: float) -> str:
    whole = round(1000 * seconds)
    return f"{whole // 3600000:02d}:{whole // 60000 % 60:02d}:{whole // 1000 % 60:02d},{whole % 1000:03d}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--source", type=Path, nargs="+", required=True, help="transcribed sets, lists of clips, or Shar folders"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=5.0, help="of a talk that is joined from cuts")
    parser.add_argument("--wrong", type=float, default=0.15, help="fraction of wrong words")
    parser.add_argument("--missing", type=float, default=0.1, help="fraction of utterances without a caption")
    parser.add_argument("--extra", type=float, default=0.1, help="captions that are not spoken, for each utterance")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(arguments)
    for name in ("talks", "captions", "exact"):
        (args.out / name).mkdir(parents=True, exist_ok=True)
    rng = random.Random(args.seed)
    talks = chain.from_iterable(talks_of(source, args.minutes) for source in args.source)
    for number, (samples, utterances) in enumerate(talks):
        sf.write(args.out / "talks" / f"talk{number}.flac", samples, SAMPLE_RATE, subtype="PCM_16")
        captions = wrong_captions(utterances, rng, args.wrong, args.missing, args.extra)
        write_srt(args.out / "captions" / f"talk{number}.srt", captions)
        write_srt(args.out / "exact" / f"talk{number}.srt", [labelled(utterance) for utterance in utterances])


if __name__ == "__main__":
    one_line(main)
