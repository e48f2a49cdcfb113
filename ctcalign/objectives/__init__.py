"""Losses over paths and log-probs, and the properties that make a path better. Needs torch and numba alone, loaded on
first use. Nothing here knows where the paths came from.

No module here has the name of a public function, so a name of the room is the function whatever was imported before.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ctcalign.errors import BatchError as BatchError

if TYPE_CHECKING:
    from ctcalign.objectives import properties as properties
    from ctcalign.objectives.awp import AwpPairs as AwpPairs
    from ctcalign.objectives.awp import PreferencePairs as PreferencePairs
    from ctcalign.objectives.awp import align_with_purpose_loss as align_with_purpose_loss
    from ctcalign.objectives.awp import awp_pairs as awp_pairs
    from ctcalign.objectives.delay import delay_penalty_loss as delay_penalty_loss
    from ctcalign.objectives.delay import fastemit_ctc_loss as fastemit_ctc_loss
    from ctcalign.objectives.delay import peak_first_loss as peak_first_loss
    from ctcalign.objectives.interface import Objective as Objective
    from ctcalign.objectives.interface import ObjectiveInput as ObjectiveInput
    from ctcalign.objectives.interface import ObjectiveOutput as ObjectiveOutput
    from ctcalign.objectives.interface import build_objective as build_objective
    from ctcalign.objectives.interface import objective_names as objective_names
    from ctcalign.objectives.interface import register_objective as register_objective
    from ctcalign.objectives.mwer import expected_errors as expected_errors
    from ctcalign.objectives.mwer import mwer_loss as mwer_loss
    from ctcalign.objectives.properties import Joint as Joint
    from ctcalign.objectives.properties import LowLatency as LowLatency
    from ctcalign.objectives.properties import MinimumCER as MinimumCER
    from ctcalign.objectives.properties import MinimumWER as MinimumWER
    from ctcalign.objectives.properties import PropertyContext as PropertyContext
    from ctcalign.objectives.properties import build_property as build_property
    from ctcalign.objectives.properties import improve as improve
    from ctcalign.objectives.properties import register_property as register_property
    from ctcalign.objectives.tail import trim_tail as trim_tail
    from ctcalign.objectives.word_errors import text_errors as text_errors

_HOMES = {
    "AwpPairs": "awp",
    "PreferencePairs": "awp",
    "align_with_purpose_loss": "awp",
    "awp_pairs": "awp",
    "delay_penalty_loss": "delay",
    "fastemit_ctc_loss": "delay",
    "peak_first_loss": "delay",
    "Objective": "interface",
    "ObjectiveInput": "interface",
    "ObjectiveOutput": "interface",
    "build_objective": "interface",
    "objective_names": "interface",
    "register_objective": "interface",
    "expected_errors": "mwer",
    "mwer_loss": "mwer",
    "Joint": "properties",
    "LowLatency": "properties",
    "MinimumCER": "properties",
    "MinimumWER": "properties",
    "PropertyContext": "properties",
    "build_property": "properties",
    "improve": "properties",
    "register_property": "properties",
    "trim_tail": "tail",
    "text_errors": "word_errors",
}


def __getattr__(name: str) -> Any:
    if name == "properties":
        return import_module(f"{__name__}.properties")
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, "properties"})
