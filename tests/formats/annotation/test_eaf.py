"""EAF of ELAN: tiers, speakers, dependent tiers, slots without a time."""

from __future__ import annotations

import pytest

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.errors import CaptionError
from ctcalign.formats import read_alignment, render, write
from tests.formats.conftest import rows

TYPES = """<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="top" TIME_ALIGNABLE="true"/>
<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="parts" CONSTRAINTS="Time_Subdivision" TIME_ALIGNABLE="true"/>
<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="beside" CONSTRAINTS="Symbolic_Association" TIME_ALIGNABLE="false"/>"""


def document(slots: dict[str, int | None], *tiers: str, units: str = "milliseconds") -> str:
    order = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="{key}"' + ("/>" if value is None else f' TIME_VALUE="{value}"/>')
        for key, value in slots.items()
    )
    head = f'<HEADER MEDIA_FILE="" TIME_UNITS="{units}"/><TIME_ORDER>{order}</TIME_ORDER>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-01-01T00:00:00Z" FORMAT="3.0" '
        f'VERSION="3.0">{head}{"".join(tiers)}{TYPES}</ANNOTATION_DOCUMENT>'
    )


def tier(name: str, kind: str, *annotations: str, **about: str) -> str:
    more = "".join(f' {key}="{value}"' for key, value in about.items())
    return f'<TIER LINGUISTIC_TYPE_REF="{kind}" TIER_ID="{name}"{more}>{"".join(annotations)}</TIER>'


def aligned(key: str, first: str, last: str, text: str) -> str:
    return (
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{key}" TIME_SLOT_REF1="{first}" TIME_SLOT_REF2="{last}">'
        f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
    )


def referring(key: str, to: str, text: str) -> str:
    return (
        f'<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="{key}" ANNOTATION_REF="{to}">'
        f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>"
    )


def test_speakers_words_and_slots_without_a_time(reading):
    content = document(
        {"t1": 1000, "t2": None, "t3": None, "t4": 4000, "t5": 5000, "t6": 6000},
        tier("Ann", "top", aligned("a1", "t1", "t4", "one two three"), PARTICIPANT="Ann"),
        tier("Bob", "top", aligned("b1", "t5", "t6", "four"), PARTICIPANT="Bob"),
        tier(
            "Ann parts",
            "parts",
            aligned("w1", "t1", "t2", "one"),
            aligned("w2", "t2", "t3", "two"),
            aligned("w3", "t3", "t4", "three"),
            PARENT_REF="Ann",
        ),
        tier("gloss", "beside", referring("g1", "b1", "vier"), PARENT_REF="Bob"),
    )
    captions = reading(content, "a.eaf")
    assert rows(captions) == [(1.0, 4.0, "one two three"), (5.0, 6.0, "four")]
    assert [cue.speaker for cue in captions.cues] == ["Ann", "Bob"]
    assert [(w.text, w.start, w.end) for w in captions.cues[0].words] == [
        ("one", 1.0, 2.0),
        ("two", 2.0, 3.0),
        ("three", 3.0, 4.0),
    ]
    assert captions.cues[1].words == ()
    assert len(captions.warnings) == 1
    assert "tiers not read ('gloss')" in captions.warnings[0]


def test_a_text_tier_takes_the_times_of_its_references(reading):
    content = document(
        {"t1": 1000, "t2": 2000},
        tier("ref@Ann", "top", aligned("a1", "t1", "t2", "talk.001")),
        tier("tx@Ann", "beside", referring("x1", "a1", "Hello you"), PARENT_REF="ref@Ann"),
    )
    (cue,) = reading(content, "a.eaf").cues
    assert (cue.start, cue.end, cue.text, cue.speaker) == (1.0, 2.0, "Hello you", "Ann")


def test_frames_and_annotations_without_any_time(reading):
    content = document(
        {"t1": 25, "t2": 50, "t3": None, "t4": None},
        tier("utterances", "top", aligned("a1", "t1", "t2", "a"), aligned("a2", "t3", "t4", "b")),
        units="PAL-frames",
    )
    captions = reading(content, "talk")  # recognised by its content
    assert (captions.format, rows(captions)) == ("eaf", [(1.0, 2.0, "a")])
    assert any("annotations without a time (1)" in warning for warning in captions.warnings)


@pytest.mark.parametrize("content", ["<ANNOTATION_DOCUMENT><TIER>", "<tt/>"])
def test_other_files_are_refused(reading, content):
    with pytest.raises(CaptionError, match=r"not well-formed|expected an EAF file"):
        reading(content, "a.eaf", format="eaf")


def overlapping() -> Alignment:
    def cue(index: int, text: str, start: float, speaker: str | None) -> AlignedCue:
        words = [AlignedWord(word, start + k * 0.5, start + k * 0.5 + 0.4) for k, word in enumerate(text.split())]
        return AlignedCue(index, text, start, start + 1.5, words=words, speaker=speaker)

    cues = [cue(0, "a b", 1, "Ann"), cue(1, "c d", 1.5, "Bob <B>"), cue(2, "e f", 2, "Ann"), cue(3, "g", 9, None)]
    return Alignment("a b.wav", 12.0, "m", cues)


def test_speakers_and_overlaps_survive(tmp_path):
    write(overlapping(), tmp_path / "a.eaf")
    found = read_alignment(tmp_path / "a.eaf")
    before = overlapping().cues
    assert [(c.text, c.start, c.end, c.speaker) for c in found.cues] == [
        (c.text, c.start, c.end, c.speaker) for c in before
    ]
    assert [[(w.text, w.start, w.end) for w in c.words] for c in found.cues] == [
        [(w.text, w.start, w.end) for w in c.words] for c in before
    ]
    content = (tmp_path / "a.eaf").read_text(encoding="utf-8")
    assert 'TIER_ID="Ann - cues-2"' in content
    assert 'MEDIA_URL="a%20b.wav"' in content


def test_names_of_tiers_survive(tmp_path):
    content = document(
        {"t1": 1000, "t2": 2000, "t3": 3000, "t4": 4000},
        tier("A-utt", "top", aligned("a1", "t1", "t2", "one"), PARTICIPANT="Ann"),
        tier("B-utt", "top", aligned("b1", "t3", "t4", "two"), PARTICIPANT="Bob"),
    )
    (tmp_path / "a.eaf").write_text(content, encoding="utf-8")
    write(read_alignment(tmp_path / "a.eaf"), tmp_path / "b.eaf")
    content = (tmp_path / "b.eaf").read_text(encoding="utf-8")
    assert 'PARTICIPANT="Ann" TIER_ID="A-utt"' in content
    assert 'PARTICIPANT="Bob" TIER_ID="B-utt"' in content


def test_the_same_alignment_gives_the_same_bytes():
    assert render(overlapping(), "eaf").content == render(overlapping(), "eaf").content
