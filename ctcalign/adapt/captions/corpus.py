"""The recordings and captions of an adaptation: checked, decoded once, and with captions that are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ctcalign.adapt.captions.reviewed import reviewed_cues
from ctcalign.adapt.options import AdaptOptions
from ctcalign.adapt.stages import Stage
from ctcalign.aligner.corpus import CorpusPair, CorpusPairs, Problem
from ctcalign.aligner.division import divided
from ctcalign.alignment.cue import Cue
from ctcalign.corrections.run import reviewed_alignment
from ctcalign.emission.progress import Progress, ignored
from ctcalign.errors import AudioError, CaptionError
from ctcalign.files import atomic_write
from ctcalign.files.digests import digest_of_file, read_json, write_json
from ctcalign.formats.captions import read_captions
from ctcalign.models.features.scale import SAMPLE_RATE

UNREADABLE_RECORDING, UNREADABLE_CAPTIONS = "unreadable recording", "unreadable captions"
NO_SOUND = "no sound"
# Captions that are left out come from whole recordings if there are enough of them, else from blocks of captions.
ENOUGH_RECORDINGS = 10
BLOCK, EVERY = 8, 5  # captions of a block; one of so many blocks is left out


@dataclass(frozen=True)
class Talk:
    """A recording of the corpus that can be used.

    Attributes:
        id: see `CorpusPair`.  name: the same as the name of a file.
        audio: decoded, 16 kHz, one channel.  captions: the caption file.
        duration: seconds.  cues: number of captions.
        left_out: captions, by index, that are not trained on.
        digest: of recording and captions.
    """

    id: str
    name: str
    audio: Path
    captions: Path
    duration: float
    cues: int
    left_out: tuple[int, ...]
    digest: str

    def read(self, language: str | None) -> list[Cue]:
        """The captions of the recording; paragraphs of plain text are divided into sentences."""
        return read_cues(self.captions, self.id, language)


def read_cues(captions: Path, id: str, language: str | None) -> list[Cue]:
    """The captions of a recording. Those that a review has rejected are left out, the others are numbered without them.

    Raises:
        CaptionError: the captions cannot be read.
    """
    reviewed = reviewed_alignment(captions)
    if reviewed is not None:
        return reviewed_cues(reviewed)
    read = read_captions(captions, recording=Path(id).name)
    return divided(read.cues, None, language)[0] if read.format == "txt" else list(read.cues)


def prepare(
    pairs: CorpusPairs,
    folder: Path,
    options: AdaptOptions,
    language: str | None,
    leave_out: bool,
    progress: Progress = ignored,
) -> tuple[list[Talk], list[Problem]]:
    """Decode and check each pair.

    Args:
        folder: for the audio file and the description of each pair.
        language: of the captions.
        leave_out: whether captions are left out of the training, for calibration and measurement.
    Returns:
        The recordings that can be used, in order, and the problems of the others.
    """
    folder.mkdir(exist_ok=True)
    talks: list[Talk] = []
    problems = list(pairs.problems)
    for number, pair in enumerate(pairs.pairs):
        progress("reading recordings", number, len(pairs.pairs))
        found = _prepared(pair, folder, options, language)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            talks.append(found)
    return (_with_left_out(talks) if leave_out else talks), problems


def _prepared(pair: CorpusPair, folder: Path, options: AdaptOptions, language: str | None) -> Talk | Problem:
    name = pair.id.replace("/", "--")
    try:
        digests = [digest_of_file(pair.audio), digest_of_file(pair.captions)]
    except OSError as error:
        return Problem(pair.id, UNREADABLE_RECORDING, error.strerror or str(error))
    inputs = {"files": digests, "language": language, "track": options.track, "max_duration": options.max_duration}
    stage = Stage(folder / name, inputs)
    if not stage.is_done:
        stage.begin()
        about: dict[str, Any]
        try:
            cues = len(read_cues(pair.captions, pair.id, language))
            seconds = _decode(pair.audio, stage.folder / "audio.flac", options)
            about = {"cues": cues, "duration": seconds}
            if seconds <= 0:
                about = asdict(Problem(pair.id, NO_SOUND, str(pair.audio)))
        except AudioError as error:
            about = asdict(Problem(pair.id, UNREADABLE_RECORDING, str(error)))
        except CaptionError as error:
            about = asdict(Problem(pair.id, UNREADABLE_CAPTIONS, str(error)))
        write_json(stage.folder / "about.json", about)
        stage.finish(["about.json", *(["audio.flac"] if "cues" in about else [])])
    about = read_json(stage.folder / "about.json")
    if "cues" not in about:
        return Problem(**about)
    sound = (stage.folder / "audio.flac").absolute()
    return Talk(pair.id, name, sound, pair.captions, about["duration"], about["cues"], (), stage.key)


def _decode(audio: Path, output: Path, options: AdaptOptions) -> float:
    """Write the mix of the channels as FLAC of 16 kHz; returns its duration in seconds."""
    import soundfile as sf

    from ctcalign.audio import open_audio

    written = 0
    with (
        open_audio(audio, SAMPLE_RATE, "mix", track=options.track, max_duration=options.max_duration) as reader,
        atomic_write(output, "wb") as stream,
        sf.SoundFile(stream, "w", SAMPLE_RATE, 1, "PCM_16", format="FLAC") as sound,
    ):
        for block in reader.blocks():
            samples = block.reshape(-1)
            sound.write(samples.clip(-1.0, 1.0))
            written += len(samples)
    return written / SAMPLE_RATE


def _with_left_out(talks: Sequence[Talk]) -> list[Talk]:
    """The same with some captions left out: of every tenth recording, or blocks of each one."""
    found = []
    for number, talk in enumerate(talks):
        if len(talks) >= ENOUGH_RECORDINGS:
            left = range(talk.cues) if number % ENOUGH_RECORDINGS == ENOUGH_RECORDINGS // 2 else range(0)
            chosen = tuple(left)
        else:
            blocks = -(-talk.cues // BLOCK)
            every = min(EVERY, max(blocks, 1))
            chosen = tuple(n for n in range(talk.cues) if (n // BLOCK + number) % every == every // 2)
            chosen = chosen if blocks > 1 else tuple(n for n in range(talk.cues) if n % EVERY == EVERY // 2)
        found.append(Talk(**{**asdict(talk), "left_out": chosen}))
    return found
