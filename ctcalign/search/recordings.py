"""Recordings with known words and times, to fit and measure the confidence of a search."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import align_emission
from ctcalign.aligner.transcript import transcript_of
from ctcalign.alignment.cue import Cue
from ctcalign.audio import open_audio
from ctcalign.emission.emission import Emission, compute_emission
from ctcalign.errors import AudioError, CaptionError
from ctcalign.files import read_json_lines
from ctcalign.models.protocol import AcousticModel
from ctcalign.spans import Span
from ctcalign.text.tokeniser import Tokeniser

GAP = 0.5  # seconds of faint noise before each utterance
NOISE = 1e-4  # its standard deviation


@dataclass(frozen=True)
class SpokenWord:
    """A spoken word in lower case with its times. `utterance`: its number; phrases do not cross utterances."""

    text: str
    start: float
    end: float
    utterance: int


@dataclass
class Recording:
    """A recording with all of its words."""

    name: str
    emission: Emission
    words: list[SpokenWord]

    def occurrences(self, phrase: str) -> list[Span]:
        """Occurrences of the words of a phrase in a row in one utterance."""
        parts = phrase.split()
        found = []
        for first in range(len(self.words) - len(parts) + 1):
            here = self.words[first : first + len(parts)]
            if here[0].utterance == here[-1].utterance and [word.text for word in here] == parts:
                found.append(Span(here[0].start, here[-1].end))
        return found


def read_archive(manifest: Path, tar: Path, model: AcousticModel) -> Iterator[Recording]:
    """One recording for each speaker: the utterances in their order, with the times of words from the aligner.

    Args:
        manifest: JSON lines with the path in the archive, text_norm and speaker of each utterance.
        tar: archive of the audio files: mono, at the sample rate of the model.
        model: the recogniser; its language is English.
    Raises:
        AudioError: a file is missing or has another rate or more channels.
    """
    import soundfile as sf

    rows = read_json_lines(manifest)
    noise = np.random.default_rng(0)
    with tarfile.open(tar) as files:
        for speaker in dict.fromkeys(row["speaker"] for row in rows):
            own = [row for row in rows if row["speaker"] == speaker]
            parts = []
            for row in own:
                file = files.extractfile(row["path"])
                if file is None:
                    raise AudioError(f"{tar}: {row['path']} is not a file")
                samples, rate = sf.read(io.BytesIO(file.read()), dtype="float32")
                if rate != model.sample_rate or samples.ndim != 1:
                    raise AudioError(f"{row['path']}: expected mono at {model.sample_rate} Hz, got {rate} Hz")
                parts += [(NOISE * noise.normal(size=round(GAP * rate))).astype(np.float32), samples]
            emission = compute_emission(model, np.concatenate(parts))
            cues = [Cue(number, row["text_norm"]) for number, row in enumerate(own)]
            text = transcript_of(cues, Tokeniser(model.vocabulary, "en"), "en")
            placed = align_emission(emission, text, model, AlignOptions(skips=None, unwritten=False))
            words = [
                SpokenWord(word.text, word.start or 0.0, word.end or 0.0, cue.index)
                for cue in placed.cues
                for word in cue.words
            ]
            yield Recording(speaker, emission, words)


def read_truth(path: Path, model: AcousticModel) -> Recording:
    """The recording of a truth file (`ctcalign-truth/1`), named after its folder.

    Words have the exact times of the file (`words`), else its automatic ones (`words_auto`).

    Raises:
        CaptionError: an utterance has neither.   AudioError: see `open_audio`.
    """
    document = json.loads(path.read_text(encoding="utf-8"))
    words = []
    for number, utterance in enumerate(document["utterances"]):
        known = utterance.get("words") or utterance.get("words_auto")
        if known is None:
            raise CaptionError(f"{path}: utterance {number} has no times of words")
        words += [SpokenWord(word["text"].lower(), word["start"], word["end"], number) for word in known]
    with open_audio(path.parent / document["audio"], model.sample_rate, "mix") as reader:
        emission = compute_emission(model, reader)
    return Recording(path.parent.name, emission, words)
