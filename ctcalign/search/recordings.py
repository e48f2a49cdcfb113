"""Recordings with known words and times, to fit and measure the confidence of a search."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import align_emission
from ctcalign.aligner.transcript import transcript_of
from ctcalign.alignment.cue import Cue
from ctcalign.audio import open_audio
from ctcalign.audio.info import Samples
from ctcalign.emission.emission import Emission, compute_emission
from ctcalign.errors import AudioError, CaptionError
from ctcalign.files import parse_json, read_json_lines
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
        manifest: JSON lines with the `path` in the archive, `text_norm` or `text`, and `speaker` of each utterance;
            utterances without a speaker are one recording.
        tar: archive of the audio files: mono, at the sample rate of the model.
        model: the recogniser; its language is English.
    Raises:
        CaptionError: a line of the manifest is no utterance.
        AudioError: the archive or a file is missing, damaged, or has another rate or more channels.
    """
    rows = _utterances(manifest)
    noise = np.random.default_rng(0)
    try:
        archive = tarfile.open(tar)
    except (OSError, tarfile.TarError) as error:
        raise AudioError(f"{tar}: cannot be read as a tar: {error}") from error
    with archive:
        for speaker in dict.fromkeys(row.speaker for row in rows):
            own = [row for row in rows if row.speaker == speaker]
            parts = []
            for row in own:
                silence = round(GAP * model.sample_rate)
                parts += [
                    (NOISE * noise.normal(size=silence)).astype(np.float32),
                    _samples(archive, tar, row.path, model),
                ]
            emission = compute_emission(model, np.concatenate(parts))
            cues = [Cue(number, row.text) for number, row in enumerate(own)]
            text = transcript_of(cues, Tokeniser(model.vocabulary, "en"), "en")
            placed = align_emission(emission, text, model, AlignOptions(skips=None, unwritten=False))
            words = [
                SpokenWord(word.text, word.start or 0.0, word.end or 0.0, cue.index)
                for cue in placed.cues
                for word in cue.words
            ]
            yield Recording(speaker, emission, words)


@dataclass(frozen=True)
class _Utterance:
    path: str
    text: str
    speaker: str


def _utterances(manifest: Path) -> list[_Utterance]:
    found = []
    for number, row in enumerate(read_json_lines(manifest), 1):
        known: dict[str, Any] = row if isinstance(row, dict) else {}
        path, text, speaker = known.get("path"), known.get("text_norm", known.get("text")), known.get("speaker")
        if not isinstance(path, str) or not isinstance(text, str) or not isinstance(speaker, str | int | None):
            raise CaptionError(
                f"{manifest}: row {number}: expected an object with path, text_norm or text, and speaker, got "
                f"{json.dumps(row)[:80]}"
            )
        found.append(_Utterance(path, text, manifest.stem if speaker is None else str(speaker)))
    if not found:
        raise CaptionError(f"{manifest}: no utterances; expected one object per line")
    return found


def _samples(archive: tarfile.TarFile, tar: Path, path: str, model: AcousticModel) -> Samples:
    import soundfile as sf

    try:
        file = archive.extractfile(path)
        if file is None:
            raise AudioError(f"{tar}: {path} is not a file")
        samples, rate = sf.read(io.BytesIO(file.read()), dtype="float32")
    except KeyError as error:
        raise AudioError(f"{tar}: has no {path}, which the manifest names") from error
    except (sf.LibsndfileError, tarfile.TarError, OSError) as error:
        raise AudioError(f"{tar}: {path} cannot be read: {error}") from error
    if rate != model.sample_rate or samples.ndim != 1:
        channels = 1 if samples.ndim == 1 else samples.shape[1]
        raise AudioError(f"{path}: expected mono at {model.sample_rate} Hz, got {rate} Hz, {channels} channel(s)")
    return np.asarray(samples, np.float32)


def read_truth(path: Path, model: AcousticModel) -> Recording:
    """The recording of a truth file (`ctcalign-truth/1`), named after its folder.

    Words have the exact times of the file (`words`), else its automatic ones (`words_auto`).

    Raises:
        CaptionError: an utterance has neither.   AudioError: see `open_audio`.
    """
    try:
        document = parse_json(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise CaptionError(f"{path}: cannot be read as a truth file: {error}") from error
    if not isinstance(document, dict) or not {"utterances", "audio"} <= document.keys():
        raise CaptionError(f"{path}: expected a truth file (ctcalign-truth/1) with audio and utterances")
    words, number = [], 0
    try:
        for number, utterance in enumerate(document["utterances"]):
            known = utterance.get("words") or utterance.get("words_auto")
            if known is None:
                raise CaptionError(f"{path}: utterance {number} has no times of words")
            words += [
                SpokenWord(word["text"].lower(), float(word["start"]), float(word["end"]), number) for word in known
            ]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CaptionError(f"{path}: utterance {number}: expected words with text, start and end ({error})") from error
    with open_audio(path.parent / document["audio"], model.sample_rate, "mix") as reader:
        emission = compute_emission(model, reader)
    return Recording(path.parent.name, emission, words)
