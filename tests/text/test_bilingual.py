"""Captions in two writing systems: which lines are a translation that nobody speaks."""

from __future__ import annotations

import string

import pytest

from ctcalign.text.bilingual import translations
from ctcalign.text.vocabulary import Vocabulary

LATIN = Vocabulary(("<blank>", "|", *string.ascii_lowercase, "'"), separator=1)
BOTH = Vocabulary((*LATIN.symbols, *"абвгдежзийклмнопрстуфхцчшщъыьэюя"), separator=1)
CYRILLIC = Vocabulary(("<blank>", "|", *"абвгдежзийклмнопрстуфхцчшщъыьэюя"), separator=1)
JAPANESE = Vocabulary(("<blank>", *map(chr, range(0x3041, 0x3097)), *map(chr, range(0x4E00, 0x5000))))

ENGLISH = (
    "Good evening, and welcome.",
    "Tonight about 37 goats.",
    "Please welcome Thomas Reed.",
    "It went dark.",
)
OTHER = {
    "Chinese": ("晚上好，欢迎来到博物馆。", "今晚我们要听37只山羊的故事。", "请欢迎 Thomas Reed。", "天黑了。"),
    "Japanese": ("こんばんは、ようこそ。", "今夜は37匹のヤギの話です。", "トーマス・リードさんです。", "暗くなった。"),
    "Korean": ("안녕하세요, 환영합니다.", "오늘 밤 염소 37마리.", "토머스 리드 씨입니다.", "어두워졌다."),
    "Russian": ("Добрый вечер, друзья.", "Сегодня о 37 козах.", "Встречайте Томаса Рида.", "Стало темно."),
    "Arabic": ("مساء الخير وأهلا بكم.", "الليلة عن 37 ماعزا.", "رحبوا بتوماس ريد.", "حل الظلام."),
    "Hebrew": ("ערב טוב וברוכים הבאים.", "הערב על 37 עיזים.", "קבלו את תומס ריד.", "החשיך."),
    "Thai": ("สวัสดีตอนเย็น ยินดีต้อนรับ", "คืนนี้ฟังเรื่องแพะ 37 ตัว", "ขอต้อนรับ โทมัส รีด", "มันมืดแล้ว"),
    "Greek": ("Καλησπέρα και καλώς ήρθατε.", "Απόψε για 37 κατσίκες.", "Υποδεχτείτε τον Τόμας.", "Σκοτείνιασε."),
    "Hindi": ("शुभ संध्या और स्वागत है।", "आज रात 37 बकरियाँ।", "थॉमस रीड का स्वागत है।", "अंधेरा हो गया।"),
}


def silent(texts: list[str], vocabulary: Vocabulary = LATIN, language: str | None = None, times=None) -> list[str]:
    found = translations(texts, times or [(None, None)] * len(texts), vocabulary, language)
    assert (found.warning is None) == (not found.regions)
    return [
        "".join(text[a:b] for a, b in sorted(found.regions.get(place, []))).strip() for place, text in enumerate(texts)
    ]


@pytest.mark.parametrize("name", OTHER)
@pytest.mark.parametrize("form", ["{0}\n{1}", "{1}\n{0}", "{0}\n<i>{1}</i>", "{{\\an8}}{1}\\N{0}", "{0}<br>{1}"])
def test_the_line_in_other_letters_is_not_spoken(name, form):
    texts = [form.format(a, b) for a, b in zip(ENGLISH, OTHER[name], strict=True)]
    found = translations(texts, [(None, None)] * 4, LATIN)
    for place, (a, b) in enumerate(zip(ENGLISH, OTHER[name], strict=True)):
        covered = " ".join(texts[place][first:stop] for first, stop in found.regions[place])
        assert b in covered
        assert a not in covered
    assert "4 of 4 captions" in found.warning


