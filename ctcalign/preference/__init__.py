"""Preference losses over per-token log-probs, the same for text language models and CTC recognisers. Needs torch alone,
loaded on first use. Nothing here knows where the log-probs came from.

No module here has the name of a public function, so a name of the room is the function whatever was imported before.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctcalign.preference.bco import bco_loss as bco_loss
    from ctcalign.preference.bco import matching_weights as matching_weights
    from ctcalign.preference.cdpo import cdpo_loss as cdpo_loss
    from ctcalign.preference.checks import BatchError as BatchError
    from ctcalign.preference.cpo import cpo_loss as cpo_loss
    from ctcalign.preference.dpo import dpo_loss as dpo_loss
    from ctcalign.preference.from_ctc import ctc_lengths as ctc_lengths
    from ctcalign.preference.from_ctc import ctc_path_scores as ctc_path_scores
    from ctcalign.preference.from_ctc import ctc_sequence_scores as ctc_sequence_scores
    from ctcalign.preference.from_ctc import ctc_token_labels as ctc_token_labels
    from ctcalign.preference.from_ctc import ctc_token_scores as ctc_token_scores
    from ctcalign.preference.from_lm import TokenScores as TokenScores
    from ctcalign.preference.from_lm import critical_token_scores as critical_token_scores
    from ctcalign.preference.from_lm import lm_token_scores as lm_token_scores
    from ctcalign.preference.kto import kto_loss as kto_loss
    from ctcalign.preference.logo import logo_loss as logo_loss
    from ctcalign.preference.naming import PreferenceLoss as PreferenceLoss
    from ctcalign.preference.naming import build_preference_loss as build_preference_loss
    from ctcalign.preference.naming import preference_loss_names as preference_loss_names
    from ctcalign.preference.naming import register_preference_loss as register_preference_loss
    from ctcalign.preference.poft import poft_loss as poft_loss
    from ctcalign.preference.results import PairResult as PairResult
    from ctcalign.preference.results import RowResult as RowResult
    from ctcalign.preference.reward_shift import RewardShift as RewardShift
    from ctcalign.preference.simpo import simpo_loss as simpo_loss
    from ctcalign.preference.tdpo import tdpo_loss as tdpo_loss
    from ctcalign.preference.treg import contrast_rewards as contrast_rewards
    from ctcalign.preference.treg import treg_loss as treg_loss

_HOMES = {
    "BatchError": "checks",
    "PairResult": "results",
    "PreferenceLoss": "naming",
    "RewardShift": "reward_shift",
    "RowResult": "results",
    "TokenScores": "from_lm",
    "bco_loss": "bco",
    "build_preference_loss": "naming",
    "cdpo_loss": "cdpo",
    "contrast_rewards": "treg",
    "cpo_loss": "cpo",
    "critical_token_scores": "from_lm",
    "ctc_lengths": "from_ctc",
    "ctc_path_scores": "from_ctc",
    "ctc_sequence_scores": "from_ctc",
    "ctc_token_labels": "from_ctc",
    "ctc_token_scores": "from_ctc",
    "dpo_loss": "dpo",
    "kto_loss": "kto",
    "lm_token_scores": "from_lm",
    "logo_loss": "logo",
    "matching_weights": "bco",
    "poft_loss": "poft",
    "preference_loss_names": "naming",
    "register_preference_loss": "naming",
    "simpo_loss": "simpo",
    "tdpo_loss": "tdpo",
    "treg_loss": "treg",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
