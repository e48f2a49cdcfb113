"""The bundled talk in bad shape: its sound and its captions, changed in ways whose truth is known."""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr
from numpy.typing import NDArray

from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import align
from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.models import load_model
from ctcalign.models.protocol import AcousticModel
from egs.demo.local import sounds

DEMO = Path(__file__).parents[2] / "egs" / "demo"

RATE = 16_000
Samples = NDArray[np.float32]
# Text that is not spoken, about 30 seconds of reading.
UNSPOKEN = [
    "This programme was made possible by viewers like you, and by the friends of the city library.",
    "Before we begin, a short word about next week's concert in the old town hall.",
    "Tickets can be bought at the kiosk on the market square from Monday morning.",
    "Members of the club receive a small discount on every second chair.",
    "Please remember to switch off your telephones and to leave umbrellas outside.",
    "The cafeteria will serve soup, bread and apple cake during the interval.",
    "Parents are asked to collect their children from the playroom before six.",
]


@dataclass(frozen=True)
class Line:
    """A caption and its time in seconds, None when it is not spoken. `voice` is None for marks ([MUSIC])."""

    text: str
    start: float | None
    end: float | None
    voice: str | None = None


def talk() -> tuple[Samples, list[Line]]:
    """The talk unchanged: samples of shape (n,) at RATE, and its captions."""
    samples, rate = sf.read(DEMO / "talk.ogg", dtype="float32")
    assert rate == RATE
    truth = json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))
    lines = [Line(cue["text"], cue["start"], cue["end"], cue.get("voice")) for cue in truth["cues"]]
    return samples, lines


def moved(lines: Iterable[Line], seconds: float, behind: float = -1.0) -> list[Line]:
    """The lines that begin behind a time, so many seconds later."""
    return [
        line
        if line.start is None or line.end is None or line.start < behind
        else replace(line, start=line.start + seconds, end=line.end + seconds)
        for line in lines
    ]


def with_music(samples: Samples, lines: list[Line], seconds: float = 20.0) -> tuple[Samples, list[Line]]:
    """Loud chords before the talk, without a caption."""
    chords = sounds.music(seconds, RATE, np.random.default_rng(1))
    return np.concatenate([3 * chords, samples]), moved(lines, seconds)


def cut_out(samples: Samples, lines: list[Line], start: float, end: float) -> tuple[Samples, list[Line]]:
    """The talk without the audio from start to end; the captions there are not spoken."""
    kept = np.concatenate([samples[: round(start * RATE)], samples[round(end * RATE) :]])
    gone = [
        replace(line, start=None, end=None) if line.start is not None and start <= line.start < end else line
        for line in lines
    ]
    return kept, moved(gone, start - end, behind=end)


def repeated(samples: Samples, lines: list[Line], number: int, behind: Sequence[int]) -> tuple[Samples, list[Line]]:
    """Line `number` is spoken and written again after each of some later lines, given from the last to the first."""
    again = lines[number]
    assert again.start is not None
    assert again.end is not None
    piece = samples[round((again.start - 0.4) * RATE) : round((again.end + 0.4) * RATE)]
    for place in behind:
        after = lines[place].end
        assert after is not None
        cut = round((after + 0.2) * RATE)
        samples = np.concatenate([samples[:cut], piece, samples[cut:]])
        start = cut / RATE + 0.4
        new = replace(again, start=start, end=start + again.end - again.start)
        later = moved(lines[place + 1 :], len(piece) / RATE)
        lines = [*lines[: place + 1], new, *later]
    return samples, lines


def two_channels(samples: Samples, lines: list[Line], left: str = "THOMAS") -> Samples:
    """One speaker in the first channel, everything else in the second; faint noise in the other. (n, 2)"""
    first = np.zeros(len(samples), bool)
    for line in lines:
        if line.voice == left and line.start is not None and line.end is not None:
            first[round((line.start - 0.15) * RATE) : round((line.end + 0.15) * RATE)] = True
    noise = 1e-4 * np.random.default_rng(2).normal(size=(len(samples), 2)).astype(np.float32)
    return noise + np.stack([samples * first, samples * ~first], 1)


def clipped(samples: Samples, decibels: float) -> Samples:
    """Louder than the format holds."""
    return np.clip(samples * 10 ** (decibels / 20), -1, 1).astype(np.float32)


@dataclass(frozen=True)
class Case:
    """A recording of shape (n,) or (n, channels), its captions, and how it is aligned."""

    samples: Samples
    lines: list[Line]
    rate: int = RATE
    channel: str | int = "mix"


