"""Training: Lightning modules, data and callbacks around the losses of other rooms. Loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctcalign.train.data_module import CutsDataModule as CutsDataModule
    from ctcalign.train.evaluation import evaluate_cuts as evaluate_cuts
    from ctcalign.train.export import export_checkpoint as export_checkpoint
    from ctcalign.train.guard import WordErrorGuard as WordErrorGuard
    from ctcalign.train.module import CTCModule as CTCModule
    from ctcalign.train.objective_terms import ObjectiveConfig as ObjectiveConfig
    from ctcalign.train.optimisation import OptimiserConfig as OptimiserConfig
    from ctcalign.train.sampling import SamplerConfig as SamplerConfig
    from ctcalign.train.schedule import StartWhen as StartWhen
    from ctcalign.train.tokenizers import CharacterTokenizer as CharacterTokenizer
    from ctcalign.train.tokenizers import SentencePieceTokenizer as SentencePieceTokenizer

_HOMES = {
    "CutsDataModule": "data_module",
    "evaluate_cuts": "evaluation",
    "export_checkpoint": "export",
    "WordErrorGuard": "guard",
    "CTCModule": "module",
    "ObjectiveConfig": "objective_terms",
    "OptimiserConfig": "optimisation",
    "SamplerConfig": "sampling",
    "StartWhen": "schedule",
    "CharacterTokenizer": "tokenizers",
    "SentencePieceTokenizer": "tokenizers",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
