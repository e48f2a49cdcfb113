"""Codes of languages that a user names: what is taken, what is refused, and what is said about it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from ctcalign import align, search_phrases
from ctcalign.aligner.transcript import transcript_of
from ctcalign.alignment.cue import Cue
from ctcalign.cli import commands
from ctcalign.errors import UsageError
from ctcalign.text.languages import check_language, normal_code
from ctcalign.text.tokeniser import Tokeniser
from ctcalign.text.vocabulary import Vocabulary


@pytest.mark.parametrize(
    "code",
    ["en", "EN", "en-GB", "en_US", "eng", "ger", "pt-BR", "zh-Hant-TW", "yue", "sw", "haw", "tlh", "iw", "es-419"],
)
def test_codes_are_taken_also_those_without_rules_of_their_own(code: str) -> None:
    assert check_language(code) == code


def test_no_language_is_that_of_the_model() -> None:
    assert check_language(None) is None


def test_a_withdrawn_code_is_its_language() -> None:
    assert normal_code("iw") == "he"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("english", "did you mean en (English)?"), ("German", "did you mean de (German)"), ("frensh", "fr (French)"),
        ("jp", "did you mean ja?"), ("cn", "did you mean zh?"), ("CZ", "did you mean cs?"),
        ("klingon", ""), ("", ""), ("x", ""), ("xx", ""), ("e n", ""), ("en;fr", ""), ("en-", ""), ("12", ""),
        ("français", ""), ("../en", ""), (5, ""), (["en"], ""),
    ],
)  # fmt: skip
def test_anything_else_is_refused_in_one_line(text: Any, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_language(text)
    message = str(caught.value)
    assert message.startswith(f"language: got {text!r}, expected a code such as en, pt-BR or yue")
    assert meant in message
    assert "\n" not in message
    if not meant:
        assert "did you mean" not in message


@pytest.mark.parametrize(
    "command",
    [["align", "a.wav", "a.txt"], ["search", "a.wav", "word"], ["calibrate", __file__, "-o", "b.json"]],
)
def test_every_command_refuses_it_before_the_work(command: list[str]) -> None:
    result = CliRunner().invoke(commands, [*command, "--language", "klingon"])
    assert isinstance(result.exception, UsageError | SystemExit)
    assert "language: got 'klingon'" in str(result.exception) + result.output


def test_the_functions_refuse_it() -> None:
    for call in (
        lambda: align(np.zeros(16_000), ["a"], sample_rate=16_000, language="klingon"),
        lambda: search_phrases(np.zeros(16_000), ["a"], sample_rate=16_000, language="klingon"),
    ):
        with pytest.raises(UsageError, match="language: got 'klingon'"):
            call()


@pytest.mark.parametrize(
    ("language", "text", "warned"),
    [("sw", "siku 25", True), ("tlh", "tonight 3 guests", True), ("sw", "siku njema", False), ("it", "2 osti", False)],
)
def test_numbers_without_words_are_named_once(language: str, text: str, warned: bool) -> None:
    tokeniser = Tokeniser(Vocabulary(("<blank>", "|", *"abcdefghijklmnopqrstuvwxyz"), separator=1), language)
    warnings = transcript_of([Cue(0, text), Cue(1, text)], tokeniser, language).warnings
    assert [w for w in warnings if "no words for numbers" in w] == (
        [f"text: no words for numbers are known in the language {language!r}; write them as they are spoken"]
        if warned
        else []
    )
