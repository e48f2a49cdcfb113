"""Losses over paths and log-probs, and the properties that improve a path.

Needs only torch and numba, and is independent of how the paths were sampled. No module has the name of a public
function.
"""

from __future__ import annotations

from ctcalign.errors import BatchError as BatchError
from ctcalign.objectives import builtin as builtin
from ctcalign.objectives import properties as properties
from ctcalign.objectives.awp import AwpPairs as AwpPairs
from ctcalign.objectives.awp import PreferencePairs as PreferencePairs
from ctcalign.objectives.awp import align_with_purpose_loss as align_with_purpose_loss
from ctcalign.objectives.awp import awp_pairs as awp_pairs
from ctcalign.objectives.consistency import consistency_loss as consistency_loss
from ctcalign.objectives.delay import delay_penalty_loss as delay_penalty_loss
from ctcalign.objectives.delay import fastemit_ctc_loss as fastemit_ctc_loss
from ctcalign.objectives.delay import peak_first_loss as peak_first_loss
from ctcalign.objectives.delay import trim_tail as trim_tail
from ctcalign.objectives.distillation import distillation_loss as distillation_loss
from ctcalign.objectives.distillation import frames_at as frames_at
from ctcalign.objectives.interface import Objective as Objective
from ctcalign.objectives.interface import ObjectiveInput as ObjectiveInput
from ctcalign.objectives.interface import ObjectiveOutput as ObjectiveOutput
from ctcalign.objectives.interface import build_objective as build_objective
from ctcalign.objectives.interface import objective_names as objective_names
from ctcalign.objectives.interface import register_objective as register_objective
from ctcalign.objectives.mwer import expected_errors as expected_errors
from ctcalign.objectives.mwer import mwer_loss as mwer_loss
from ctcalign.objectives.mwer import text_errors as text_errors
from ctcalign.objectives.properties import Joint as Joint
from ctcalign.objectives.properties import LowLatency as LowLatency
from ctcalign.objectives.properties import MinimumCER as MinimumCER
from ctcalign.objectives.properties import MinimumWER as MinimumWER
from ctcalign.objectives.properties import PropertyContext as PropertyContext
from ctcalign.objectives.properties import build_property as build_property
from ctcalign.objectives.properties import improve as improve
from ctcalign.objectives.properties import register_property as register_property
