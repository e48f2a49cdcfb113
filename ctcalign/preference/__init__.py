"""Preference losses over per-token log-probs, for text language models and CTC recognisers.

Needs only torch and numba. The losses do not depend on the source of the log-probs. No module has the name of a
public function.

Each built-in loss is a function in `losses/` that is registered by name and imported below.
"""

from __future__ import annotations

from ctcalign.errors import BatchError as BatchError
from ctcalign.preference.interface import PreferenceLoss as PreferenceLoss
from ctcalign.preference.interface import build_preference_loss as build_preference_loss
from ctcalign.preference.interface import preference_loss_names as preference_loss_names
from ctcalign.preference.interface import register_preference_loss as register_preference_loss
from ctcalign.preference.losses.dpo import dpo_loss as dpo_loss
from ctcalign.preference.losses.reference_free import cpo_loss as cpo_loss
from ctcalign.preference.losses.reference_free import logo_loss as logo_loss
from ctcalign.preference.losses.reference_free import simpo_loss as simpo_loss
from ctcalign.preference.losses.token_level import cdpo_loss as cdpo_loss
from ctcalign.preference.losses.token_level import tdpo_loss as tdpo_loss
from ctcalign.preference.losses.token_level import treg_loss as treg_loss
from ctcalign.preference.losses.unpaired import bco_loss as bco_loss
from ctcalign.preference.losses.unpaired import kto_loss as kto_loss
from ctcalign.preference.losses.unpaired import matching_weights as matching_weights
from ctcalign.preference.losses.unpaired import poft_loss as poft_loss
from ctcalign.preference.results import PairResult as PairResult
from ctcalign.preference.results import RowResult as RowResult
from ctcalign.preference.reward_shift import RewardShift as RewardShift
from ctcalign.preference.token_scores.ctc import ctc_lengths as ctc_lengths
from ctcalign.preference.token_scores.ctc import ctc_path_scores as ctc_path_scores
from ctcalign.preference.token_scores.ctc import ctc_sequence_scores as ctc_sequence_scores
from ctcalign.preference.token_scores.ctc import ctc_token_labels as ctc_token_labels
from ctcalign.preference.token_scores.ctc import ctc_token_scores as ctc_token_scores
from ctcalign.preference.token_scores.language_model import TokenScores as TokenScores
from ctcalign.preference.token_scores.language_model import contrast_rewards as contrast_rewards
from ctcalign.preference.token_scores.language_model import critical_token_scores as critical_token_scores
from ctcalign.preference.token_scores.language_model import lm_token_scores as lm_token_scores
