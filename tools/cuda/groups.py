"""All trainings that are checked, in groups of processes side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from tools.cuda.place import Place, hf, trainer
from tools.cuda.rows import Row, check
from tools.cuda.trainings import Found, adapters, averaged, base_size, falls, like_cpu, same, stopped, strategy, text

Check = Callable[[Place], Found]
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")


def model(**options: Any) -> dict[str, Any]:
    """Options of `model` in a configuration."""
    return {"model": options}


def learns(
    name: str, steps: int, *parts: dict[str, Any], family: str | None = None, precision: str = "32-true"
) -> Check:
    """A training of `builtin:en`, or of a small model of a family of transformers, whose loss falls."""
    limits = trainer(max_steps=steps, precision=precision)
    return lambda place: falls(place, name, *([hf(place, family)] if family else []), *parts, limits)


def accumulated(precision: str, most: float) -> Check:
    """Four accumulated batches and one of four times the size, of one bucket of durations."""

    def work(place: Place) -> Found:
        small, large = ({"data": {"max_duration": seconds, "buckets": 1}} for seconds in (15, 60))
        kind = trainer(precision=precision)
        four = [small, kind, trainer(accumulate_grad_batches=4)]
        return same(place, f"four-{precision}", four, f"one-{precision}", [large, kind], most)

    return work


def recomputed(family: str | None) -> Check:
    """With and without gradient checkpointing."""

    def work(place: Place) -> Found:
        base = [hf(place, family)] if family else []
        again = [*base, model(gradient_checkpointing=True)]
        return same(place, f"kept-{family}", base, f"recomputed-{family}", again, 1e-3)

    return work


def objectives() -> dict[str, Any]:
    """Align With Purpose with two properties, MWER and peak first, together."""
    low = {"options": {"property": "low_latency"}, "sampler": {"paths": 5}}
    wer = {"options": {"property": "minimum_wer"}, "sampler": {"name": "lattice", "paths": 3}, "label": "fewer_errors"}
    return model(
        objectives=[
            {"name": "align_with_purpose", "weight": 0.2, **low},
            {"name": "align_with_purpose", "weight": 0.2, **wer},
            {"name": "mwer", "weight": 0.1},
            {"name": "peak_first", "weight": 0.1},
        ]
    )


def replacing(name: str, **options: Any) -> Check:
    """An objective in the place of the CTC loss."""
    return learns(name, 12, model(objectives=[{"name": name, "weight": 1.0, "options": options}]))


def preference(loss: str, precision: str) -> Check:
    """`task: ctc_preference` with pairs of the model's own samples."""
    pairs = {"source": "sample", "of": "policy", "hypotheses": 4, "unit": "characters"}
    own = model(preference={"loss": {"name": loss, "weight": 0.1}, "pairs": pairs})
    return learns(f"preference-{loss}", 15, {"task": "ctc_preference"}, own, precision=precision)


def groups() -> list[dict[str, Check]]:
    """The checks by name; those of a group run one after the other in one process."""
    ema = model(optimiser={"ema": 0.9})
    half = trainer(precision="16-mixed")
    thaw = model(freeze=[{"modules": ["stem*"], "until_step": 5}])
    return [
        {f"builtin:en, {kind}": learns(f"builtin-{kind}", 60, precision=kind) for kind in PRECISIONS},
        {f"hf: wav2vec2, {kind}": learns(f"hf-{kind}", 40, family="wav2vec2", precision=kind) for kind in PRECISIONS}
        | {f"hf: {name}": learns(f"hf-{name}", 30, family=name) for name in ("wav2vec2_bert", "parakeet")}
        | {"LoRA, hf: wav2vec2": adapters},
        {
            "builtin:en as on the CPU": lambda place: like_cpu(place, "like"),
            "hf: wav2vec2 as on the CPU": lambda place: like_cpu(place, "hf-like", hf(place)),
            "EMA": averaged,
            "letters from the data, first alignment": learns("letters", 10, model(vocabulary="from-data")),
        },
        {
            "SIGKILL and --resume last": lambda place: stopped(place, "stop", 1e-3),
            "SIGKILL and --resume last, 16-mixed, EMA": lambda place: stopped(place, "stop-half", 1e-3, ema, half),
        },
        {
            "accumulation 4 = one batch, 32-true": accumulated("32-true", 1e-4),
            "accumulation 4 = one batch, 16-mixed": accumulated("16-mixed", 1e-2),
            "gradient checkpointing, builtin:en": recomputed(None),
            "gradient checkpointing, hf: wav2vec2": recomputed("wav2vec2"),
            "frozen stem, thawed at update 5": learns("frozen", 12, thaw),
        },
        {
            "AWP, MWER, peak first, 32-true": learns("objectives", 25, objectives()),
            "AWP, MWER, peak first, 16-mixed": learns("objectives-half", 15, objectives(), precision="16-mixed"),
            "fastemit": replacing("fastemit", scale=0.01),
            "delay_penalty": replacing("delay_penalty", penalty=0.01),
            "trim_tail": replacing("trim_tail", most=20),
        },
        {
            "ctc_preference, dpo, 32-true": preference("dpo", "32-true"),
            "ctc_preference, tdpo, bf16-mixed": preference("tdpo", "bf16-mixed"),
            "ctc_preference, simpo, 16-mixed": preference("simpo", "16-mixed"),
            "text_preference, dpo": text,
        },
        {f"{name} on one device": partial(strategy, name=name) for name in ("ddp", "fsdp")},
        {
            f"size of wav2vec2-base, random weights, {kind}": partial(base_size, precision=kind)
            for kind in ("32-true", "bf16-mixed")
        },
    ]


def run_group(number: int, folder: str, device: str) -> list[Row]:
    """The rows of a group. The large models are left out on a CPU."""
    torch.set_num_threads(2)
    place = Place(Path(folder), device)
    chosen = {name: one for name, one in groups()[number].items() if device != "cpu" or not name.startswith("size of")}
    return [check("trainings", name, partial(work, place)) for name, work in chosen.items()]


def checks(device: str, folder: Path, jobs: int = 6, chosen: Sequence[int] = ()) -> list[Row]:
    """The rows of all groups.

    Args:
        folder: for data, models and runs; removed by the caller.  jobs: processes side by side.
        chosen: numbers of groups; none: all.
    """
    Place(folder, device).make()
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        work = partial(run_group, folder=str(folder), device=device)
        return [row for rows in pool.map(work, chosen or range(len(groups()))) for row in rows]
