"""Sentences of plain text."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pysbd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctcalign.text.sentences import sentences


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["Dr. Reed paid 3.5 dollars at 5 p.m. today!", '"Why?" he asked.', "Yes..."]),
        ("en-GB", ["Mr. Reed came.", "He left."]),
        ("de", ["Das kostet z. B. 3,50 Euro.", "Wirklich?", "Ja."]),
        ("fr", ["M. Reed est venu.", "Pourquoi ?", "On ne sait pas."]),
        ("es", ["¿Quién es?", "El doctor vino ayer."]),
        ("ru", ["Он пришёл.", "Почему?"]),
        ("xx", ["Nobody knows this language.", "It is split all the same."]),
    ],
)
def test_sentences(language, expected):
    assert sentences(" ".join(expected), language) == expected


def test_sentences_without_spaces():
    assert sentences("今日は雨です。明日は晴れます。", "ja") == ["今日は雨です。", "明日は晴れます。"]
    assert sentences("今天下雨。明天晴。", "zh") == ["今天下雨。", "明天晴。"]


@given(st.text(max_size=200))
def test_no_character_is_lost(text):
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_a_long_text_takes_little_time():
    text = "This is a sentence of a very long text. " * 500
    assert len(sentences(text)) == 500


def test_threads_do_not_mix_their_texts(monkeypatch):
    texts = ["Dr. Reed came at 5 p.m. today. Who is he?", "I met Mr. Snow in Mt. Vernon. He left!"]
    alone = [sentences(text) for text in texts]
    together = threading.Barrier(2, timeout=20)
    process = pysbd.Segmenter.processor

    def slowly(self, text):
        together.wait()  # both threads are inside the library
        return process(self, text)

    monkeypatch.setattr(pysbd.Segmenter, "processor", slowly)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(sentences, texts)) == alone
