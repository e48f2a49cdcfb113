"""Transcripts as the symbols of a tokenizer can write them: words, numbers, mark-up, capitals, other scripts."""

from __future__ import annotations

import string

import pytest

from ctcalign.aligner.transcript import transcript_of
from ctcalign.alignment.cue import Cue
from ctcalign.errors import UsageError
from ctcalign.models.training.tokenizers import CharacterTokenizer
from ctcalign.text.tokeniser import Tokeniser
from ctcalign.train.data.transcripts import Transcripts

LETTERS = f" {string.ascii_lowercase}'"
CAPITALS = f" {string.ascii_uppercase}'"
DIGITS = LETTERS + string.digits
BOTH = LETTERS + string.ascii_uppercase
PRINTED = BOTH + ".,?!-"


def transcripts(characters: str, **options) -> Transcripts:
    tokenizer = CharacterTokenizer(characters)
    return Transcripts(tokenizer.encode, tokenizer.vocabulary, **options)


@pytest.mark.parametrize(
    ("characters", "text", "expected"),
    [
        # ordinary captions
        (LETTERS, "Hello, world!", "hello world"),
        (CAPITALS, "Hello, world!", "hello world"),  # `encode` writes the capitals
        (BOTH, "Hello, World!", "Hello World"),
        (PRINTED, "Hello, World!", "Hello, World!"),
        (LETTERS, "don’t “quote” me…", "don't quote me"),
        (LETTERS, "well-known", "well known"),
        # numbers, signs and abbreviations are spoken
        (LETTERS, "Mr. Smith paid $5.20", "mister smith paid five dollars and twenty cents"),
        (LETTERS, "275 people, 50%", "two hundred seventy five people fifty percent"),
        (DIGITS, "275 people, 50%", "275 people fifty percent"),
        (DIGITS, "1\u202f500, he said", "1500 he said"),
        (LETTERS, "at 5:30 p.m.", "at five thirty p m"),
        (LETTERS, "I said NO, the FBI or NASA!", "i said no the f b i or nasa"),
        (LETTERS, "I SAID NO!", "i said no"),
        # mark-up and sounds are not
        (LETTERS, "<i>Well</i> (laughs)", "well"),
        (LETTERS, "- Yes.\n- [MUSIC] No.", "yes no"),
        (LETTERS, "JOHN: hello", "hello"),
        (LETTERS, "♪ la la ♪", "la la"),
        (LETTERS, "[APPLAUSE]", ""),
        (PRINTED, "So (sighs), yes - or no.", "So yes - or no."),
        # invisible characters
        (LETTERS, "\ufeffsoft\u00adly zero\u200bwidth", "softly zerowidth"),
        # nothing to do
        (LETTERS, "mr smith met the fbi", "mr smith met the fbi"),
        (LETTERS, "café", "café"),  # the tokenizer writes é as e
        (PRINTED, "Mr. Smith - really?", "Mr. Smith - really?"),
        (LETTERS + "()", "a (b) c", "a (b) c"),
        # scripts without spaces
        (" 你好世界", "你好，世界！", "你好世界"),
        (" 你好世界", "你好 世界。", "你好 世界"),
    ],
)
def test_captions_become_what_the_symbols_can_write(characters, text, expected):
    assert transcripts(characters)(text) == expected


def test_the_language_reads_numbers():
    german = LETTERS + "äöüß"
    assert transcripts(german, language="de")("Am 3. Mai!") == "am dritte mai"
    assert transcripts(german)("5, ja", "German") == "fünf ja"  # lhotse names languages
    assert transcripts(german, language="de")("5, yes", "en-GB") == "five yes"
    assert transcripts(german, language="de")("5, ja", "no such language") == "fünf ja"


def test_what_no_spelling_can_write_stays_and_is_lost():
    tokenizer = CharacterTokenizer(" ab")
    written = Transcripts(tokenizer.encode, tokenizer.vocabulary)("Ab, xb!")
    assert written == "ab xb"
    assert tokenizer.encode(written)[1] == ("x",)


def test_as_is_changes_nothing_that_is_visible():
    own = transcripts(LETTERS, mode="as-is")
    assert own("Hello, <i>25</i>") == "Hello, <i>25</i>"
    assert own("soft\u00adly \u200b gone") == "softly gone"
    with pytest.raises(UsageError, match="text: got 'clean'"):
        transcripts(LETTERS, mode="clean")


def test_a_piece_knows_its_place():
    text = "- It's 25, yes."
    pieces = transcripts(LETTERS).pieces(text)
    assert [(piece.words, text[piece.start : piece.end]) for piece in pieces] == [
        ("it's", "It's"),
        ("twenty five", "25,"),
        ("yes", "yes."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Good evening, all.\nДобрый всем вечер.",
        "Добрый всем вечер.\nGood evening, all.",
        "Good evening, all. | Добрый всем вечер.",
        "<i>Good evening,</i>\nall.\nДобрый вечер\nвсем.",
        "Good evening, all.\n大家晚上好",
        "Good evening, all.\nمساء الخير للجميع",
        "Good evening, all.\nΚαλησπέρα σε όλους",
        "Good evening, all.\nערב טוב לכולם",
    ],
)
@pytest.mark.parametrize("language", [None, "en"])
def test_a_line_in_another_writing_system_is_not_spoken(text, language):
    read = transcripts(LETTERS, language=language)
    assert read(text) == "good evening all"
    assert [text[piece.start : piece.end] for piece in read.pieces(text)][-1].startswith("all")
    assert transcripts(LETTERS, mode="as-is")(text) != "good evening all"


@pytest.mark.parametrize(
    ("characters", "text", "expected"),
    [
        (LETTERS, "We met Иван today.", "we met иван today"),  # a name inside a line is spoken: cannot be written
        (LETTERS, "Добрый вечер", "добрый вечер"),
        (LETTERS + "абвгдежзийклмнопрстуфхцчшщъыьэюя", "Hello!\nПривет!", "hello привет"),  # the model writes both
        (LETTERS, "Good evening,\nall.", "good evening all"),
        (LETTERS, "café\nnaïve", "café naïve"),
    ],
)
def test_other_letters_that_are_spoken_stay(characters, text, expected):
    assert transcripts(characters)(text) == expected


def test_align_takes_the_same_lines_as_not_spoken():
    text = "Good evening, all.\nДобрый всем вечер."
    tokenizer = CharacterTokenizer(LETTERS)
    found = transcript_of([Cue(0, text)], Tokeniser(tokenizer.vocabulary, "en"), "en")
    assert [word.text for word in found.words[0] if word.spoken] == ["Good", "evening,", "all."]
