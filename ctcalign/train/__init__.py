"""Training and evaluation with Lightning and lhotse: modules, data and callbacks. Names are loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctcalign.models.training.tokenizers import CharacterTokenizer as CharacterTokenizer
    from ctcalign.models.training.tokenizers import SentencePieceTokenizer as SentencePieceTokenizer
    from ctcalign.train.data.module import CutsDataModule as CutsDataModule
    from ctcalign.train.evaluation.evaluate import evaluate_cuts as evaluate_cuts
    from ctcalign.train.optimiser.config import OptimiserConfig as OptimiserConfig
    from ctcalign.train.recogniser.export import export_checkpoint as export_checkpoint
    from ctcalign.train.recogniser.guard import WordErrorGuard as WordErrorGuard
    from ctcalign.train.recogniser.module import CTCModule as CTCModule
    from ctcalign.train.recogniser.sampling import SamplerConfig as SamplerConfig
    from ctcalign.train.recogniser.terms import ObjectiveConfig as ObjectiveConfig
    from ctcalign.train.recogniser.terms import StartWhen as StartWhen

_HOMES = {
    "CutsDataModule": "ctcalign.train.data.module",
    "evaluate_cuts": "ctcalign.train.evaluation.evaluate",
    "export_checkpoint": "ctcalign.train.recogniser.export",
    "WordErrorGuard": "ctcalign.train.recogniser.guard",
    "CTCModule": "ctcalign.train.recogniser.module",
    "ObjectiveConfig": "ctcalign.train.recogniser.terms",
    "OptimiserConfig": "ctcalign.train.optimiser.config",
    "SamplerConfig": "ctcalign.train.recogniser.sampling",
    "StartWhen": "ctcalign.train.recogniser.terms",
    "CharacterTokenizer": "ctcalign.models.training.tokenizers",
    "SentencePieceTokenizer": "ctcalign.models.training.tokenizers",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
