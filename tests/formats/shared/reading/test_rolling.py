"""Rolling captions are read once; what is really there twice stays."""

from __future__ import annotations

import pytest

from tests.formats.conftest import rows

LINES = ["good evening and welcome to the", "harbour museum", "tonight we hear about a", "lighthouse", "dark", "dark"]
TIMES = [5.238, 6.978, 8.297, 9.322, 10.722, 11.484, 12.5]


def clock(seconds: float, mark: str = ".") -> str:
    return f"00:00:{seconds:06.3f}".replace(".", mark)


def youtube(mark: str, line=lambda k: LINES[k]) -> str:
    """Each line three times, as YouTube has it: new, alone for 10 ms, and above the next."""
    out = []
    for k in range(len(LINES)):
        start = TIMES[k] + (0.01 if k else 0.0)
        above = LINES[k - 1] if k else " "
        out.append(f"{clock(start, mark)} --> {clock(TIMES[k + 1], mark)}\n{above}\n{line(k)}\n\n")
        out.append(f"{clock(TIMES[k + 1], mark)} --> {clock(TIMES[k + 1] + 0.01, mark)}\n{LINES[k]}\n \n\n")
    return "".join(out)


def expected() -> list[tuple[float, float, str]]:
    return [(TIMES[k] + (0.01 if k else 0.0), TIMES[k + 1], text) for k, text in enumerate(LINES)]


def stamped(k: int) -> str:
    words = LINES[k].split()
    marks = [f"<{clock(TIMES[k] + 0.1 * (i + 1))}><c> {word}</c>" for i, word in enumerate(words[1:])]
    return words[0] + "".join(marks)


def test_vtt_with_word_stamps(reading):
    text = "WEBVTT\nKind: captions\nLanguage: en\n\n" + youtube(".", stamped)
    captions = reading(text, "a.vtt")
    assert rows(captions) == [(pytest.approx(a), pytest.approx(b), line) for a, b, line in expected()]
    words = captions.cues[2].words
    assert [word.text for word in words] == LINES[2].split()
    assert [word.start for word in words] == [pytest.approx(t) for t in (8.307, 8.397, 8.497, 8.597, 8.697)]
    assert sum("rolling captions" in warning for warning in captions.warnings) == 1
    assert "6 of 12 cues" in captions.warnings[0]


@pytest.mark.parametrize("name", ["a.vtt", "a.srt"])
def test_ten_millisecond_cues_without_stamps(reading, name):
    mark = "," if name == "a.srt" else "."
    captions = reading(("" if name == "a.srt" else "WEBVTT\n\n") + youtube(mark), name)
    assert [row[2] for row in rows(captions)] == LINES  # the second "dark" is spoken
    assert captions.cues[1].span == (pytest.approx(6.988), pytest.approx(8.297))


def srt(cues: list[str], length: float = 2.0, gap: float = 0.0) -> str:
    return "".join(
        f"{k + 1}\n{clock(k * length, ',')} --> {clock((k + 1) * length - gap, ',')}\n{text}\n\n"
        for k, text in enumerate(cues)
    )


@pytest.mark.parametrize("height", [2, 3, 4])
def test_roll_up_of_broadcasts(reading, height):
    lines = [*"ABCDEFGH", "NO", "NO", "NO"]
    shown = ["\n".join(lines[max(0, k + 1 - height) : k + 1]) for k in range(len(lines))]
    captions = reading(srt(shown))
    assert rows(captions) == [(2.0 * k, 2.0 * k + 2.0, line) for k, line in enumerate(lines)]


def test_lines_that_grow_word_by_word(reading):
    shown = ["GOOD", "GOOD EVENING", "GOOD EVENING\nAND", "GOOD EVENING\nAND WELCOME", "AND WELCOME\nALL"]
    captions = reading(srt(shown))
    assert rows(captions) == [(0.0, 4.0, "GOOD EVENING"), (4.0, 8.0, "AND WELCOME"), (8.0, 10.0, "ALL")]


def test_a_text_that_is_shown_for_each_highlighted_word(reading):
    words = "good evening to all".split()
    shown = [" ".join([*words[:k], f"<u>{words[k]}</u>", *words[k + 1 :]]) for k in range(4)]
    captions = reading(srt([*shown, "thank you"]))
    assert [(a, b) for a, b, _ in rows(captions)] == [(0.0, 8.0), (8.0, 10.0)]


def test_two_speakers_whose_captions_overlap(reading):
    captions = reading(srt(["A", "A\nB", "B", "C", "C\nD", "D"]))
    assert [row[2] for row in rows(captions)] == list("ABCD")


@pytest.mark.parametrize(
    "cues",
    [
        ["no", "no", "no", "no", "no", "yes"],
        ["om\nom", "om\nom", "om\nom", "om\nom", "om\nom"],
        ["we will\nrock you", "we will\nrock you", "we will\nrock you", "buddy you're a boy\nmake a big noise"] * 2,
        ["No", "Now we go home", "A", "B", "C", "D", "E", "F", "G", "H"],
        ["the end", "so it goes\nthe end", "A", "B", "C", "D", "E", "F"],
    ],
)
def test_what_is_repeated_in_ordinary_captions_stays(reading, cues):
    captions = reading(srt(cues))
    assert [row[2] for row in rows(captions)] == cues
    assert not any("rolling" in warning for warning in captions.warnings)


def test_a_pause_makes_a_repeat_of_rolling_captions_a_new_line(reading):
    shown = ["A", "A\nB", "B\nC", "C\nD", "D\nE", "E"]
    text = srt(shown)[: -len("E\n\n")].rpartition("6\n")[0] + "6\n00:00:30,000 --> 00:00:31,000\nE\n\n"
    assert [row[2] for row in rows(reading(text))] == [*"ABCDE", "E"]


def test_equal_labels_of_an_annotation_program_do_not_roll(reading):
    labels = [(0.0, 0.001, "0"), (0.001, 0.002, "0"), (0.002, 0.053, "0"), (0.053, 0.054, "0"), (0.054, 0.055, "0 0")]
    text = "".join(f"{start:.3f}\t{end:.3f}\t{label}\n" for start, end, label in labels)
    assert [text for *_, text in rows(reading(text, "a.txt", format="audacity"))] == [label for *_, label in labels]
