"""Numbers and signs in other languages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from num2words import CONVERTER_CLASSES

from ctcalign.text.languages import normal_code, three_letters
from ctcalign.text.words import words_of


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("es", "1984", ["mil novecientos ochenta y cuatro"]),
        ("es", "1.250", ["mil doscientos cincuenta"]),
        ("es", "3,14", ["tres coma uno cuatro", "tres coma catorce"]),
        ("es-MX", "3.14", ["tres punto uno cuatro"]),
        ("es", "21", ["veintiuno", "veintiún", "veintiuna"]),
        ("es", "2ª", ["segunda"]),
        ("es", "10:30", ["diez y media", "diez treinta"]),
        ("es", "10:45", ["once menos cuarto"]),
        ("es", "9,99€", ["nueve euros con noventa y nueve céntimos"]),
        ("es", "50%", ["cincuenta por ciento"]),
        ("es", "20°C", ["veinte grados"]),
        ("es", "EE.UU.", ["estados unidos"]),
        ("es", "siglo XXI", ["veintiuno"]),
        ("es", "a@b.com", ["a arroba b punto com"]),
        ("fr", "1984", ["mille neuf cent quatre vingt quatre", "dix neuf cent quatre vingt quatre"]),
        ("fr", "1\u202f250", ["mille deux cent cinquante"]),
        ("fr", "3,14", ["trois virgule quatorze"]),
        ("fr", "1er", ["premier"]),
        ("fr", "2e", ["deuxième", "second"]),
        ("fr", "10h30", ["dix heures trente", "dix heures et demie"]),
        ("fr", "21h", ["vingt et une heures"]),
        ("fr", "XXe", ["vingtième"]),
        ("fr", "Louis XIV", ["quatorze"]),
        ("fr", "9,99€", ["neuf euros et quatre vingt dix neuf centimes", "neuf euros quatre vingt dix neuf"]),
        ("fr", "0612345678", ["zéro six douze trente quatre cinquante six soixante dix huit"]),
        ("fr-CH", "92", ["nonante deux"]),
        ("fr", "92", ["quatre vingt douze"]),
        ("de", "1984", ["neunzehnhundertvierundachtzig", "eintausendneunhundertvierundachtzig"]),
        ("de", "3,14", ["drei komma eins vier"]),
        ("de", "10:30", ["zehn uhr dreißig", "halb elf"]),
        ("de", "10:45", ["viertel vor elf", "dreiviertel elf"]),
        ("de", "9,99€", ["neun euro und neunundneunzig cent", "neun euro neunundneunzig"]),
        ("de", "2", ["zwei", "zwo"]),
        ("de", "z.B.", ["zum beispiel", "z b"]),
        ("de", "Ludwig XIV.", ["der vierzehnte", "den vierzehnten"]),
        ("de", "17.05.2024", ["siebzehnter mai zweitausendvierundzwanzig"]),
        ("it", "1984", ["millenovecentottantaquattro"]),
        ("it", "50%", ["cinquanta per cento"]),
        ("pt", "2", ["dois", "duas"]),
        ("nl", "1e", ["eerste"]),
        ("ru", "1984", ["одна тысяча девятьсот восемьдесят четыре"]),
        ("ru", "2-й", ["второй"]),
        ("ru", "50%", ["пятьдесят процентов"]),
        ("pl", "2", ["dwa", "dwie"]),
        ("tr", "50%", ["yüzde elli"]),
        ("zh", "1200", ["一千二百"]),
        ("zh", "10050", ["一万零五十"]),
        ("zh", "2024", ["二零二四"]),
        ("zh", "12", ["十二"]),
        ("sv", "21", ["tjugoett"]),
    ],
)
def test_readings(language: str, text: str, expected: list[str]) -> None:
    found = [" ".join(reading) for reading in words_of(text, language)[-1].readings]
    assert set(expected) <= set(found), found


def test_a_german_day_of_the_month_is_an_ordinal() -> None:
    found = words_of("am 3. Oktober", "de")[1].readings
    assert {("dritte",), ("dritten",)} <= set(found)


@pytest.mark.parametrize("language", ["hi", "xx", "tlh", "🙂", "x-y-z"])
def test_languages_without_number_words_leave_the_digits(language: str) -> None:
    assert words_of("१९८४ 50%", language)[0].readings == (("1984",),)


def test_a_number_that_num2words_would_never_finish_is_read_digit_by_digit() -> None:
    (word,) = words_of("1012345", "am")
    assert len(word.readings) == 1
    assert len(word.readings[0]) == 7


@settings(max_examples=150, deadline=None)
@given(
    language=st.sampled_from([*sorted(CONVERTER_CLASSES), "zh", "hr", "nb", "fr-BE", "deu", "hi"]),
    text=st.from_regex(r"[-$€]?[0-9]{1,20}([.,:/-][0-9]{1,4})?(%|€|st|º|s|km|h)?\.?", fullmatch=True),
)
def test_no_number_crashes_in_any_language(language: str, text: str) -> None:
    for word in words_of(text, language):
        assert len(word.readings) <= 8
        assert bool(word.readings) == word.spoken


@pytest.mark.parametrize(
    ("given_code", "normal", "three"),
    [
        ("en", "en", "eng"),
        ("en-GB", "en_GB", "eng"),
        ("deu", "de", "deu"),
        ("zh-Hans-CN", "zh_CN", "zho"),
        ("FR_ch", "fr_CH", "fra"),
        ("tlh", "tlh", "tlh"),
    ],
)
def test_codes(given_code: str, normal: str, three: str) -> None:
    assert normal_code(given_code) == normal
    assert three_letters(given_code) == three
