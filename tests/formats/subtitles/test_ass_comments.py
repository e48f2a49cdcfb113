"""Events of Advanced SubStation that are divided by the limits: nothing between braces is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctcalign.formats import read_alignment, render
from ctcalign.formats.subtitles.limits import SubtitleLimits

HEAD = """[Script Info]
ScriptType: v4.00+

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def divided(text: str, tmp_path: Path, width: int = 20) -> list[str]:
    path = tmp_path / "a.ass"
    path.write_text(f"{HEAD}Dialogue: 0,0:00:12.00,0:00:20.00,Main,Anna,0,0,0,,{text}\n")
    limits = SubtitleLimits(max_line_length=width, max_lines=2)
    lines = str(render(read_alignment(path), "ass", "keep", limits).content).split("\n")
    return [line.split(",", 9)[9] for line in lines if line.startswith("Dialogue")]


@pytest.mark.parametrize(
    "text",
    [
        "Please welcome {to self}our guest, Thomas Reed, who has come a long way {two}to see us tonight{three}.",
        "{a}{b}Tonight we hear about a {x}light{y}house that nearly went dark {end}and came back long after.{tail}",
        "Tonight we hear{=12} about a lighthouse {TL: phare}that nearly went dark.",
        "Tonight we hear about a lighthouse {between }{ two} that nearly went dark {1}{2}{3} and came back.",
    ],
)
@pytest.mark.parametrize("width", [12, 20, 30])
def test_comments_stay_at_their_words(text: str, width: int, tmp_path: Path) -> None:
    parts = divided(text, tmp_path, width)
    assert len(parts) > 1
    assert "".join("".join(parts).replace("\\N", "").split()) == "".join(text.split())


def test_a_comment_in_a_block_with_commands_is_kept_once(tmp_path: Path) -> None:
    first, second = divided(r"{old\i1}Tonight we hear about a lighthouse that nearly went dark.", tmp_path)
    assert first.startswith(r"{old}{\i1}Tonight")
    assert second.startswith(r"{\i1}")
    assert "old" not in second


def test_line_breaks_of_the_file_are_kept_apart_from_comments(tmp_path: Path) -> None:
    text = r"Tonight we hear\Nabout a {x}lighthouse\nthat nearly went dark\N{end}and came back long after.{tail}"
    assert divided(text, tmp_path) == [
        r"Tonight we hear\Nabout a {x}lighthouse",
        r"that nearly\Nwent dark",
        r"{end}and came back\Nlong after.{tail}",
    ]


def test_a_text_that_is_only_broken_keeps_them_too(tmp_path: Path) -> None:
    assert divided("Please welcome {to self}our guest.", tmp_path) == [r"Please welcome\N{to self}our guest."]


def test_lasting_commands_beside_a_fade_hold_in_each_part(tmp_path: Path) -> None:
    text = r"{\an8\fad(200,200)\t(0,500,\fscx(2))}Tonight we hear about a lighthouse that nearly went dark."
    first, second = divided(text, tmp_path)
    assert first.startswith(r"{\an8\fad(200,200)\t(0,500,\fscx(2))}Tonight")
    assert second.startswith(r"{\an8}that")


def test_braces_that_are_shown_are_not_taken_for_comments(tmp_path: Path) -> None:
    parts = divided(r"Please \{sic\} welcome {note}our guest, Thomas Reed, who has come a long way.", tmp_path)
    assert "sic" in "".join(parts)
    assert len(parts) == 2
