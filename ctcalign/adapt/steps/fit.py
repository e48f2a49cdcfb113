"""The training of a pass."""

from __future__ import annotations

from pathlib import Path

from ctcalign import __version__
from ctcalign.adapt.setting import Model, Pass, corpus_of
from ctcalign.adapt.speech.cuts import read_manifest, seconds_of
from ctcalign.adapt.speech.source import digest_of_cuts
from ctcalign.adapt.stages import Stage, read_lines
from ctcalign.adapt.steps.rejected import PAIRS
from ctcalign.adapt.steps.utterances import SOURCE, TARGET, TRAIN
from ctcalign.adapt.training.configuration import (
    configuration,
    updates_of,
    user_arguments,
    user_content,
    write_configuration,
)
from ctcalign.adapt.training.fitting import RUN, exported_by, learnt_shares, name_of, train
from ctcalign.files.digests import digest_of_file, read_json, write_json

SHARES = "source-share.json"


def fit_model(one: Pass, cuts: Path, held_out: Path, rejected: Path | None = None) -> Model:
    """The trained model.

    Args:
        cuts: folder of the step `utterances`.  rejected: of the step `rejected`, None: they are dropped.
        held_out: manifest of the target domain; the learnt share of the source domain depends on it.
    """
    setting, options = one.setting, one.setting.options
    target = read_manifest(cuts / TARGET)
    updates = updates_of(seconds_of(target), options)
    pairs = None if rejected is None or not read_lines(rejected / PAIRS) else rejected / PAIRS
    manifest = cuts / TRAIN if pairs is None else pairs.parent / TRAIN
    domains = dict[str, Path]()
    drawn_share = None
    source_held_out = setting.speech.source_held_out
    if options.learns_share and source_held_out is not None:
        domains = {"source": cuts / SOURCE, "held_out_target": held_out, "held_out_source": source_held_out}
        drawn_share = round(seconds_of(read_manifest(cuts / SOURCE)) / seconds_of(read_manifest(manifest)), 6)
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
        drawn_share,
    )
    inputs = {
        "version": __version__,
        "init": one.init.key,
        "cuts": digest_of_cuts(read_manifest(manifest)),
        **({} if pairs is None else {"pairs": digest_of_file(pairs)}),
        **({"domains": [digest_of_cuts(read_manifest(path)) for path in domains.values()]} if domains else {}),
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
            domains,
        )
        files = [exported] if exported.is_file() else sorted(one for one in exported.rglob("*") if one.is_file())
        if domains:
            files.append(stage.folder / SHARES)
            write_json(files[-1], learnt_shares(stage.folder / RUN))
        stage.finish(str(one.relative_to(stage.folder)) for one in files)
    return Model(name_of(exported), stage.key)


def shares_of(one: Pass) -> list[dict[str, float]] | None:
    """How the training of a pass changed the share of the source domain; None if it was not learnt."""
    found: list[dict[str, float]] | None = read_json(one.folder / "fit" / SHARES)
    return found
