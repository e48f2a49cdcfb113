"""Edits applied to an alignment, against an editor that keeps its own books."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings

import ctcalign
from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.alignment.caption_file import Block, CaptionFile
from ctcalign.corrections.apply import applied
from ctcalign.corrections.document import edits_of
from ctcalign.errors import CaptionError
from ctcalign.formats.own_json import SCHEMA_FILE
from tests.corrections.editor import MARK, Editor, edited

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))


def close(found, expected):
    """The same rows; times may differ by the rounding to three decimals."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), (found, expected)
        for key in expected:
            close(found[key], expected[key])
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            close(one, other)
    else:
        assert found == (pytest.approx(expected, abs=6e-4) if isinstance(expected, float) else expected)


@settings(max_examples=150, deadline=None)
@given(editor=edited())
def test_edits_give_what_the_editor_shows(editor):
    alignment = Alignment.from_dict(editor.document)
    before = copy.deepcopy(alignment)
    edits = json.loads(json.dumps(editor.export(b"")))
    found = applied(alignment, edits_of(edits))
    close(found.to_dict()["cues"], editor.expected())
    jsonschema.validate(found.to_dict(), SCHEMA)
    assert alignment == before


@settings(max_examples=100, deadline=None)
@given(editor=edited())
def test_every_word_is_there_once_and_in_order(editor):
    """Those that are not on the screen any more excepted."""
    found = applied(Alignment.from_dict(editor.document), edits_of(editor.export(b"")))
    shown = [word.text for item in editor.items for word in item.words]
    assert [word.text for cue in found.cues for word in cue.words] == shown
    kept = [text for text in shown if not text.startswith(("typed", "twice", MARK))]
    first = [word["text"] for cue in editor.document["cues"] for word in cue["words"]]
    assert kept == [text for text in first if text in kept]
    for cue in found.cues:
        assert "".join(word.text for word in cue.words) == "".join(cue.text.split())


@settings(max_examples=30, deadline=None)
@given(editor=edited())
def test_a_file_comes_back_as_it_was_written(editor, tmp_path_factory):
    folder = tmp_path_factory.mktemp("review")
    Alignment.from_dict(editor.document).to_json(folder / "talk.json")
    edits = editor.export((folder / "talk.json").read_bytes())
    (folder / "talk.edits.json").write_text(json.dumps(edits), encoding="utf-8")
    found = ctcalign.apply_edits(folder / "talk.json", folder / "talk.edits.json")
    found.to_json(folder / "reviewed.json")
    assert ctcalign.read_alignment(folder / "reviewed.json") == found
    assert ctcalign.apply_edits(ctcalign.read_alignment(folder / "talk.json"), edits) == found


def test_nothing_touched_changes_nothing():
    editor = Editor(talk().to_dict())
    found = applied(talk(), edits_of(editor.export(b"")))
    assert found == talk()


def talk() -> Alignment:
    def cue(index: int, start: float, *texts: str, **more) -> AlignedCue:
        words = [AlignedWord(t, start + n, start + n + 0.9, -0.1, 0.4) for n, t in enumerate(texts)]
        end = start + len(texts)
        return AlignedCue(index, " ".join(texts), start, end, score=-0.2, confidence=0.4, words=words, **more)

    cues = [
        cue(0, 1.0, "Good", "evening.", speaker="Ann", id="a", input_start=0.5, input_end=2.5),
        cue(
            1, 4.0, "the", "cat", "the", "dog", speaker="Ann", id="b", alternatives=[(7.0, 8.0)], scores={"mean": -1.0}
        ),
        cue(2, 9.0, "So", "long.", speaker="Bob", id="c"),
    ]
    source = CaptionFile("vtt", "WEBVTT", [Block(0, "NOTE", "top"), Block(2, "NOTE", "last"), Block(3, "NOTE", "end")])
    return Alignment("talk.wav", 12.0, "builtin:en", cues, [(3.2, 3.9), (11.0, 11.5)], "en", source=source)


def entry(cue: AlignedCue, **changes):
    row = {"from": [cue.index], "text": cue.text, "start": cue.start, "end": cue.end, "verdict": None}
    row["words"] = [{"text": word.text, "start": word.start, "end": word.end} for word in cue.words]
    return {**row, **changes}


def document(*rows, cues: int = 3, schema: str = "ctcalign/edits/1", **about):
    return {"schema": schema, "alignment": {"name": "talk.json", "sha256": "", "cues": cues, **about}, "cues": [*rows]}


def edit(*rows) -> Alignment:
    return applied(talk(), edits_of(document(*rows)))


def test_an_accepted_cue_keeps_what_is_known_of_it():
    found = edit(entry(talk().cues[1], verdict="accepted")).cues[1]
    expected = talk().cues[1]
    expected.confidence, expected.reviewed = 1.0, "accepted"
    for word in expected.words:
        word.confidence = 1.0
    assert found == expected


def test_an_accepted_cue_that_was_changed_is_accepted():
    found = edit(entry(talk().cues[0], verdict="accepted", end=3.2)).cues[0]
    assert (found.reviewed, found.end, found.score) == ("accepted", 3.2, None)
    assert found.words == [AlignedWord("Good", 1.0, 1.9, -0.1, 1.0), AlignedWord("evening.", 2.0, 2.9, -0.1, 1.0)]


