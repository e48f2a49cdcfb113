"""Stored results of torchaudio and k2, and torchaudio itself on random input."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.ctc import best_path
from ctcalign.errors import ModelError, NoPathError
from ctcalign.models.torchaudio_bundle import import_torchaudio

GOLDEN = Path(__file__).parents[2] / "golden"
K2 = json.loads((GOLDEN / "k2_ctc.json").read_text())
TORCHAUDIO = json.loads((GOLDEN / "torchaudio_forced_align.json").read_text())


def k2_cases() -> list[Any]:
    cases = [
        (c["name"], c["logp"], c["labels"], c["k2"]["best_path"][0], c["k2"]["best_score"][0]) for c in K2["tiny_cases"]
    ]
    batch = K2["batch"]
    for i, length in enumerate(batch["lengths"]):
        values = (
            batch["logp"][i][:length],
            batch["labels"][i],
            batch["k2"]["best_path"][i],
            batch["k2"]["best_score"][i],
        )
        cases.append((f"batch_{i}", *values))
    return [pytest.param(*case[1:], id=case[0]) for case in cases]


@pytest.mark.parametrize(("logp", "labels", "path", "score"), k2_cases())
def test_best_paths_of_k2(logp: Any, labels: list[int], path: list[int], score: Any) -> None:
    log_probs = torch.tensor(logp, dtype=torch.float64)
    if score == "-inf":
        with pytest.raises(NoPathError):
            best_path(log_probs, labels)
        return
    best = best_path(log_probs, labels)
    assert best.path.tolist() == path
    assert best.score == pytest.approx(score, abs=1e-5)


def golden_input(name: str) -> torch.Tensor:
    if name == "long_logp":
        return torch.tensor(TORCHAUDIO["long_logp"], dtype=torch.float64)
    if name.startswith("k2_ctc.json batch/logp"):
        i = int(name[-2])
        return torch.tensor(K2["batch"]["logp"][i][: K2["batch"]["lengths"][i]], dtype=torch.float64)
    case = next(c for c in K2["tiny_cases"] if name.endswith(f"/{c['name']}"))
    return torch.tensor(case["logp"], dtype=torch.float64)


@pytest.mark.parametrize("case", TORCHAUDIO["cases"], ids=lambda case: case["name"])
def test_stored_alignments_of_torchaudio(case: dict[str, Any]) -> None:
    log_probs = golden_input(case["input"]).to(getattr(torch, case["dtype"].removeprefix("torch.")))
    if case["error"] and case["labels"]:
        with pytest.raises(NoPathError):
            best_path(log_probs, case["labels"], case["blank"])
        return
    best = best_path(log_probs, case["labels"], case["blank"])
    if case["error"]:  # torchaudio takes no empty text; k2 does
        assert best.path.tolist() == case["k2_best_path"]
        return
    assert best.path.tolist() == case["alignment"]
    exact = 1e-10 if case["dtype"] == "torch.float64" else 1e-6
    assert best.frame_scores.tolist() == pytest.approx(case["frame_scores"], abs=1e-6)
    assert best.score == pytest.approx(case["total"], abs=exact * case["T"])
    assert [list(span) for span in best.spans] == [span[1:3] for span in case["spans"]]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_never_worse_than_torchaudio(data: st.DataObject) -> None:
    try:
        forced_align = import_torchaudio().functional.forced_align
    except ModelError as error:
        pytest.skip(f"torchaudio cannot be used: {error}")
    frames, classes = data.draw(st.integers(1, 40)), data.draw(st.integers(2, 6))
    blank = data.draw(st.integers(0, classes - 1))
    tokens = [c for c in range(classes) if c != blank]
    targets = data.draw(st.lists(st.sampled_from(tokens), min_size=1, max_size=12))
    if frames < len(targets) + sum(a == b for a, b in itertools.pairwise(targets)):
        targets = targets[:1]
    generator = torch.Generator().manual_seed(data.draw(st.integers(0, 2**31)))
    ties = data.draw(st.booleans())
    if ties:
        log_probs = -torch.randint(0, 3, (frames, classes), generator=generator).double()
    else:
        log_probs = torch.randn(frames, classes, generator=generator, dtype=torch.float64).log_softmax(1)
    best = best_path(log_probs, targets, blank)
    path, scores = forced_align(log_probs[None], torch.tensor([targets]), blank=blank)
    total = math.fsum(scores[0].tolist())
    assert best.score >= total - 1e-9  # its kernel can return a worse path where scores tie
    if best.path.tolist() == path[0].tolist():
        assert best.score == pytest.approx(total, abs=1e-9)
    else:
        assert ties  # without ties there is one best path