def cases() -> dict[str, Callable[[], Case]]:
    """Every hard recording by name."""
    samples, lines = talk()
    chorus, sung = repeated(samples, lines, 7, behind=[13, 9])
    verse, written = repeated(samples, lines, 7, behind=[13])
    twice, close = repeated(samples, lines, 7, behind=[7])
    extra = replace(lines[7], start=None, end=None)
    unspoken = [Line(text, None, None) for text in UNSPOKEN]
    stereo = two_channels(samples, lines)
    return {
        "unchanged": lambda: Case(samples, lines),
        "20 s of music before it": lambda: Case(*with_music(samples, lines)),
        "30 s of unspoken text before it": lambda: Case(samples, [*unspoken, *lines]),
        "19 s of the audio missing": lambda: Case(*cut_out(samples, lines, 20.2, 39.5)),
        "19 s of the captions missing": lambda: Case(samples, [*lines[:6], *lines[10:]]),
        "a chorus, spoken and written three times": lambda: Case(chorus, sung),
        "the same, three times in a row": lambda: Case(*repeated(samples, lines, 7, behind=[7, 7])),
        "a chorus written three times, spoken twice": lambda: Case(verse, [*written[:10], extra, *written[10:]]),
        "the same, in a row": lambda: Case(twice, [*close[:9], extra, *close[9:]]),
        "50 dB quieter": lambda: Case(samples * np.float32(10 ** (-50 / 20)), lines),
        "20 dB too loud, clipped": lambda: Case(clipped(samples, 20), lines),
        "8 kHz": lambda: Case(soxr.resample(samples, RATE, 8_000), lines, rate=8_000),
        "a speaker a channel, `--channel mix`": lambda: Case(stereo, lines),
        "a speaker a channel, `--channel all`": lambda: Case(stereo, lines, channel="all"),
    }


def aligned(case: Case, model: AcousticModel, folder: Path) -> Alignment:
    """The alignment of a case, from a file with 16 bits a sample."""
    path = folder / "talk.wav"
    sf.write(path, case.samples, case.rate, subtype="PCM_16")
    return align(path, [line.text for line in case.lines], model, options=AlignOptions(channel=case.channel))


@dataclass
class Result:
    """Comparison of an alignment with the ground truth, marks left out.

    Attributes:
        errors: of each spoken line, by its number, the larger error of start and end; infinite without a place.
        silent: numbers of the lines that are not spoken.
        invented: those of them that were placed.
    """

    errors: dict[int, float]
    silent: list[int]
    invented: list[int]

    @property
    def missed(self) -> list[int]:
        """Numbers of spoken lines that were taken for unspoken."""
        return [number for number, error in self.errors.items() if math.isinf(error)]

    def within(self, seconds: float) -> int:
        return sum(error <= seconds for error in self.errors.values())


def compared(cues: Sequence[AlignedCue], lines: Sequence[Line]) -> Result:
    """Cues against lines, one to one."""
    result = Result({}, [], [])
    for number, (cue, line) in enumerate(zip(cues, lines, strict=True)):
        assert cue.text == line.text
        if line.start is None or line.end is None:
            result.silent.append(number)
            result.invented += [number] * (cue.status != "not_spoken")
        elif line.voice is not None:
            placed = cue.status != "not_spoken" and cue.start is not None and cue.end is not None
            errors = (cue.start - line.start, cue.end - line.end) if placed else (math.inf,)
            result.errors[number] = max(map(abs, errors))
    return result


def main() -> None:
    """Print the table of docs/hard_recordings.md: `python -m tests.aligner.hard_talks [MODEL]`."""
    model = load_model(sys.argv[1] if len(sys.argv) > 1 else "builtin:en-robust", "cpu")
    print(
        "| the talk | within 0.2 s | within 0.5 s | largest | unspoken captions detected | speech without a caption |"
    )
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, make in cases().items():
            case = make()
            alignment = aligned(case, model, Path(folder))
            found = compared(alignment.cues, case.lines)
            count, silent = len(found.errors), len(found.silent)
            detected = f"{silent - len(found.invented)} of {silent}" if silent else "–"
            seconds = sum(end - start for start, end in alignment.unwritten)
            print(
                f"| {name} | {found.within(0.2)} of {count} | {found.within(0.5)} | {max(found.errors.values()):.2f} s "
                f"| {detected} | {seconds:.1f} s |"
            )


if __name__ == "__main__":
    main()
