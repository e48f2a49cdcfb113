"""Which engine one gets, and what one is told of wrong input."""

from __future__ import annotations

import math
import sys

import pytest
import torch

from ctcalign.errors import ShapeError, UsageError
from ctcalign.lattice import ENGINES, engine

LOG_PROBS = torch.zeros(2, 4, 3).log_softmax(-1)
TARGETS = torch.tensor([[1, 2], [2, 1]])


def without_k2(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(sys.modules, "k2", None)


def test_an_engine_says_what_it_is(name: str) -> None:
    lattices = engine(name, "modified", 3)
    assert (lattices.name, lattices.topology, lattices.blank) == (name, "modified", 3)
    assert type(lattices).__name__ == {"native": "NativeEngine", "k2": "K2Engine"}[name]


def test_auto_takes_k2_where_there_is_k2() -> None:
    pytest.importorskip("k2", reason="k2 is not installed; `make test-k2` runs this")
    assert engine().name == "k2"


def test_auto_does_without_k2(monkeypatch: pytest.MonkeyPatch) -> None:
    without_k2(monkeypatch)
    assert engine().name == "native"


def test_k2_without_k2_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    without_k2(monkeypatch)
    with pytest.raises(
        UsageError, match=r"^engine: 'k2' cannot be used: .*k2.*; install it \(pip install k2.*'native'"
    ) as found:
        engine("k2")
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "k3"}, "^engine: got 'k3', expected one of " + ", ".join(ENGINES)),
        ({"topology": "simplified"}, "^topology: got 'simplified', expected one of standard, modified"),
        ({"blank": -1}, "^blank: got -1, expected"),
        ({"blank": True}, "^blank: got True, expected"),
    ],
)
def test_unknown_names(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        engine(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["total_score", "occupancy", "best_path", "sample_paths"])
@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"log_probs": LOG_PROBS[0]}, ShapeError, "^log_probs: expected"),
        ({"log_probs": LOG_PROBS[:0], "targets": TARGETS[:0]}, ShapeError, "^log_probs: the batch is empty"),
        ({"log_probs": LOG_PROBS.clone().fill_(math.nan)}, UsageError, "^log_probs: NaN"),
        ({"targets": torch.tensor([[1, 0], [1, 2]])}, UsageError, "^targets: label 0 in utterance 0"),
        ({"targets": torch.tensor([[1, 3], [1, 2]])}, UsageError, "^targets: label 3 in utterance 0"),
        ({"targets": TARGETS[:1]}, ShapeError, "^targets: expected"),
        ({"input_lengths": torch.tensor([4, 5])}, UsageError, "^input_lengths: expected"),
        ({"input_lengths": torch.tensor([0.5, 1.0])}, ShapeError, "^input_lengths: expected"),
        ({"target_lengths": torch.tensor([3, 1])}, UsageError, "^target_lengths: expected"),
        ({"blank": 3}, UsageError, "^blank: got 3"),
    ],
)
def test_wrong_input(
    name: str, method: str, changed: dict[str, torch.Tensor], error: type[Exception], message: str
) -> None:
    given = {"log_probs": LOG_PROBS, "targets": TARGETS, "input_lengths": None, "blank": 0, **changed}
    lattices = engine(name, blank=given.pop("blank"))  # type: ignore[arg-type]
    if method == "sample_paths":
        given["n"] = 2
    with pytest.raises(error, match=message):
        getattr(lattices, method)(**given)


@pytest.mark.parametrize("n", [0, -1, 1.5])
def test_wrong_number_of_paths(name: str, n: int) -> None:
    with pytest.raises(UsageError, match=r"^n: got"):
        engine(name).sample_paths(LOG_PROBS, TARGETS, None, n)
    with pytest.raises(UsageError, match=r"^n: got"):
        engine(name).free_paths(LOG_PROBS, n)
    with pytest.raises(UsageError, match=r"^n: got"):
        engine(name).nbest(LOG_PROBS, n)
