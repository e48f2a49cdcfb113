"""Stored results of k2 1.23.4."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.testing import assert_close

from ctcalign.ctc.batch_inputs import checked
from ctcalign.lattice import engine
from tests.lattice.enumeration import all_weights, weights

GOLDEN = Path(__file__).parents[1] / "golden"
K2 = json.loads((GOLDEN / "k2_ctc.json").read_text())
PATHS = json.loads((GOLDEN / "k2_random_paths.json").read_text())
CASES = {case["name"]: case for case in K2["tiny_cases"]}
CLOSE = {"rtol": 0.0, "atol": 1e-5}


def tensors(case: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
    labels = torch.tensor([case["labels"]], dtype=torch.int64)
    return torch.tensor([case["logp"]]), labels


def number(stored: Any) -> Any:
    """JSON has no infinity: it is stored as a text."""
    return float(stored) if isinstance(stored, str) else stored


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_single_utterances(name: str, case: dict[str, Any]) -> None:
    log_probs, targets = tensors(case)
    lattices, golden = engine(name), case["k2"]
    leaf = log_probs.clone().requires_grad_()
    score = lattices.total_score(leaf, targets)
    assert score.tolist() == pytest.approx([number(golden["tot_score"][0])], abs=1e-5)
    score.sum().backward()
    assert_close(lattices.occupancy(log_probs, targets), torch.tensor(golden["occupancy"]), **CLOSE)
    assert leaf.grad is not None
    gradient = golden["grad_tot_wrt_logp"][0] or golden["occupancy"][0]
    assert_close(leaf.grad[0], torch.tensor(gradient), **CLOSE)
    best = golden["best_path"][0] or [-1] * case["T"]
    assert lattices.best_path(log_probs, targets)[0].tolist() == best
    modified = engine(name, "modified").total_score(log_probs, targets)
    assert modified.tolist() == pytest.approx([number(case["k2_modified_topo_tot_score"][0])], abs=1e-5)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_padded_batch_in_any_order(name: str, order: tuple[int, ...]) -> None:
    batch, golden = K2["batch"], K2["batch"]["k2"]
    longest = max(map(len, batch["labels"]))
    targets = torch.tensor([batch["labels"][i] + [0] * (longest - len(batch["labels"][i])) for i in order])
    target_lengths = torch.tensor([len(batch["labels"][i]) for i in order])
    lengths = [batch["lengths"][i] for i in order]
    log_probs = torch.zeros(3, 12, batch["V"])
    for row, (i, frames) in enumerate(zip(order, lengths, strict=True)):
        log_probs[row, :frames] = torch.tensor(batch["logp"][i])[:frames]
    log_probs.requires_grad_()
    arguments = (targets, torch.tensor(lengths), target_lengths)
    lattices = engine(name)
    scores = lattices.total_score(log_probs, *arguments)
    assert scores.tolist() == pytest.approx([golden["tot_score"][i] for i in order], abs=1e-5)
    scores.sum().backward()
    shares = lattices.occupancy(log_probs, *arguments)
    best = lattices.best_path(log_probs, *arguments)
    assert log_probs.grad is not None
    for row, (i, frames) in enumerate(zip(order, lengths, strict=True)):
        assert_close(shares[row, :frames], torch.tensor(golden["occupancy"][i])[:frames], **CLOSE)
        gradient = torch.tensor(golden["grad_tot_wrt_logp"][i])[:frames]
        assert_close(log_probs.grad[row, :frames], gradient, **CLOSE)
        assert best[row].tolist() == golden["best_path"][i][:frames] + [0] * (12 - frames)


@pytest.mark.parametrize(
    "row", PATHS["constrained"], ids=lambda row: f"{row['case']}-{row['scale']}-{row['num_paths']}"
)
def test_fixed_paths_of_the_lattices_are_those_of_k2(row: dict[str, Any]) -> None:
    """What k2 draws from our lattices, before it is made random."""
    k2 = pytest.importorskip("k2", reason="k2 is not installed; `make test-k2` runs this")
    from ctcalign.lattice.k2_lattices import transcript_lattices

    case = CASES[row["case"]]
    log_probs, targets = tensors(case)
    lattices = transcript_lattices(checked(log_probs * row["scale"], targets, None, None, 0))
    assert lattices is not None
    drawn = k2.random_paths(lattices.fsas, True, row["num_paths"])
    labels = lattices.fsas.labels[drawn.values.long()].view(row["num_paths"], -1)[:, :-1].tolist()
    if "paths_in_order" in row:
        assert labels == row["paths_in_order"]
    assert [labels.count(path) for path in case["enumeration"]["paths"]] == row["counts"]


@pytest.mark.parametrize("row", [row for row in PATHS["constrained"] if "exact_prob" in row])
def test_posteriors_are_those_of_the_stored_paths(row: dict[str, Any]) -> None:
    log_probs, targets = tensors(CASES[row["case"]])
    exact = weights(log_probs[0].double() * row["scale"], targets[0].tolist(), 0)
    whole = sum(exact.values())
    assert [exact[tuple(path)] / whole for path in row["paths"]] == pytest.approx(row["exact_prob"], abs=1e-6)


def test_free_paths_of_the_lattice_are_those_of_the_whole_topology() -> None:
    """Arcs come in another order than in k2's topology, so counts agree with probabilities, not with each count."""
    k2 = pytest.importorskip("k2", reason="k2 is not installed; `make test-k2` runs this")
    from ctcalign.lattice.k2_lattices import frame_lattices

    row = PATHS["unconstrained_full_topo"]
    lattices = frame_lattices(torch.tensor([row["logp"]]), [3], 0)
    assert lattices is not None
    assert lattices.fsas.get_tot_scores(True, True).tolist() == pytest.approx([0.0], abs=1e-6)
    drawn = k2.random_paths(lattices.fsas, True, row["num_paths"])
    labels = lattices.fsas.labels[drawn.values.long()].view(row["num_paths"], -1)[:, :-1].tolist()
    counts = [labels.count(path) for path in row["paths"]]
    assert counts == pytest.approx(row["counts"], abs=1)
    exact = all_weights(torch.tensor(row["logp"]))
    assert [exact[tuple(path)] for path in row["paths"]] == pytest.approx(row["exact_prob"], abs=1e-6)
