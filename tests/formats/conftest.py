"""Captions read from a temporary file, and an alignment with mark-up, speakers and pauses to write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.formats.captions import Captions, read_captions

Reading = Callable[..., Captions]


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    """reading(content, name="captions.srt", **options): write the content, read it back as captions."""

    def read(content: str | bytes, name: str = "captions.srt", **options: str | None) -> Captions:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_captions(path, **options)

    return read


def rows(captions: Captions) -> list[tuple[float | None, float | None, str]]:
    return [(c.start, c.end, c.text) for c in captions.cues]


def tag(text: str) -> AlignedWord:
    return AlignedWord(text, status="not_spoken")


@pytest.fixture
def talk() -> Alignment:
    return Alignment(
        "talks/my talk.wav",
        20.0,
        "builtin:en",
        [
            AlignedCue(
                0,
                "<i>Hello</i> big {\\b1}world{\\b0} &\n<co> [MUSIC]",
                0.5,
                3.0,
                words=[
                    tag("<i>"),
                    AlignedWord("Hello", 0.7, 0.9, -0.1, 0.9),
                    tag("</i>"),
                    AlignedWord("big", 0.9, 1.2, -0.1, 0.25),
                    tag("{\\b1}"),
                    AlignedWord("world", 1.5, 1.8),
                    tag("{\\b0}"),
                    AlignedWord("&", 1.8, 2.0),
                    AlignedWord("<co>", status="failed", reason="no characters of the model"),
                    AlignedWord("[MUSIC]", 2.0, 3.0, status="not_spoken"),
                ],
                speaker="Ann <A>",
                id="intro",
            ),
            AlignedCue(1, "never\n\nfound", status="failed", reason="not in the audio"),
            AlignedCue(2, "old time", status="failed", input_start=5.0, input_end=6.5),
            AlignedCue(3, "♪", 7.0, 8.0, status="not_spoken"),
        ],
    )
