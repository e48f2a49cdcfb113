"""Training and evaluation with Lightning and lhotse: modules, data and callbacks. Names are loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctcalign.train.base import OptimiserConfig as OptimiserConfig
    from ctcalign.train.data.module import CutsDataModule as CutsDataModule
    from ctcalign.train.data.tokenizers import CharacterTokenizer as CharacterTokenizer
    from ctcalign.train.data.tokenizers import SentencePieceTokenizer as SentencePieceTokenizer
    from ctcalign.train.evaluation.evaluate import evaluate_cuts as evaluate_cuts
    from ctcalign.train.recogniser.export import export_checkpoint as export_checkpoint
    from ctcalign.train.recogniser.guard import WordErrorGuard as WordErrorGuard
    from ctcalign.train.recogniser.module import CTCModule as CTCModule
    from ctcalign.train.recogniser.sampling import SamplerConfig as SamplerConfig
    from ctcalign.train.recogniser.terms import ObjectiveConfig as ObjectiveConfig
    from ctcalign.train.recogniser.terms import StartWhen as StartWhen

_HOMES = {
    "CutsDataModule": "data.module",
    "evaluate_cuts": "evaluation.evaluate",
    "export_checkpoint": "recogniser.export",
    "WordErrorGuard": "recogniser.guard",
    "CTCModule": "recogniser.module",
    "ObjectiveConfig": "recogniser.terms",
    "OptimiserConfig": "base",
    "SamplerConfig": "recogniser.sampling",
    "StartWhen": "recogniser.terms",
    "CharacterTokenizer": "data.tokenizers",
    "SentencePieceTokenizer": "data.tokenizers",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
