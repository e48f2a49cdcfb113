"""Small things to train with preferences: a batch of made-up features with texts, a tiny language model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from ctcalign.models.encoders import ConvEncoder
from ctcalign.models.training.tokenizers import CharacterTokenizer
from ctcalign.train.data.batch import Batch
from ctcalign.train.optimiser.config import OptimiserConfig
from ctcalign.train.preference.examples import Example, Response, write_examples
from ctcalign.train.preference.speech.module import CtcPreferenceModule, PreferenceConfig
from ctcalign.train.preference.term import LossConfig
from recipes.preference.language_model import write_language_model

TEXTS = {"one": ("ab cab", ["ab ca", "bb cad"]), "two": ("dad", ["da", "dcd d"]), "three": ("ca ab", ["cc ab", "c"])}
LOSSES = ("bco", "cdpo", "cpo", "dpo", "kto", "logo", "poft", "simpo", "tdpo", "treg")
PROMPTS = {"1+2=": ("3", ["4", "12"]), "2+2=": ("4", ["5", "3"]), "4+4=": ("8", ["9", "18"])}


def batch(index: int = 0) -> Batch:
    """Three utterances of made-up features."""
    generator = torch.Generator().manual_seed(7)
    features = torch.randn(3, 60, 80, generator=generator)
    return Batch(features, torch.tensor([60, 48, 56]), [text for text, _ in TEXTS.values()], list(TEXTS), index=index)


def manifest(folder: Path) -> str:
    """Pairs of the utterances of `batch`."""
    file = folder / "pairs.jsonl"
    write_examples(file, [Example(n, Response(good), tuple(map(Response, bad))) for n, (good, bad) in TEXTS.items()])
    return str(file)


def module(seed: int = 3, **options: Any) -> CtcPreferenceModule:
    """A tiny recogniser with its preferences."""
    torch.manual_seed(seed)
    init = options.pop("init", None)
    return CtcPreferenceModule(
        ConvEncoder(dim=16, blocks=1, kernel=3, subsampling=2),
        CharacterTokenizer(" abcd"),
        preference=PreferenceConfig(**options),
        optimiser=OptimiserConfig(lr=0.001, warmup_steps=0),
        init=init,
    )


def start(folder: Path) -> str:
    """A checkpoint of the tiny recogniser."""
    from ctcalign.models.encoders.recogniser import save_recogniser
    from ctcalign.train.recogniser.export import header_of

    fresh = module(loss=LossConfig("simpo"))
    file = folder / "start.safetensors"
    save_recogniser(file, fresh.network, header_of(fresh.model, {}))
    return str(file)


class Listed:
    """Batches one after the other; Lightning takes a bare list for several loaders."""

    def __init__(self, batches: list[Any]) -> None:
        self.batches = batches

    def __iter__(self) -> Any:
        return iter(self.batches)


class LogRows(pl.loggers.logger.DummyLogger):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, float]] = []

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        self.rows.append(dict(metrics))


def trained(one: pl.LightningModule, batches: Any, **options: Any) -> list[dict[str, float]]:
    """Train on batches, or a data module; gives the rows of the log."""
    log = LogRows()
    trainer = pl.Trainer(
        max_epochs=1, accelerator="cpu", devices=1, logger=log, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, log_every_n_steps=1, **options,
    )  # fmt: skip
    trainer.fit(one, Listed(batches) if isinstance(batches, list) else batches)
    return [row for row in log.rows if "loss" in row]


def language_model(folder: Path, seed: int = 1) -> str:
    """Folder of a tiny causal language model that writes sums."""
    write_language_model(folder, "0123456789+= ", dim=16, layers=1, positions=16, seed=seed)
    return str(folder)


def sums(file: Path, key: str = "prompt") -> str:
    """Sums with wrong answers."""
    write_examples(
        file, [Example(p, Response(good), tuple(map(Response, bad))) for p, (good, bad) in PROMPTS.items()], key
    )
    return str(file)