def test_a_rejected_cue_needs_no_times():
    words = [{"text": text, "start": None, "end": None} for text in ("Good", "evening.")]
    found = edit(entry(talk().cues[0], verdict="rejected", start=None, end=None, words=words)).cues[0]
    assert (found.status, found.reason, found.start, found.end) == ("not_spoken", "rejected in review", None, None)
    assert (found.confidence, found.reviewed, found.id, found.input_start) == (0.0, "rejected", "a", 0.5)


def test_mark_up_alone_stays_unspoken():
    alignment = talk()
    alignment.cues[0] = AlignedCue(
        0, "[MUSIC]", 1.0, 2.0, "not_spoken", words=[AlignedWord("[MUSIC]", 1.0, 2.0, status="not_spoken")]
    )
    found = applied(alignment, edits_of(document(entry(alignment.cues[0], verdict="accepted")))).cues[0]
    assert (found.status, found.confidence, found.reviewed) == ("not_spoken", None, "accepted")


def test_a_word_that_occurs_twice_keeps_its_own_scores():
    alignment = talk()
    alignment.cues[1].words[2].score = -9.0
    row = entry(alignment.cues[1], text="the cat and the dog")
    row["words"].insert(2, {"text": "and", "start": None, "end": None})
    found = applied(alignment, edits_of(document(row))).cues[1]
    assert [word.score for word in found.words] == [-0.1, -0.1, None, -9.0, -0.1]
    assert (found.words[2].status, found.words[2].reason) == ("failed", "no time in the review")


def test_a_typed_text_is_divided_as_the_aligner_does():
    """Whatever the page does: here it divides at blanks alone."""
    cue = talk().cues[0]
    words = [
        {"text": "Good", "start": 1.0, "end": 1.9},
        {"text": "<i>afternoon—all</i>", "start": 2.0, "end": 3.0},
    ]
    found = edit(entry(cue, text="Good <i>afternoon—all</i>", words=words)).cues[0]
    rows = [(word.text, word.start, word.end, word.status) for word in found.words]
    assert rows == [
        ("Good", 1.0, 1.9, "aligned"),
        ("<i>", None, None, "not_spoken"),
        ("afternoon—", pytest.approx(2.15), pytest.approx(2.65), "aligned"),
        ("all", pytest.approx(2.65), pytest.approx(2.8), "aligned"),
        ("</i>", None, None, "not_spoken"),
    ]


def test_the_end_of_a_recording_is_where_the_alignment_has_it():
    """A browser may decode some more of it."""
    assert edit(entry(talk().cues[2], end=12.3)).cues[2].end == 12.0


def test_cues_beside_a_division_get_new_numbers_and_keep_their_comments():
    cue = talk().cues[1]
    halves = [
        entry(cue, text="the cat", end=6.0, words=entry(cue)["words"][:2]),
        entry(cue, text="the dog", start=6.0, words=entry(cue)["words"][2:]),
    ]
    found = edit(*halves)
    assert [(one.index, one.text, one.id, one.speaker, one.reviewed) for one in found.cues] == [
        (0, "Good evening.", "a", "Ann", None),
        (1, "the cat", "b", "Ann", "corrected"),
        (2, "the dog", None, "Ann", "corrected"),
        (3, "So long.", "c", "Bob", None),
    ]
    assert [block.before for block in found.source.blocks] == [0, 3, 4]
    assert (found.cues[1].alternatives, found.cues[1].scores) == ([], {})


def test_joined_cues_are_one():
    first, second = talk().cues[:2]
    row = entry(first, text=f"{first.text} {second.text}", end=8.0)
    found = edit({**row, "from": [0, 1], "words": [*entry(first)["words"], *entry(second)["words"]]})
    assert [(one.index, one.text, one.start, one.end) for one in found.cues] == [
        (0, "Good evening. the cat the dog", 1.0, 8.0),
        (1, "So long.", 9.0, 11.0),
    ]
    assert [word.score for word in found.cues[0].words] == [-0.1] * 6
    assert [block.before for block in found.source.blocks] == [0, 1, 2]
    assert (found.cues[0].id, found.cues[0].speaker, found.cues[0].input_start) == ("a", "Ann", 0.5)


def test_speech_that_a_cue_was_moved_to_is_not_unwritten_any_more():
    found = edit(entry(talk().cues[0], end=3.5))
    assert found.unwritten == [(3.5, 3.9), (11.0, 11.5)]


def test_cues_that_overlap_since_are_named():
    found = edit(entry(talk().cues[0], end=4.5))
    assert found.warnings == ["review: cues overlap since their times were changed: 0 and 1"]
    assert edit(entry(talk().cues[0], end=3.9)).warnings == []


def test_captions_without_a_model_may_become_longer():
    alignment = talk()
    alignment.model, alignment.duration = "", 11.0
    found = applied(alignment, edits_of(document(entry(alignment.cues[2], end=11.75))))
    assert found.duration == 11.75


