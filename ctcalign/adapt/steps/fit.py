"""The training of a pass."""

from __future__ import annotations

from pathlib import Path

from ctcalign import __version__
from ctcalign.adapt.setting import Model, Pass, corpus_of
from ctcalign.adapt.speech.cuts import read_manifest, seconds_of
from ctcalign.adapt.speech.source import digest_of_cuts
from ctcalign.adapt.stages import Stage, read_lines
from ctcalign.adapt.steps.rejected import PAIRS
from ctcalign.adapt.steps.utterances import TARGET, TRAIN
from ctcalign.adapt.training.configuration import (
    configuration,
    updates_of,
    user_arguments,
    user_content,
    write_configuration,
)
from ctcalign.adapt.training.fitting import RUN, exported_by, name_of, train
from ctcalign.files.digests import digest_of_file


def fit_model(one: Pass, cuts: Path, rejected: Path | None = None) -> Model:
    """The trained model.

    Args:
        cuts: folder of the step `utterances`.  rejected: of the step `rejected`, None: they are dropped.
    """
    setting, options = one.setting, one.setting.options
    target = read_manifest(cuts / TARGET)
    updates = updates_of(seconds_of(target), options)
    pairs = None if rejected is None or not read_lines(rejected / PAIRS) else rejected / PAIRS
    manifest = cuts / TRAIN if pairs is None else pairs.parent / TRAIN
    own = configuration(
        setting.trainable,
        "",
        Path(),
        Path(),
        updates,
        setting.language,
        options,
        setting.allow_noncommercial,
        0 if pairs is None else len(read_lines(pairs)),
    )
    inputs = {
        "version": __version__,
        "init": one.init.key,
        "cuts": digest_of_cuts(read_manifest(manifest)),
        **({} if pairs is None else {"pairs": digest_of_file(pairs)}),
        "talks": corpus_of(setting.talks),
        "configuration": own,
        "user": user_content(options),
    }
    stage = Stage(one.folder / "fit", inputs)
    exported = exported_by(setting.trainable, stage.folder / RUN)
    if not stage.is_done:
        stage.begin()
        write_configuration(own, stage.folder / "fit.yaml")
        setting.progress(f"pass {one.number}: training, {updates} updates", 0, None)
        exported = train(
            stage.folder / "fit.yaml",
            stage.folder / RUN,
            one.init.name,
            manifest,
            user_arguments(options),
            pairs,
        )
        files = [exported] if exported.is_file() else sorted(one for one in exported.rglob("*") if one.is_file())
        stage.finish(str(one.relative_to(stage.folder)) for one in files)
    return Model(name_of(exported), stage.key)
