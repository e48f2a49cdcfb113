"""What a training leaves out: counted, named, too much of it warned about, all of it an error."""

from __future__ import annotations

import warnings

import pytest

from ctcalign.errors import TrainingError
from ctcalign.train.left_out import FIRST_BATCHES, LeftOut, Usage
from ctcalign.train.notices import TrainingWarning


def test_reasons_come_with_their_first_examples():
    left = LeftOut({"too_short": 0})
    for number in range(5):
        left.add("unsayable", f"cut {number}")
    left.add("unreadable", "cut x: no such file")
    assert left == {"too_short": 0, "unsayable": 5, "unreadable": 1}
    assert str(left) == "5 unsayable (cut 0; cut 1; cut 2; …), 1 unreadable (cut x: no such file)"
    other = LeftOut()
    other.include(left)
    other.include({"unsayable": 2})
    assert other["unsayable"] == 7
    assert other.examples == left.examples
    assert str(LeftOut()) == "no reason known"


def usage() -> Usage:
    found = Usage()
    found.left_out.add("unsayable", "cut a: no symbol for '?'", 3)
    return found


def test_an_epoch_without_anything_is_an_error():
    one = usage()
    one.batch(2, 0, last=False)
    with pytest.raises(TrainingError, match=r"none of the 3 utterances of the epoch .* 3 unsayable \(cut a: no symbol"):
        one.batch(1, 0, last=True)


def test_first_batches_without_anything_are_an_error_before_the_epoch_ends():
    one = usage()
    for _ in range(FIRST_BATCHES - 1):
        one.batch(1, 0, last=False)
    with pytest.raises(TrainingError, match=f"the first {FIRST_BATCHES} batches"):
        one.batch(1, 0, last=False)


def test_a_short_training_on_nothing_is_an_error_at_its_end():
    one = usage()
    one.end()  # no batch at all: a training that was finished before
    one.batch(1, 0, last=False)
    with pytest.raises(TrainingError, match="none of the 1 utterances of the training"):
        one.end()


def test_a_later_epoch_without_anything_is_an_error_unless_the_model_has_learnt():
    for made_by_model in (False, True):
        one = usage()
        one.batch(10, 10, last=True, made_by_model=made_by_model)
        if made_by_model:
            one.batch(10, 0, True, made_by_model)
        else:
            with pytest.raises(TrainingError):
                one.batch(10, 0, True, made_by_model)


@pytest.mark.parametrize(("used", "warned"), [(9, True), (10, False), (20, False)])
def test_more_than_half_is_worth_a_warning_once(used, warned):
    one = usage()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        one.batch(20, used, last=False)
        one.batch(20, used, last=True)
    messages = [str(one.message) for one in caught if one.category is TrainingWarning]
    assert len(messages) == warned
    assert all(
        message.startswith("11 of 20 utterances so far cannot be trained on: 3 unsayable") for message in messages
    )
