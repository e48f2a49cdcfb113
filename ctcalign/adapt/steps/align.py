"""The alignment of each recording."""

from __future__ import annotations

from pathlib import Path

from ctcalign import __version__
from ctcalign.adapt.captions.alignments import OtherRecordingError, align_talk
from ctcalign.adapt.captions.corpus import Talk
from ctcalign.adapt.setting import Pass, corpus_of
from ctcalign.adapt.speech.cuts import Row
from ctcalign.adapt.stages import Stage, read_lines, write_lines
from ctcalign.aligner.corpus import Problem
from ctcalign.errors import AudioError, CaptionError
from ctcalign.files.digests import digest_of_file

OTHER_RECORDING, NOT_ALIGNED = "captions of another recording", "cannot be aligned"
FAILED = "failed.jsonl"


def align(one: Pass, calibration: Path) -> Path:
    """The folder with the alignment of each recording."""
    setting = one.setting
    inputs = {
        "version": __version__,
        "model": one.model.key,
        "language": setting.language,
        "calibration": digest_of_file(calibration),
        "talks": corpus_of(setting.talks),
    }
    stage = Stage(one.folder / "align", inputs)
    if stage.is_done:
        return stage.folder
    stage.begin()
    model, failed, names = None, list[Row](), list[str]()
    for number, talk in enumerate(setting.talks):
        setting.progress(f"pass {one.number}: aligning", number, len(setting.talks))
        output = stage.folder / f"{talk.name}.json"
        if not output.exists():
            model = model or one.load()
            try:
                found = align_talk(talk, model, calibration, setting.language, setting.device)
            except OtherRecordingError as error:
                failed.append({"id": talk.id, "reason": OTHER_RECORDING, "detail": str(error)})
                continue
            except (CaptionError, AudioError) as error:
                failed.append({"id": talk.id, "reason": NOT_ALIGNED, "detail": str(error)})
                continue
            found.warnings = []
            found.to_json(output)
        names.append(output.name)
    write_lines(stage.folder / FAILED, failed)
    stage.finish([*names, FAILED])
    return stage.folder


def aligned_talks(one: Pass, aligned: Path) -> list[Talk]:
    """The recordings that could be aligned."""
    return [talk for talk in one.setting.talks if (aligned / f"{talk.name}.json").exists()]


def problems_of(aligned: Path) -> list[Problem]:
    """Recordings that could not be aligned."""
    return [Problem(**row) for row in read_lines(aligned / FAILED)]
