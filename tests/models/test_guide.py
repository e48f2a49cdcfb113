"""Guides: the symbols of their models, and options out of range."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from ctcalign.errors import ModelError, UsageError
from ctcalign.models.guide import Guide, load_guide
from ctcalign.text.vocabulary import Vocabulary


def model(symbols: str, name: str = "small", **more: int) -> SimpleNamespace:
    return SimpleNamespace(name=name, vocabulary=Vocabulary(tuple(symbols), **more))


BIG = model("_ab|", "big", separator=3)


def test_columns_are_found_whatever_their_order_and_case():
    big = np.log([[0.1, 0.4, 0.4, 0.1]])
    small = np.log([[0.05, 0.6, 0.05, 0.3]])  # " B_A": it prefers B
    guide = Guide(model(" B_A", separator=0, blank=2), weight=1.0)
    found = guide.search(big, lambda one: small, BIG.vocabulary, 4)
    assert found[0].tokens == (2,)
    assert found[0].score == pytest.approx(np.log(0.4 * 0.6))


def test_both_cases_are_told_apart_where_both_models_have_them():
    wanted = model("_aA", "big")
    Guide(model("Aa_", blank=2)).check(wanted)
    with pytest.raises(UsageError, match="lacks 'a'; also has 'b'"):
        Guide(model("_Ab")).check(wanted)


@pytest.mark.parametrize(
    ("symbols", "more", "message"),
    [
        ("_ab", {}, "guide: the symbols of small are not those of big .lacks ' '.; use models that were trained with"),
        ("_abc|", {"separator": 4}, "also has 'c'"),
        ("_xyzuvw|", {"separator": 7}, "lacks 'a', 'b'; also has 'x', 'y', 'z' and 3 more"),
    ],
)
def test_other_symbols_are_named(symbols, more, message):
    with pytest.raises(UsageError, match=message):
        Guide(model(symbols, **more)).check(BIG)


def test_the_base_is_checked_too():
    with pytest.raises(UsageError, match="guide_base: the symbols of worse"):
        Guide(BIG, model("_a", "worse")).check(BIG)


def test_guides_by_name():
    guide = load_guide("builtin:en", "builtin:en", 0.3, device="cpu")
    assert guide.models == [guide.model, guide.model]
    assert guide.about() == {"guide": "builtin:en", "guide_base": "builtin:en", "guide_weight": 0.3}
    with pytest.raises(UsageError, match="guide_weight: got -1"):
        load_guide("builtin:en", weight=-1)
    with pytest.raises((UsageError, ModelError), match="none"):
        load_guide("checkpoint:none.safetensors")


def test_a_wrong_name_says_which_of_the_names_it_is():
    with pytest.raises(UsageError, match="guide: unknown model 'builtin:nope'"):
        load_guide("builtin:nope", device="cpu")
    with pytest.raises(UsageError, match="guide_base: unknown model 'builtin:nope'"):
        load_guide("builtin:en", "builtin:nope", device="cpu")
