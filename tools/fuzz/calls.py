"""A valid call of each public function of the mathematics: the function, and tiny arguments, made anew each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from ctcalign import ctc, lattice, objectives, preference
from ctcalign.objectives import properties

Call = tuple[Callable[..., Any], Callable[[], dict[str, Any]]]
SYMBOLS = ("_", "a", "b", "|", "c")


def log_probs(*shape: int) -> torch.Tensor:
    """Normalised log-probs of random logits, always the same ones of a shape."""
    generator = torch.Generator().manual_seed(sum(shape))
    return torch.randn(*shape, generator=generator).log_softmax(-1)


def _batch() -> dict[str, Any]:
    lengths = {"input_lengths": torch.tensor([6, 5]), "target_lengths": torch.tensor([3, 2])}
    return {"log_probs": log_probs(2, 6, 5), "targets": torch.tensor([[1, 2, 2], [4, 3, 0]]), **lengths, "blank": 0}


def _paths(n: int = 3) -> torch.Tensor:
    return ctc.sample_paths(log_probs(2, 6, 5), n, generator=torch.Generator().manual_seed(1))


def _search() -> dict[str, Any]:
    options = {"band": 4.0, "beam": 20.0, "centre": [1.0, 2.0, 4.0], "max_memory": 10**8}
    return {"log_probs": log_probs(6, 5), "targets": [1, 2, 2], "blank": 0, **options}


def _graph_search() -> dict[str, Any]:
    given = _search() | {"graph": ctc.chain([1, 2, 2]), "wildcard_penalty": 0.5, "filler_penalty": [0.5, 1.0]}
    return {name: value for name, value in given.items() if name != "targets"}


def _splice() -> dict[str, Any]:
    graph = ctc.chain([1, 2, 2])
    first = ctc.best_path_graph(log_probs(6, 5), graph)
    second = ctc.best_path_graph(log_probs(6, 5).flip(0), graph)
    return {"first": first, "second": second, "graph": graph, "take_second": lambda place, gap: True}


def _awp() -> dict[str, Any]:
    changed = torch.tensor([[True, False, True], [True, True, True]])
    more = {"improved": _paths().flip(1), "input_lengths": torch.tensor([6, 5]), "margin": 0.1, "changed": changed}
    return {"log_probs": log_probs(2, 6, 5), "sampled": _paths(), **more}


def _hypotheses() -> dict[str, Any]:
    texts = torch.tensor([[[1, 2], [1, 0], [2, 0]], [[4, 1], [3, 0], [0, 0]]])
    return {"hypotheses": texts, "hypothesis_lengths": torch.tensor([[2, 1, 1], [2, 1, -1]])}


def _mwer() -> dict[str, Any]:
    errors = torch.tensor([[0.0, 1.0, 2.0], [1.0, 0.0, 0.0]])
    more = {"errors": errors, "input_lengths": torch.tensor([6, 5]), "blank": 0, "temperature": 1.5}
    return {"log_probs": log_probs(2, 6, 5), **_hypotheses(), **more, "reduction": "sum"}


def _text_errors() -> dict[str, Any]:
    targets = {"targets": torch.tensor([[1, 3, 2], [4, 3, 0]]), "target_lengths": torch.tensor([3, 2])}
    return {**_hypotheses(), **targets, "vocabulary": SYMBOLS, "unit": "words", "separator": "|"}


def _improve() -> dict[str, Any]:
    context = properties.PropertyContext(reference=(1, 2), vocabulary=SYMBOLS)
    lengths = {"input_lengths": torch.tensor([6, 5]), "generator": torch.Generator().manual_seed(0)}
    return {"paths": _paths(), "property": properties.build_property("low_latency"), "contexts": context, **lengths}


def _tokens(name: str, seed: int) -> torch.Tensor:
    return -torch.rand(2, 4, generator=torch.Generator().manual_seed(seed + len(name)))


def _mask() -> torch.Tensor:
    return torch.tensor([[True, True, True, False], [True, True, False, False]])


def _rows(*names: str, **more: Any) -> Callable[[], dict[str, Any]]:
    """Values of tokens by name, masks, and further arguments."""

    def made() -> dict[str, Any]:
        given = {name: _mask() if name.endswith("mask") else _tokens(name, place) for place, name in enumerate(names)}
        return given | {
            name: value.clone() if isinstance(value, torch.Tensor) else value for name, value in more.items()
        }

    return made


_PAIR = ("chosen_log_probs", "rejected_log_probs")
_REFERENCES = ("chosen_reference_log_probs", "rejected_reference_log_probs")
_MASKS = ("chosen_mask", "rejected_mask")
_LENGTHS = {"chosen_lengths": torch.tensor([3.0, 2.0]), "rejected_lengths": torch.tensor([3.0, 2.0])}
_LABELS = torch.tensor([True, False])


def _bco() -> dict[str, Any]:
    given = _rows("log_probs", "reference_log_probs", "mask", desirable=_LABELS)()
    shift = {"shift": preference.RewardShift(), "update": True, "beta": 0.1, "min_weight": 0.5, "max_weight": 10.0}
    return {**given, **shift, "desirable_probability": torch.tensor([0.4, 0.6])}


def _logits() -> dict[str, Any]:
    labels = {"labels": torch.tensor([[1, 2, -100], [3, 0, 4]]), "mask": torch.ones(2, 3, dtype=torch.bool)}
    return {**labels, "shift": True, "chunk_numbers": 64}


def _without(name: str, given: Callable[[], dict[str, Any]], **more: Any) -> Callable[[], dict[str, Any]]:
    return lambda: {key: value for key, value in given().items() if key != name} | more


CALLS: Mapping[str, Call] = {
    "ctc.best_path": (ctc.best_path, _search),
    "ctc.best_path_graph": (
        ctc.best_path_graph,
        lambda: {**_graph_search(), "filler_frames": np.ones(6, np.bool_)},
    ),
    "ctc.chain": (ctc.chain, lambda: {"tokens": [1, 2, 2]}),
    "ctc.collapse": (ctc.collapse, lambda: {"path": torch.tensor([0, 1, 1, 0, 2]), "blank": 0}),
    "ctc.feasible": (
        ctc.feasible,
        lambda: {**_without("log_probs", _without("blank", _batch))(), "topology": "modified"},
    ),
    "ctc.nbest": (ctc.nbest, lambda: {**_without("targets", _without("target_lengths", _batch))(), "n": 2, "beam": 4}),
    "ctc.next_token_log_probs": (ctc.next_token_log_probs, _batch),
    "ctc.occupancy": (ctc.occupancy, lambda: {**_batch(), "topology": "standard", "emission_bonus": torch.zeros(2, 6)}),
    "ctc.path_log_prob": (
        ctc.path_log_prob,
        lambda: {"log_probs": log_probs(5, 4), "path": torch.tensor([0, 1, 1, 0, 2])},
    ),
    "ctc.path_log_probs": (
        ctc.path_log_probs,
        lambda: {"log_probs": log_probs(2, 6, 5), "paths": _paths(), "input_lengths": torch.tensor([6, 5])},
    ),
    "ctc.prefix_beam_search": (
        ctc.prefix_beam_search,
        lambda: {"log_probs": log_probs(6, 5).numpy(), "beam": 4, "blank": 0},
    ),
    "ctc.sample_alignments": (
        ctc.sample_alignments,
        lambda: {**_batch(), "n": 2, "topology": "standard", "generator": torch.Generator(), "systematic": True},
    ),
    "ctc.sample_paths": (
        ctc.sample_paths,
        lambda: {
            **{"log_probs": log_probs(2, 6, 5), "n": 2, "input_lengths": torch.tensor([6, 5])},
            **{"generator": torch.Generator(), "temperature": 1.5},
        },
    ),
    "ctc.splice": (ctc.splice, _splice),
    "ctc.token_log_probs": (ctc.token_log_probs, _batch),
    "ctc.token_spans": (ctc.token_spans, lambda: {"path": [0, 1, 1, 0, 2], "blank": 0}),
    "ctc.total_score": (
        ctc.total_score,
        lambda: {**_batch(), "topology": "standard", "emission_bonus": torch.zeros(2, 6)},
    ),
    "lattice.engine": (lattice.engine, lambda: {"name": "native", "topology": "standard", "blank": 0}),
    "lattice.total_score": (lattice.engine("native").total_score, _without("blank", _batch)),
    "objectives.align_with_purpose_loss": (
        objectives.align_with_purpose_loss,
        lambda: {**_awp(), "reduction": "mean"},
    ),
    "objectives.awp_pairs": (objectives.awp_pairs, _awp),
    "objectives.build_objective": (objectives.build_objective, lambda: {"name": "mwer", "temperature": 1.0}),
    "objectives.build_property": (properties.build_property, lambda: {"name": "low_latency", "k": 2}),
    "objectives.consistency_loss": (
        objectives.consistency_loss,
        lambda: {
            "first": log_probs(2, 6, 5),
            "second": log_probs(2, 6, 5).flip(1),
            "lengths": torch.tensor([6, 5]),
            "target_lengths": torch.tensor([2, 1]),
        },
    ),
    "objectives.delay_penalty_loss": (
        objectives.delay_penalty_loss,
        lambda: {**_batch(), "penalty": 0.1, "reduction": "sum"},
    ),
    "objectives.distillation_loss": (
        objectives.distillation_loss,
        lambda: {
            "log_probs": log_probs(2, 6, 5),
            "teacher_probs": log_probs(2, 6, 5).flip(1).exp(),
            "valid": torch.tensor([[True] * 6, [True] * 5 + [False]]),
            "temperature": 1.5,
            "tolerance": 1,
        },
    ),
    "objectives.expected_errors": (
        objectives.expected_errors,
        lambda: {"scores": log_probs(2, 3), "errors": torch.tensor([[0.0, 1, 2], [1, 0, 0]]), "temperature": 1.5},
    ),
    "objectives.frames_at": (
        objectives.frames_at,
        lambda: {"probs": log_probs(2, 6, 5).exp(), "lengths": torch.tensor([6, 5]), "frames": 4, "ratio": 1.5},
    ),
    "objectives.fastemit_ctc_loss": (
        objectives.fastemit_ctc_loss,
        lambda: {**_batch(), "scale": 0.1, "reduction": "none"},
    ),
    "objectives.improve": (objectives.improve, _improve),
    "objectives.mwer_loss": (objectives.mwer_loss, _mwer),
    "objectives.peak_first_loss": (
        objectives.peak_first_loss,
        lambda: {"log_probs": log_probs(2, 6, 5), "input_lengths": torch.tensor([6, 5]), "temperature": 1.5},
    ),
    "objectives.text_errors": (objectives.text_errors, _text_errors),
    "objectives.trim_tail": (
        objectives.trim_tail,
        lambda: {
            **{"features": torch.zeros(2, 6, 3), "lengths": torch.tensor([6, 5]), "most": 2},
            "generator": torch.Generator(),
        },
    ),
    "objectives.properties.draw_frames": (
        properties.draw_frames,
        lambda: {"paths": _paths(), "lengths": torch.tensor([6, 5]), "source": None},
    ),
    "objectives.properties.draw_numbers": (
        properties.draw_numbers,
        lambda: {"paths": _paths(), "low": 1, "high": 3, "source": None},
    ),
    "objectives.properties.removable": (
        properties.removable,
        lambda: {"paths": _paths(), "lengths": torch.tensor([6, 5]), "blank": 0},
    ),
    "objectives.properties.remove_frames": (
        properties.remove_frames,
        lambda: {
            **{"paths": _paths(), "removed": torch.zeros(2, 3, 6, dtype=torch.bool), "lengths": torch.tensor([6, 5])},
            "blank": 0,
        },
    ),
    "preference.bco_loss": (preference.bco_loss, _bco),
    "preference.build_preference_loss": (preference.build_preference_loss, lambda: {"name": "dpo", "beta": 0.2}),
    "preference.cdpo_loss": (
        preference.cdpo_loss,
        lambda: {
            **_rows(*_PAIR, *_REFERENCES, *_MASKS, beta=0.1, label_smoothing=0.1, only_rejected=False)(),
            **{"rejected_scores": torch.rand(2, 4), "chosen_scores": torch.rand(2, 4), "reduction": "token_released"},
        },
    ),
    "preference.contrast_rewards": (preference.contrast_rewards, _rows("better_log_probs", "worse_log_probs")),
    "preference.cpo_loss": (
        preference.cpo_loss,
        _rows(*_PAIR, *_MASKS, beta=0.1, variant="sigmoid", label_smoothing=0.1, sft_weight=0.5, **_LENGTHS),
    ),
    "preference.critical_token_scores": (
        preference.critical_token_scores,
        lambda: {
            **{"positive_logits": log_probs(2, 3, 5), "negative_logits": log_probs(2, 3, 5), "strength": 0.5},
            **_logits(),
        },
    ),
    "preference.ctc_lengths": (
        preference.ctc_lengths,
        lambda: {"norm": "labels", "input_lengths": torch.tensor([6, 5]), "target_lengths": torch.tensor([3, 2])},
    ),
    "preference.ctc_path_scores": (
        preference.ctc_path_scores,
        lambda: {
            **{"log_probs": log_probs(2, 6, 5), "paths": _paths(1)[:, 0], "input_lengths": torch.tensor([6, 5])},
            **{"reference_log_probs": log_probs(2, 6, 5), "log_collision": True},
        },
    ),
    "preference.ctc_sequence_scores": (preference.ctc_sequence_scores, _batch),
    "preference.ctc_token_labels": (
        preference.ctc_token_labels,
        lambda: {"targets": torch.tensor([[1, 2, 2], [4, 3, 0]]), "target_lengths": torch.tensor([3, 2]), "blank": 0},
    ),
    "preference.ctc_token_scores": (
        preference.ctc_token_scores,
        lambda: {**_batch(), "reference_log_probs": log_probs(2, 6, 5), "log_collision": True},
    ),
    "preference.dpo_loss": (
        preference.dpo_loss,
        _rows(*_PAIR, *_REFERENCES, *_MASKS, beta=0.1, variant="ipo", ld_alpha=0.5, **_LENGTHS),
    ),
    "preference.kto_loss": (
        preference.kto_loss,
        _rows(
            *("log_probs", "reference_log_probs", "mask", "mismatched_log_probs", "mismatched_reference_log_probs"),
            **{"mismatched_mask": _mask(), "desirable": _LABELS, "beta": 0.1, "desirable_weight": 1.5},
        ),
    ),
    "preference.lm_token_scores": (
        preference.lm_token_scores,
        lambda: {
            **{"logits": log_probs(2, 3, 5), "reference_logits": log_probs(2, 3, 5), "log_collision": True},
            **_logits(),
        },
    ),
    "preference.logo_loss": (
        preference.logo_loss,
        lambda: {
            **{"chosen_log_probs": _tokens("a", 0), "chosen_mask": _mask(), "rejected_log_probs": -torch.rand(2, 3, 4)},
            **{"rejected_mask": torch.ones(2, 3, 4), "beta": 1.0, "gamma_beta_ratio": 0.3, "sft_weight": 0.1},
        },
    ),
    "preference.matching_weights": (
        preference.matching_weights,
        lambda: {"probability": torch.tensor([0.4, 0.6]), "desirable": _LABELS.clone(), "least": 0.5, "most": 10.0},
    ),
    "preference.poft_loss": (
        preference.poft_loss,
        _rows("log_probs", "mask", aligned_scores=-torch.ones(2, 3), beta=1.0, gamma=0.1, lengths=torch.ones(2)),
    ),
    "preference.simpo_loss": (
        preference.simpo_loss,
        _rows(*_PAIR, *_MASKS, beta=2.0, gamma=0.5, label_smoothing=0.1, alpha=0.1, sft_weight=0.1, **_LENGTHS),
    ),
    "preference.tdpo_loss": (
        preference.tdpo_loss,
        lambda: {
            **_rows(*_PAIR, *_REFERENCES, *_MASKS, beta=0.1, alpha=0.5, variant="tdpo2")(),
            **{"chosen_kl": torch.rand(2, 4), "rejected_kl": torch.rand(2, 4)},
        },
    ),
    "preference.treg_loss": (
        preference.treg_loss,
        lambda: {
            **_rows(*_PAIR, *_REFERENCES, *_MASKS, beta=0.1, alpha=0.25, base="dpo", gamma=0.5, **_LENGTHS)(),
            **{"chosen_token_rewards": torch.rand(2, 4) - 0.5, "rejected_token_rewards": torch.rand(2, 4) - 0.5},
        },
    ),
}
