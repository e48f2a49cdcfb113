"""Captions in two languages of one writing system: which lines belong together."""

from __future__ import annotations

import itertools

import pytest

from ctcalign.text.two_languages import two_languages

ENGLISH = (
    "Good evening, and welcome to the harbour museum.",
    "Tonight we hear about a lighthouse that nearly went dark.",
    "Please welcome our guest, Thomas Reed.",
    "Thank you, Anna. The tower was finished in 1884.",
    "It stood 37 metres high, and its lamp could be seen for 20 miles.",
    "Three men lived there, with two goats and a great many books.",
    "The oil alone cost £450 a year, more than the keeper earned.",
)
OTHER = {
    "Spanish": (
        "Buenas noches y bienvenidos al museo del puerto.",
        "Esta noche hablaremos de un faro que casi se apagó.",
        "Demos la bienvenida a nuestro invitado, Thomas Reed.",
        "Gracias, Anna. La torre se terminó en 1884.",
        "Medía 37 metros de altura y su luz se veía a 20 millas.",
        "Allí vivían tres hombres, con dos cabras y muchísimos libros.",
        "Solo el aceite costaba 450 libras al año, más de lo que ganaba el farero.",
    ),
    "German": (
        "Guten Abend und willkommen im Hafenmuseum.",
        "Heute hören wir von einem Leuchtturm, der fast erloschen wäre.",
        "Begrüßen Sie bitte unseren Gast, Thomas Reed.",
        "Danke, Anna. Der Turm wurde 1884 fertig.",
        "Er war 37 Meter hoch, und seine Lampe sah man 20 Meilen weit.",
        "Drei Männer lebten dort, mit zwei Ziegen und sehr vielen Büchern.",
        "Allein das Öl kostete 450 Pfund im Jahr, mehr als der Wärter verdiente.",
    ),
    "French": (
        "Bonsoir et bienvenue au musée du port.",
        "Ce soir, nous parlons d'un phare qui a failli s'éteindre.",
        "Accueillez notre invité, Thomas Reed.",
        "Merci, Anna. La tour fut achevée en 1884.",
        "Elle mesurait 37 mètres et sa lampe se voyait à 20 milles.",
        "Trois hommes y vivaient, avec deux chèvres et beaucoup de livres.",
        "L'huile seule coûtait 450 livres par an, plus que le salaire du gardien.",
    ),
}


def untimed(texts):
    return [(None, None)] * len(texts)


def wrapped(text: str) -> str:
    words = text.split()
    return " ".join(words[: len(words) // 2]) + "\n" + " ".join(words[len(words) // 2 :])


def lines(texts, times=None):
    sides = two_languages(texts, times or untimed(texts))
    assert sides is not None
    return [[texts[cue][start:end].strip() for cue, start, end in side] for side in (sides.upper, sides.lower)]


@pytest.mark.parametrize("language", OTHER)
@pytest.mark.parametrize("form", ["{}\n{}", "{} | {}", "{}\n<i>{}</i>", "{}\\N{}", "{}<br>{}"])
def test_the_lines_of_each_language(language, form):
    texts = [form.format(*pair) for pair in zip(ENGLISH, OTHER[language], strict=True)]
    upper, lower = lines(texts)
    assert upper == list(ENGLISH)
    assert [line.replace("<i>", "").replace("</i>", "") for line in lower] == list(OTHER[language])
    below, above = lines([form.format(*pair) for pair in zip(OTHER[language], ENGLISH, strict=True)])
    assert (len(below), len(above)) == (7, 7)


def test_lines_that_are_wrapped():
    texts = [f"{wrapped(own)}\n{wrapped(other)}" for own, other in zip(ENGLISH, OTHER["German"], strict=True)]
    upper, lower = lines(texts)
    assert upper == [line for own in ENGLISH for line in wrapped(own).split("\n")]
    assert lower == [line for other in OTHER["German"] for line in wrapped(other).split("\n")]


def test_captions_at_the_same_time():
    texts = [text for pair in zip(ENGLISH, OTHER["Spanish"], strict=True) for text in pair]
    times = [(float(i // 2 * 4), i // 2 * 4 + 3.0 + i % 2 / 10) for i in range(len(texts))]
    assert lines(texts, times) == [list(ENGLISH), list(OTHER["Spanish"])]
    assert two_languages(texts, untimed(texts)) is None


@pytest.mark.parametrize(
    "texts",
    [
        [wrapped(text) for text in ENGLISH],
        [wrapped(text) for text in OTHER["German"]],
        [f"{a}\n{b}" for a, b in itertools.pairwise(ENGLISH)],
        [f"- {a}\n- {b}" for a, b in zip(ENGLISH, ENGLISH[::-1], strict=True)],
        ["Row, row, row your boat,\ngently down the stream."] * 9,
        [f"ANNA: {wrapped(text)}" for text in ENGLISH],
        [*(f"{a}\n{b}" for a, b in zip(ENGLISH[:4], OTHER["German"], strict=False)), *ENGLISH[4:]],
        list(ENGLISH),
        [],
        ["", "♪", "1\n2"],
    ],
)
def test_captions_in_one_language_or_too_few(texts):
    assert two_languages(texts, untimed(texts)) is None