@pytest.mark.parametrize("sign", [" | ", "|", " / ", "／", "\t", "  ", " "])
def test_both_languages_on_one_line(sign):
    texts = [a + sign + b for a, b in zip(ENGLISH, OTHER["Russian"], strict=True)]
    assert silent(texts) == list(OTHER["Russian"])


def test_two_lines_each():
    texts = [f"{a}\n{a}\n{b}\n{b}" for a, b in zip(ENGLISH, OTHER["Chinese"], strict=True)]
    assert silent(texts) == [f"{b}{b}" for b in OTHER["Chinese"]]


def test_a_few_translated_lines_and_one_alone():
    spoken = ["And it stood on the rock for years.\nThree men lived there with the goats."] * 6
    assert silent([*spoken, "The sign\n出口"])[6] == "出口"
    assert silent([*spoken, f"{ENGLISH[0]}\n{OTHER['Arabic'][0]}"])[6] == OTHER["Arabic"][0]


@pytest.mark.parametrize("order", ["pairs", "one language after the other"])
def test_captions_of_their_own_at_the_same_times(order):
    spans = [(4.0 * k, 4.0 * k + 3.0) for k in range(4)]
    a, b = [*zip(ENGLISH, spans, strict=True)], [*zip(OTHER["Chinese"], spans, strict=True)]
    rows = [row for pair in zip(a, b, strict=True) for row in pair] if order == "pairs" else [*a, *b]
    found = translations([text for text, _ in rows], [span for _, span in rows], LATIN)
    translated = [place for place, (text, _) in enumerate(rows) if text in OTHER["Chinese"]]
    assert sorted(found.regions) == translated
    assert all(rows[found.partners[place]][1] == rows[place][1] for place in translated)


def test_alternating_lines_without_times():
    lines = [line for pair in zip(ENGLISH, OTHER["Japanese"], strict=True) for line in pair]
    assert silent(lines)[1::2] == list(OTHER["Japanese"])
    assert not any(silent(lines)[::2])


def test_the_vocabulary_and_the_language_tell_what_is_spoken():
    texts = [f"{a}\n{b}" for a, b in zip(ENGLISH, OTHER["Russian"], strict=True)]
    assert silent(texts, CYRILLIC) == list(ENGLISH)
    assert silent(texts, BOTH) == ["", "", "", ""]  # undecided
    assert silent(texts, BOTH, "ru") == list(ENGLISH)
    assert silent(texts, BOTH, "en") == list(OTHER["Russian"])
    assert silent(texts, LATIN, "rus") == list(ENGLISH)  # romanised


@pytest.mark.parametrize(
    "texts",
    [
        ["The word мир means peace.", "He said спасибо большое and left.", "It is 山 on the board.", "Good night."],
        ["Good evening.\n1884 – 1996", "Please welcome\nMüller, Łukasz und Ærø", "It went dark.", "«Oui»"],
        ["- Good evening!\n- Добрый вечер!", "How are you?\nI am fine.", "It went dark.", "Good night."],
        ["Добрый вечер.", "Hello, he said.", "Сегодня о козах.", "Good night.", "Стало темно.", "Please welcome him."],
        list(OTHER["Chinese"]),
    ],
)
def test_ordinary_captions_stay_spoken(texts):
    spans = [(3.0 * k, 3.0 * k + 2.0) for k in range(len(texts))]
    assert not any(silent(texts, times=spans))


def test_japanese_with_kanji_and_latin_names_stays_spoken():
    texts = [
        "東京大学\nの歴史です。",
        "John Smith\nさんだ。",
        "BBCの番組\n「Mr」を見た。",
        "明治時代\nに建てた。",
        "これは\n塔です。",
    ]
    assert not any(silent(texts, JAPANESE))
    assert not any(silent(texts, JAPANESE, "ja"))


def test_chinese_under_japanese():
    texts = [f"{a}\n{b}" for a, b in zip(OTHER["Japanese"], OTHER["Chinese"], strict=True)]
    assert silent(texts, JAPANESE, "ja") == list(OTHER["Chinese"])
