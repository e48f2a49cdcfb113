"""Decoding in another thread, before the samples are used."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import soundfile as sf

from ctcalign.audio.ahead import BlockQueue
from ctcalign.audio.inputs import name_of
from ctcalign.audio.reader import AudioReader, open_audio
from ctcalign.errors import AudioError

RATE = 16_000


@pytest.fixture
def recording(tmp_path):
    """25 seconds: blocks of 10, 10 and 5."""
    path = tmp_path / "noise.wav"
    sf.write(path, np.random.default_rng(0).normal(0, 0.1, 25 * RATE), RATE)
    return path


def test_the_same_blocks_once_and_then_again(recording):
    with open_audio(recording) as plain:
        expected = list(plain.blocks())
    with AudioReader(recording, RATE, "mix") as reader:
        thread = threading.Thread(target=reader.decode_ahead(100.0))
        assert reader.decoded is None
        thread.start()
        thread.join()
        ahead = reader.decoded
        with open_audio(reader, RATE) as opened:
            assert opened is reader
            found = list(opened.blocks())
            assert opened.duration == plain.duration == 25.0
        assert reader.decoded is None  # used
        with open_audio(reader, RATE) as again:
            assert again is not reader
            assert again.audio == recording
            repeated = list(again.blocks())
    for blocks in (ahead, found, repeated):
        assert all(np.array_equal(*pair) for pair in zip(blocks, expected, strict=True))


def test_only_so_much_is_kept_and_closing_ends_it(recording):
    reader = AudioReader(recording, RATE, "mix")
    thread = threading.Thread(target=reader.decode_ahead(10.0))
    thread.start()
    time.sleep(0.2)
    assert thread.is_alive()
    assert reader.decoded is None
    reader.close()
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize(("rate", "channel", "limit"), [(8_000, "mix", None), (RATE, 0, None), (RATE, "mix", 60.0)])
def test_who_asks_for_something_else_gets_it(recording, rate, channel, limit):
    with AudioReader(recording, RATE, "mix") as reader:
        reader.decode_ahead(30.0)()
        with open_audio(reader, rate, channel, max_duration=limit) as other:
            assert other is not reader
            assert sum(block.shape[1] for block in other.blocks()) == 25 * rate
        assert name_of(reader) == str(recording)


def test_errors_come_where_the_blocks_are_used(tmp_path):
    path = tmp_path / "empty.wav"
    sf.write(path, np.zeros(0), RATE)
    with AudioReader(path, RATE, "mix") as reader:
        reader.decode_ahead(10.0)()
        assert reader.decoded is None
        with pytest.raises(AudioError, match="holds no audio samples"):
            list(reader.blocks())


def test_blocks_before_an_error_are_not_lost():
    def blocks():
        yield np.zeros((1, 3), np.float32)
        raise AudioError("damaged")

    queue = BlockQueue(5)
    queue.fill(blocks())
    found = iter(queue)
    assert next(found).shape == (1, 3)
    with pytest.raises(AudioError, match="damaged"):
        next(found)
