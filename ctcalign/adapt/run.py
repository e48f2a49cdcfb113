"""`ctcalign adapt`: passes of alignment and training over a corpus, until the held-out error stops falling."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ctcalign.adapt.captions.corpus import prepare
from ctcalign.adapt.changes import changed_captions
from ctcalign.adapt.describing import described, listed, rejected_about, why_nothing
from ctcalign.adapt.options import AdaptOptions
from ctcalign.adapt.setting import Model, Pass, Setting, original
from ctcalign.adapt.speech.cuts import read_manifest
from ctcalign.adapt.speech.inputs import read_speech
from ctcalign.adapt.stages import read_lines
from ctcalign.adapt.steps.align import align, problems_of
from ctcalign.adapt.steps.calibrate import calibrate
from ctcalign.adapt.steps.filter import KEPT, filter_phrases
from ctcalign.adapt.steps.fit import fit_model, shares_of
from ctcalign.adapt.steps.interpolate import within_budget
from ctcalign.adapt.steps.left_out import left_out_cuts
from ctcalign.adapt.steps.measure import measure
from ctcalign.adapt.steps.rejected import rejected_captions
from ctcalign.adapt.steps.utterances import cut_utterances
from ctcalign.adapt.stopping import Span, new_spans, verdict
from ctcalign.adapt.training.configuration import user_content
from ctcalign.adapt.training.fitting import RUN, check_alone, loss_curve
from ctcalign.aligner.corpus import Problem, corpus_pairs
from ctcalign.emission.progress import Progress, logged
from ctcalign.errors import CtcAlignError, OutputError, UsageError
from ctcalign.extras import require
from ctcalign.files.digests import read_json, write_json
from ctcalign.files.lock import locked
from ctcalign.models.registry import named
from ctcalign.models.training.registry import open_trainable
from ctcalign.text.languages import check_language

SCHEMA = "ctcalign/adaptation/1"
REPORT, ABOUT = "report.json", "adapt.json"
TRANSCRIPTS, AGREEMENT = "held-out transcripts", "agreement with captions that are left out of the training"


@dataclass(frozen=True)
class Adaptation:
    """Result of `adapt`.

    Attributes:
        model: name of the best model, the original one if no pass was better.
        report: what report.json contains.
    """

    model: str
    report: dict[str, Any]


def adapt(
    recordings: str | Path,
    captions: str | Path | None = None,
    model: str = "auto",
    *,
    output: str | Path,
    options: AdaptOptions | None = None,
    language: str | None = None,
    device: str = "auto",
    allow_noncommercial: bool = False,
    progress: Progress = logged,
    note: Callable[[str], None] = lambda text: None,
) -> Adaptation:
    """Adapt a model to recordings with captions that may be wrong in part.

    Args:
        recordings, captions: see `ctcalign.aligner.corpus.corpus_pairs`.
        model: the original model, of a family that can be trained; it is not changed.
        output: folder of the adaptation. Steps that an earlier run finished with the same inputs are not repeated.
        language: code of the captions' language; None: the model's.
        device: device of alignment and evaluation: "auto", "cpu", "cuda", "mps". Training uses trainer.accelerator.
        note: called with a line for the user after each step.
    Raises:
        UsageError, ModelError: options, model or corpus cannot be used.
        CtcAlignError: no phrase of the captions is good enough to train on. The original model is unchanged.

    >>> import ctcalign
    >>> adapted = ctcalign.adapt("talks/", "captions/", "builtin:en", output="exp/adapted")  # doctest: +SKIP
    >>> ctcalign.align("talks/new.mp3", "new.srt", adapted.model)  # doctest: +SKIP
    """
    options, model = options or AdaptOptions(), named(model, language)
    require("torch", "lhotse", "pytorch_lightning", "jsonargparse", "sklearn", extra="train,calibrate")
    check_alone()
    check_language(language)
    user_content(options)
    pairs = corpus_pairs(Path(recordings), None if captions is None else Path(captions))
    trainable = open_trainable(model, allow_noncommercial=allow_noncommercial)
    root = _folder(Path(output))
    with locked(root, work="adaptation"):
        spoken = language or trainable.language or "en"
        speech = read_speech(options, root, note)
        if options.learns_share and speech.source_held_out is None:
            raise UsageError(
                "source_share: 'learn' needs held-out speech of the source domain; give --source-held-out SET, or more "
                "utterances with --keep-source"
            )
        talks, problems = prepare(pairs, root / "recordings", options, spoken, speech.held_out is None, progress)
        if not talks:
            raise CtcAlignError(f"recordings: none of {len(pairs.pairs)} can be used: {listed(problems)}")
        setting = Setting(
            root=root,
            model=original(model),
            trainable=trainable,
            language=spoken,
            device=device,
            options=options,
            talks=tuple(talks),
            speech=speech,
            allow_noncommercial=allow_noncommercial,
            progress=progress,
            note=note,
        )
        unused = f"; {len(problems)} cannot be used: {listed(problems)}" if problems else ""
        note(f"{len(talks)} recordings, {sum(talk.duration for talk in talks) / 3600:.2f} h" + unused)
        return _passes(setting, problems)


def _passes(setting: Setting, problems: list[Problem]) -> Adaptation:
    """Run all passes and write the report."""
    options = setting.options
    best, init = setting.model, setting.model
    rows: list[dict[str, Any]] = []
    before: list[Span] = []
    calibration: Path | None = options.calibration
    start: dict[str, Any] = {}
    held_out = setting.speech.held_out
    for number in range(1, options.passes + 1):
        one = Pass(setting, number, best, init, calibration)
        one.folder.mkdir(exist_ok=True)
        calibration = calibrate(one)
        aligned = align(one, calibration)
        if number == 1:
            problems = [*problems, *problems_of(aligned)]
        selected = filter_phrases(one, aligned)
        cuts = cut_utterances(one, aligned, selected)
        row = described(one, selected, cuts, calibration)
        rows.append(row)
        setting.note(
            f"pass {number}: {row['kept']['phrases']} phrases of {row['phrases']} kept, {row['kept']['hours']:.2f} h"
        )
        if not row["kept"]["utterances"]:
            if number == 1:
                raise CtcAlignError(
                    f"captions: no phrase is good enough to train on: {why_nothing(row['dropped'], problems)}; the "
                    "model is unchanged"
                )
            row |= {"errors": {}, "verdict": {"kept": False, "stop": "nothing is good enough to train on"}}
            break
        spans = [(kept["talk"], kept["start"], kept["end"]) for kept in read_lines(selected / KEPT)]
        if number > 1 and not new_spans(spans, before):
            row |= {"errors": {}, "verdict": {"kept": False, "stop": "nothing new was accepted"}}
            break
        before += spans
        if held_out is None:
            held_out = left_out_cuts(setting, aligned)
        if number == 1:
            start = measure(one, setting.model, held_out, "evaluate-original")
        rejected = None if options.rejected == "drop" else rejected_captions(one, aligned, cuts)
        if rejected is not None:
            row["rejected"] = rejected_about(rejected)
        trained = fit_model(one, cuts, held_out, rejected)
        if (shares := shares_of(one)) is not None:
            row["source_share"] = shares
            last = f"{100 * shares[-1]['share']:.0f} %" if shares else "unchanged"
            setting.note(f"pass {number}: learnt share of the source domain: {last}")
        found, share, errors = within_budget(one, trained, held_out, _error(start, "source"))
        lowest = min([_error(start), *(_error(done["errors"]) for done in rows[:-1])])
        judged = verdict(
            _error(errors), lowest, _error(errors, "source"), _error(start, "source"), options.source_budget
        )
        curve = loss_curve(one.folder / "fit" / RUN)
        row |= {"model": found.name, "share": share, "errors": errors, "curve": curve, "verdict": asdict(judged)}
        tested = f"; on the test part {100 * _error(errors, 'test'):.2f} %" if "test" in errors else ""
        if share < 1:
            setting.note(f"pass {number}: {100 * share:g} % of the way to the trained weights, for the source error")
        setting.note(f"pass {number}: target WER {100 * _error(errors):.2f} % (before: {100 * lowest:.2f} %){tested}")
        if judged.kept:
            best = found
            init = found if options.warm else setting.model
        if judged.stop is not None:
            break
    else:
        rows[-1]["verdict"]["stop"] = rows[-1]["verdict"]["stop"] or f"{options.passes} passes are done"
    setting.note(f"stopped: {rows[-1]['verdict']['stop']}")
    _forget_later_passes(setting.root, len(rows))
    return _finished(setting, best, start, rows, problems)


def _finished(
    setting: Setting, best: Model, start: dict[str, Any], rows: list[dict[str, Any]], problems: list[Problem]
) -> Adaptation:
    """Copy the best model to the root, and write the report."""
    name = best.name
    if best == setting.model:
        _remove(setting.root / setting.trainable.exported)  # left by an earlier run with other inputs
    else:
        name = _copied(best, setting.root)
    report = {
        "schema": SCHEMA,
        "original": setting.model.name,
        "model": name,
        "language": setting.language,
        "criterion": TRANSCRIPTS if setting.speech.held_out is not None else AGREEMENT,
        "tested_on": _tested_on(setting),
        "recordings": len(setting.talks),
        "hours": sum(talk.duration for talk in setting.talks) / 3600,
        "problems": [asdict(problem) for problem in problems],
        "start": {part: _without_rows(found) for part, found in start.items()},
        "passes": [
            {**row, "errors": {part: _without_rows(found) for part, found in row["errors"].items()}} for row in rows
        ],
        "changed": changed_captions(
            setting.talks, setting.root / "pass-01" / "align", setting.root / f"pass-{len(rows):02d}" / "align"
        ),
    }
    write_json(setting.root / REPORT, report)
    return Adaptation(name, read_json(setting.root / REPORT))


def _tested_on(setting: Setting) -> str:
    """Description of the data that the "test" errors are measured on."""
    speech = setting.speech
    if speech.test is None:
        return "no test set: the error rates are those that selected the best pass, so they are too optimistic"
    count = len({row["recording"]["id"] for row in read_manifest(speech.test)})
    if not speech.divided:
        return f"{count} separate recordings, used for measurement only"
    return f"half of the held-out recordings ({count}); the other half selects the passes and fits the calibration"


def _forget_later_passes(root: Path, last: int) -> None:
    """Remove folders of passes after the last one, left by an earlier run with other inputs."""
    for folder in sorted(root.glob("pass-[0-9][0-9]")):
        if int(folder.name[-2:]) > last:
            shutil.rmtree(folder)


def _copied(model: Model, root: Path) -> str:
    """Copy an exported model to the root, and return the name of the copy."""
    family, _, file = model.name.partition(":")
    source = Path(file)
    target = root / source.name
    aside = root / f".{source.name}.new"
    _remove(aside)
    if source.is_dir():
        shutil.copytree(source, aside)
        _remove(target)
    else:
        shutil.copyfile(source, aside)
    aside.replace(target)
    return f"{family}:{target}"


def _remove(path: Path) -> None:
    """Remove a file or folder, if it exists."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _error(found: dict[str, Any], part: str = "target") -> Any:
    return found[part]["wer"]["value"] if part in found else None


def _without_rows(found: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key != "recognised"}


def _folder(output: Path) -> Path:
    """The folder of the adaptation, created if it does not exist.

    Raises:
        OutputError: the folder contains something else, was moved, or cannot be created.
    """
    root = output.absolute()
    about = read_json(root / ABOUT)
    if about is None:
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise OutputError(f"{output}: is not empty and not the folder of an adaptation; name another one")
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{output}: cannot be created: {error.strerror or error}") from error
        write_json(root / ABOUT, {"schema": SCHEMA, "folder": str(root)})
    elif about.get("folder") != str(root):
        raise OutputError(
            f"{output}: was made as {about.get('folder')}, and its manifests name files there; move it back, or name "
            "another folder"
        )
    return root
