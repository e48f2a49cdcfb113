"""Signals that are noted or delayed."""

from __future__ import annotations

import signal
import threading

import pytest

from ctcalign.signals import handlers_kept, signals_delayed, signals_noted


@pytest.fixture
def handled():
    """The numbers of the signals that reached the handler of this program."""
    numbers = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: numbers.append(number))
    yield numbers
    signal.signal(signal.SIGTERM, before)


def test_noted_signals_do_nothing_else(handled):
    with signals_noted() as came:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert came == [signal.SIGTERM, signal.SIGINT]
    assert handled == []
    signal.raise_signal(signal.SIGTERM)
    assert handled == [signal.SIGTERM]


def test_delayed_signals_are_handled_once_after_the_block(handled):
    with signals_delayed():
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        assert handled == []
    assert handled == [signal.SIGTERM]


def test_delayed_signals_are_handled_after_an_error_too(handled):
    def fail():
        signal.raise_signal(signal.SIGTERM)
        raise ValueError("of the block")

    with pytest.raises(ValueError, match="of the block"), signals_delayed():
        fail()
    assert handled == [signal.SIGTERM]


def test_handlers_of_others_are_replaced_by_those_of_before(handled):
    with handlers_kept():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.raise_signal(signal.SIGTERM)
    assert handled == [signal.SIGTERM]


def test_ignored_signals_stay_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals_noted() as came:
            signal.raise_signal(signal.SIGHUP)
        assert came == []
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_other_threads_change_nothing(handled):
    own = signal.getsignal(signal.SIGTERM)
    found = []

    def work():
        with signals_noted() as came:
            found.append((came, signal.getsignal(signal.SIGTERM)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [([], own)]
