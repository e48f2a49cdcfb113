"""Weights between the original and the trained ones, for a pass whose source error rises too much."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ctcalign import __version__
from ctcalign.adapt.setting import Model, Pass
from ctcalign.adapt.stages import Stage
from ctcalign.adapt.steps.measure import measure
from ctcalign.adapt.stopping import exceeds
from ctcalign.adapt.training.fitting import RUN, name_of
from ctcalign.models.training.registry import open_trainable, read_checkpoint

SHARES = (1.0, 0.75, 0.5, 0.25)
"""Shares of the trained weights, in the order in which they are tried."""


def within_budget(
    one: Pass, trained: Model, held_out: Path, first_source: float | None
) -> tuple[Model, float, dict[str, Any]]:
    """The trained model, or an interpolated one that stays within the budget of the source error.

    From the original to the trained weights, the target error falls, and the source error rises, mostly near the end
    (Wortsman et al. 2022, Robust fine-tuning of zero-shot models, arXiv:2109.01903).

    Args:
        first_source: source error of the original model; None: not measured.
    Returns:
        The model, its share of the trained weights, and its errors by part; the trained model if none is within budget.
    """
    for share in SHARES:
        model = trained if share == 1 else interpolated(one, trained, share)
        errors = measure(one, model, held_out, "evaluate" if share == 1 else f"evaluate-{share:g}")
        source = errors["source"]["wer"]["value"] if "source" in errors else None
        if not exceeds(source, first_source, one.setting.options.source_budget):
            return model, share, errors
    return trained, 1.0, measure(one, trained, held_out)


def interpolated(one: Pass, trained: Model, share: float) -> Model:
    """The model whose weights are (1 - share) * those of the original one + share * those of the trained one."""
    setting = one.setting
    inputs = {"version": __version__, "original": setting.model.key, "trained": trained.key, "share": share}
    stage = Stage(one.folder / f"interpolate-{share:g}", inputs)
    exported = stage.folder / setting.trainable.exported
    if not stage.is_done:
        stage.begin()
        header, _ = read_checkpoint(one.folder / "fit" / RUN / "last.ckpt")
        header.pop("lora", None)  # adapters are merged
        header["interpolated"] = {"original": setting.model.name, "share": share}
        ends = setting.trainable.network.state_dict()
        model = open_trainable(trained.name, allow_noncommercial=setting.allow_noncommercial)
        weights = {
            name: value if not value.is_floating_point() else ends[name].to(value).lerp(value, share)
            for name, value in model.network.state_dict().items()
        }
        model.save(exported, header, weights)
        files = [exported] if exported.is_file() else sorted(path for path in exported.rglob("*") if path.is_file())
        stage.finish(str(path.relative_to(stage.folder)) for path in files)
    return Model(name_of(exported), stage.key)
