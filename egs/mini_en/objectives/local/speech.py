"""Synthetic speech with exact word times as lhotse Shar, from voices and texts that can be kept apart.

python -m egs.mini_en.objectives.local.speech --texts exp/reserved.jsonl --voices 400-479 --hours 2 --out exp/data/test

The synthesiser (hibari-tts) knows the ends of its phones and where words begin; a word ends with its last phone. An
utterance whose words cannot be told apart, such as one with a contraction spoken as two words, is left out and counted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ctcalign.metrics import TimedWord
from egs.mini_en.local.engines import Hibari
from egs.mini_en.local.shards import SAMPLE_RATE
from egs.mini_en.local.synthesise import sentences, utterances
from recipes.awp.cuts import speech_cut, write_shar
from recipes.errors import one_line

BETWEEN = "?"  # the phone of a space between words
TRIES = 20  # draws in vain for each text before there are none left


def word_times(text: str, phones: Sequence[tuple[str, float]]) -> list[TimedWord] | None:
    """The times of the words of an utterance; None if there are not as many groups of phones as words.

    Args:
        phones: phone and end in seconds, in order; pauses are "pau", spaces between words "?".
    """
    groups: list[tuple[float, float] | None] = [None]
    start = 0.0
    for phone, end in phones:
        if phone == BETWEEN:
            groups.append(None)
        elif phone != "pau":
            first = groups[-1]
            groups[-1] = (start if first is None else first[0], end)
        start = end
    spans = [group for group in groups if group is not None]
    words = text.split()
    if len(spans) != len(words):
        return None
    return [TimedWord(word, *span) for word, span in zip(words, spans, strict=True)]


def spoken(args: argparse.Namespace, skipped: list[str]) -> Iterator[Any]:
    """Cuts until they last `--hours`; with `--once`, fewer where the texts do not suffice."""
    first, last = args.voices
    engine, texts = Hibari(first, last - first + 1), sentences(args.texts)
    most = TRIES * sum(len(rows) for rows in texts.values())
    seconds, in_vain, used = 0.0, 0, set()
    for place, made in enumerate(utterances("hibari", args.seed, texts, engine)):
        if seconds >= args.hours * 3600:
            return
        if in_vain > most:
            sys.stderr.write(f"{args.out.name}: {args.texts} has no more texts after {seconds / 3600:.2f} hours\n")
            return
        in_vain += 1
        if made is None or (args.once and made[1] in used):
            continue
        wave, text, voice, phones = made
        words = word_times(text, phones)
        used.add(text)
        if words is None:
            skipped.append(text)
            continue
        in_vain = 0
        seconds += len(wave) / SAMPLE_RATE
        yield speech_cut(f"{voice.speaker}-{args.seed}-{place:06d}", wave, words, text, voice.speaker)


def voices(text: str) -> tuple[int, int]:
    """First and last voice, both included."""
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, required=True, help="of egs/mini_en/local/texts.py")
    parser.add_argument("--voices", type=voices, default=(0, 399), help="virtual speakers, first-last")
    parser.add_argument("--seed", type=int, default=0, help="of texts and voices")
    parser.add_argument("--hours", type=float, required=True)
    parser.add_argument("--once", action="store_true", help="speak no sentence twice")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    if args.out.is_dir():
        return
    skipped: list[str] = []
    count = write_shar(spoken(args, skipped), args.out)
    sys.stderr.write(f"{args.out.name}: {count} utterances, {len(skipped)} without word times left out\n")


if __name__ == "__main__":
    one_line(main)
