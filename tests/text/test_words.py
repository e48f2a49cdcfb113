"""Captions cut into words: nothing is lost, and the words are those that a user expects to see timed."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ctcalign.text.words import plain_words, words_of

SAMPLES = "aZé'’ \n.,-—…/0१٣$€%&@#½²ßﬁＡ日本きゃっこーกำខ្មែမြန်🙂👩‍👩‍👧\u00ad\u200b\u200d\u0301مÅ<i>&amp;♪[](){}:~°"
texts = st.one_of(st.text(max_size=40), st.text(alphabet=SAMPLES, max_size=40))


@settings(max_examples=400, deadline=None)
@given(text=texts, language=st.sampled_from(["en", "de", "fr", "es", "ja", "xx", "tr", None]))
@example(text="un<i>like</i>ly &amp; co", language="en")
@example(text="\ud800 1\u0661", language="en")
def test_every_character_belongs_to_exactly_one_word(text: str, language: str | None) -> None:
    words = words_of(text, language)
    assert "".join("".join(w.text.split()) for w in words) == "".join(text.split())
    position = 0
    for word in words:
        assert word.text == text[word.start : word.end]
        assert word.text == word.text.strip()
        assert word.text
        assert word.start >= position
        assert bool(word.readings) == word.spoken
        position = word.end


@settings(max_examples=400, deadline=None)
@given(text=texts)
def test_readings_are_lower_case_words_without_digits_or_punctuation(text: str) -> None:
    for word in words_of(text, "en"):
        assert len(word.readings) == len(set(word.readings)) <= 8
        for reading in word.readings:
            assert reading
            for part in reading:
                assert part
                assert part == unicodedata.normalize("NFC", part.lower())
                assert all(unicodedata.category(c)[0] in "LMN" or c == "'" for c in part), part
                assert not any(unicodedata.category(c) == "Nd" for c in part), part


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Life, as we know it.", ["Life,", "as", "we", "know", "it."]),
        ("wait -- what ?", ["wait", "--", "what", "?"]),
        ("well-known and/or", ["well-known", "and/or"]),
        ("Newgate—down to it", ["Newgate—", "down", "to", "it"]),
        ("so--he said...then", ["so--", "he", "said...", "then"]),
        ("“Don’t,” she said…", ["“Don’t,”", "she", "said…"]),
        ("a\tb\u00a0c\r\nd", ["a", "b", "c", "d"]),
        ("你好，世界！", ["你", "好，", "世", "界！"]),
        ("「日本」へ", ["「日", "本」", "へ"]),
        ("きょう、がっこうへ", ["きょ", "う、", "が", "っこ", "う", "へ"]),
        ("iPhone15を買う", ["iPhone15", "を", "買", "う"]),
        ("สวัสดี ลาว", ["ส", "วั", "ส", "ดี", "ล", "า", "ว"]),
        ("ខ្មែរ", ["ខ្មែ", "រ"]),
        ("うok「日。x", ["う", "ok", "「日。", "x"]),
        ("한국어 문장.", ["한국어", "문장."]),
        ("", []),
        (" \n ", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert [w.text for w in words_of(text)] == expected


@pytest.mark.parametrize("text", ["--", "—", "...", "…", "?!", "🙂", "👩‍👩‍👧", "♪", "\u200b", "*", "•", "❤️"])
def test_punctuation_and_pictures_alone_are_not_spoken(text: str) -> None:
    (word,) = words_of(text)
    assert (word.spoken, word.readings) == (False, ())
    assert word.kind != "word"


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("LIFE,", ("life",)),
        ("Don’t", ("don't",)),
        ("ʼtis", ("tis",)),
        ("fire\u00adfly", ("firefly",)),
        ("ﬁne", ("fine",)),
        ("ＦＵＬＬ", ("full",)),
        ("cafe\u0301", ("caf\u00e9",)),
        ("well-known", ("well", "known")),
        ("«oui»", ("oui",)),
        ("İstanbul", ("istanbul",)),
    ],
)
def test_plain_readings(text: str, reading: tuple[str, ...]) -> None:
    (word,) = words_of(text)
    assert word.readings[0] == reading


def test_turkish_lower_case() -> None:
    (word,) = words_of("IŞIK", "tr")
    assert word.readings[0] == ("ışık",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("un<i>like</i>ly so", [("un<i>like</i>ly", "word"), ("so", "word")]),
        ("<i>Hello</i> you", [("<i>", "tag"), ("Hello", "word"), ("</i>", "tag"), ("you", "word")]),
        ("AT&amp;T &amp; co", [("AT&amp;T", "word"), ("&amp;", "word"), ("co", "word")]),
        ("one<br>two", [("one", "word"), ("<br>", "tag"), ("two", "word")]),
        ("[MUSIC] Go on", [("[MUSIC]", "note"), ("Go", "word"), ("on", "word")]),
        ("JOHN: Go (laughs)", [("JOHN:", "speaker"), ("Go", "word"), ("(laughs)", "note")]),
        ("♪ la la ♪", [("♪", "music"), ("la", "word"), ("la", "word"), ("♪", "music")]),
        ("a&nbsp;b", [("a", "word"), ("&nbsp;", "space"), ("b", "word")]),
    ],
)
def test_markup_is_kept_and_not_spoken(text: str, expected: list[tuple[str, str]]) -> None:
    words = words_of(text)
    assert [(w.text, w.kind) for w in words] == expected
    assert all(w.spoken == (w.kind == "word") for w in words)


def test_readings_do_not_see_the_markup() -> None:
    assert words_of("un<i>like</i>ly")[0].readings == (("unlikely",),)
    assert words_of("AT&amp;T")[0].readings[0] == ("a", "t", "and", "t")
    assert words_of("<b>19</b>84")[1].readings[0] == ("nineteen", "eighty", "four")


@pytest.mark.parametrize("unit", ["a", "é", "1", "-", "a.", "1-", "..a", "é..", "日", "(", "a'", "a-1/", "<i>"])
def test_words_without_end_take_linear_time(unit: str) -> None:
    text = unit * (12_000 // len(unit))
    start = time.process_time()
    words = words_of(text)
    assert time.process_time() - start < 3  # a tenth on an idle core; quadratic time took ten and more
    assert "".join(word.text for word in words) == text


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("\u200fשלום\u200f", "שלום"),
        ("\u202bשלום\u202c", "שלום"),
        ("un\u00adlike\u00adly", "unlikely"),
        ("zero\u200bwidth", "zerowidth"),
        ("می\u200cروم", "میروم"),
        ("\ufeffhello\u2060", "hello"),
        ("co&shy;op", "coop"),
        ("un<i>like</i>ly", "unlikely"),
        ("\u3164hello", "hello"),
    ],
)
def test_characters_that_nobody_sees_are_no_text(text, word):
    assert [w.readings for w in words_of(text) if w.spoken] == [((word,),)]
    assert plain_words(text) == (word,)


@pytest.mark.parametrize("text", ["\u200f", "\u200b\u200d", "\u00ad", "\ufeff", "\u061c", "&#8203;", "\u3164"])
def test_a_caption_of_invisible_characters_has_no_words(text):
    assert not any(word.spoken for word in words_of(text))
    assert plain_words(text) == ()