def test_words_of_captions_may_lie_anywhere():
    """As long as nobody changed them: they are moved into their cue."""
    alignment = talk()
    alignment.cues[0].words[1].end = 99.0
    found = applied(alignment, edits_of(document(entry(alignment.cues[0], verdict="accepted"))))
    assert found.cues[0].words[1].end == 3.0


CUE = talk().cues[0]
WORDS = entry(CUE)["words"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], '"schema" is \'list\', expected "ctcalign/edits/1"'),
        (document(schema="ctcalign/alignment/1"), "is 'ctcalign/alignment/1', expected \"ctcalign/edits/1\""),
        (document(cues=4), "an alignment with 4 cues, this one has 3"),
        (document(entry(CUE, **{"from": [7]})), r"cues\[0\].from: the alignment has no cue with the index 7"),
        (document(entry(CUE, **{"from": []})), r"cues\[0\].from: is empty"),
        (document(entry(CUE, **{"from": [-1]})), r"cues\[0\].from: expected a whole number from 0, got -1"),
        (document(entry(CUE, **{"from": [0, 2]})), r"\[0, 2\], expected cues that follow one another"),
        (document(entry(CUE, **{"from": [1, 0]})), r"\[1, 0\], expected cues that follow one another"),
        (document(entry(CUE), entry(talk().cues[1]), entry(CUE)), r"cues\[2\].from: cue 0 is replaced by an earlier"),
        (document(entry(CUE), entry(CUE, **{"from": [0, 1]})), r"cues\[1\].from: cue 0 is replaced by an earlier"),
        (document(entry(CUE, start=float("nan"))), r"cues\[0\].start: expected a finite number, got nan"),
        (document(entry(CUE, end=float("inf"))), r"cues\[0\].end: expected a finite number"),
        (document(entry(CUE, start="1.0")), r"cues\[0\].start: expected a finite number, got '1.0'"),
        (document(entry(CUE, start=2.0, end=1.0)), "starts at 2 s and ends at 1 s"),
        (document(entry(CUE, start=-1.0)), "expected 0 <= start <= end"),
        (document(entry(CUE, start=None)), "has an end alone"),
        (document(entry(CUE, start=None, end=None, verdict="accepted")), "is accepted without times"),
        (document(entry(CUE, start=None, end=None)), "is changed without times"),
        (document(entry(CUE, end=1.0)), "ends at 1 s, where it starts"),
        (document(entry(CUE, end=13.5)), r"ends at 13.5 s, after the end of the recording \(12 s\)"),
        (document(entry(CUE, verdict="maybe")), "expected one of accepted, rejected, got 'maybe'"),
        (document(entry(CUE, text="Good night")), r"cues\[0\].words: joined they are not the text 'Good night'"),
        (document(entry(CUE, words=WORDS[:1])), "joined they are not the text"),
        (document(entry(CUE, words=[WORDS[1], WORDS[0]])), "joined they are not the text"),
        (
            document(entry(CUE, words=[WORDS[0], {**WORDS[1], "start": 1.5}])),
            r"words\[1\]: starts at 1.5 s, before the end of the word before it \(1.9 s\)",
        ),
        (document(entry(CUE, start=1.5)), r"words\[0\]: starts at 1 s, before the start of its cue \(1.5 s\)"),
        (document(entry(CUE, end=2.5)), r"words\[1\]: ends at 2.9 s, after the end of its cue \(2.5 s\)"),
        (document({**entry(CUE), "text": None}), r"cues\[0\].text: expected a text, got None"),
        (document("x"), r"cues\[0\]: expected an object, got 'x'"),
    ],
)
def test_wrong_edits_are_refused_in_one_line(value, message):
    with pytest.raises(CaptionError, match=message) as caught:
        ctcalign.apply_edits(talk(), value, force=True)
    assert str(caught.value).startswith("edits: ")
    assert "\n" not in str(caught.value)


def test_cues_without_names_of_their_own_cannot_be_edited():
    alignment = talk()
    alignment.cues[1].index = 0
    with pytest.raises(CaptionError, match="two cues of the alignment have the same index"):
        applied(alignment, edits_of(document(entry(CUE))))


def test_unknown_keys_are_named():
    found = edit({**entry(CUE, verdict="accepted"), "colour": "red"})
    assert found.warnings == ['ignored the unknown key "colour" (1 times)']


def test_edits_of_another_file_are_refused(tmp_path):
    talk().to_json(tmp_path / "talk.json")
    digest = hashlib.sha256((tmp_path / "talk.json").read_bytes()).hexdigest()
    row = entry(CUE, verdict="accepted")
    edits = document(row, sha256=digest)
    assert ctcalign.apply_edits(talk(), edits).cues[0].reviewed == "accepted"
    other = talk()
    other.cues[2].text = "So long!"
    other.cues[2].words[1].text = "long!"
    with pytest.raises(CaptionError, match=rf"edits: the edits are of talk.json with SHA-256 {digest[:12]}"):
        ctcalign.apply_edits(other, edits)
    assert ctcalign.apply_edits(other, edits, force=True).cues[0].reviewed == "accepted"
    assert Path(tmp_path / "talk.json").exists()
