"""The n best texts: against enumeration of all texts."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign import ctc
from ctcalign.errors import UsageError
from tests.ctc.brute_force import collapsed


def all_texts(emission: torch.Tensor, blank: int) -> dict[tuple[int, ...], float]:
    frames, classes = emission.shape
    found: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(classes), repeat=frames):
        text = collapsed(path, blank)
        found[text] = found.get(text, 0.0) + math.exp(sum(float(emission[t, label]) for t, label in enumerate(path)))
    return found


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**16), frames=st.integers(1, 5), blank=st.integers(0, 2))
def test_a_wide_beam_finds_the_n_most_probable_texts(seed: int, frames: int, blank: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    emission = torch.randn(1, frames, 3, dtype=torch.float64, generator=rng).log_softmax(-1)
    texts = all_texts(emission[0], blank)
    found = ctc.nbest(emission, 4, blank=blank, beam=200)[0]
    best = sorted(texts.values(), reverse=True)[: len(found)]
    assert len(found) == min(4, len(texts))
    assert len({one.tokens for one in found}) == len(found)
    for one, probability in zip(found, best, strict=True):
        assert math.exp(one.score) == pytest.approx(probability)
        assert texts[one.tokens] == pytest.approx(probability)


def test_scores_are_exact_where_the_search_was_not() -> None:
    torch.manual_seed(0)
    emission = torch.randn(2, 40, 12).log_softmax(-1)
    for row, found in enumerate(ctc.nbest(emission, 5, torch.tensor([40, 25]), beam=6)):
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
        for one in found:
            frames = torch.tensor([(40, 25)[row]])
            exact = ctc.total_score(emission[row : row + 1].double(), torch.tensor([one.tokens]), frames).item()
            assert one.score == pytest.approx(exact, rel=1e-9)


def test_silence_has_one_text() -> None:
    emission = torch.full((1, 3, 2), -math.inf)
    emission[..., 0] = 0.0
    assert ctc.nbest(emission, 3)[0][0] == ctc.nbest(emission, 3)[0][0].__class__((), 0.0)
    assert ctc.nbest(torch.zeros(1, 0, 2), 3)[0][0].tokens == ()


def test_wrong_numbers_are_named() -> None:
    emission = torch.zeros(1, 3, 2)
    for options in ({"n": 0}, {"n": 1, "beam": 0}, {"n": 1, "blank": 2}):
        with pytest.raises(UsageError):
            ctc.nbest(emission, **options)
