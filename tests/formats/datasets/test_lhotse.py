"""Lhotse manifests: read as plain JSON, written and read again by lhotse."""

from __future__ import annotations

import gzip
import json

import lhotse
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.alignment.cue import CueWord
from ctcalign.errors import CaptionError
from ctcalign.filtering.criteria import Criteria
from ctcalign.filtering.documents import Tally, filtered, read_document
from ctcalign.formats import read_alignment, render, write
from ctcalign.formats.converting import convert
from tests.formats.conftest import rows
from tests.formats.generated_alignments import alignments
from tests.formats.test_writers_against_peers import spoken, visible


def same_as_lhotse_writes(path, cut):
    """Whether the file holds the line that lhotse itself would write of the cut."""
    return gzip.decompress(path.read_bytes()).decode() == json.dumps(cut.to_dict(), ensure_ascii=False) + "\n"


@settings(max_examples=15, deadline=None)
@given(alignment=alignments())
def test_times_and_words_come_back(tmp_path_factory, alignment):
    path = tmp_path_factory.mktemp("cuts") / "a.jsonl.gz"
    report = write(alignment, path)
    (cut,) = lhotse.CutSet.from_file(path)
    assert same_as_lhotse_writes(path, cut)
    assert cut.duration == pytest.approx(alignment.duration)
    placed = sorted((c for c in alignment.cues if c.start is not None), key=lambda c: c.start)
    assert report.cues_written == len(cut.supervisions) == len(placed)
    for supervision, cue in zip(cut.supervisions, placed, strict=True):
        assert supervision.start == cue.start
        assert abs(supervision.end - max(cue.end, cue.start + 0.001)) < 1e-6
        assert supervision.speaker == cue.speaker
        assert supervision.custom["raw_text"] is not None
        assert supervision.custom["status"] == cue.status
        words = [w for c, w in spoken(alignment) if c is cue]
        items = (supervision.alignment or {}).get("word", [])
        assert [(i.start, i.score) for i in items] == [(w.start, w.confidence) for w in words]
        assert all(
            abs(i.end - w.end) < 1e-6 and visible(i.symbol) == visible(w.text)
            for i, w in zip(items, words, strict=True)
        )


@pytest.mark.parametrize("channels", [1, 2])
def test_with_the_audio_the_cut_can_be_loaded_and_trimmed(tmp_path, channels):
    audio = tmp_path / "talk.wav"
    soundfile.write(audio, np.linspace(-0.5, 0.5, 16000 * channels).reshape(-1, channels), 8000)
    cue = AlignedCue(0, "[noise] Hello you", 0.5, 1.25, confidence=0.9)
    cue.words = [
        AlignedWord("[noise]", 0.5, 0.6, status="not_spoken"),
        AlignedWord("Hello", 0.6, 0.9),
        AlignedWord("you", 0.9, 1.25),
    ]
    report = write(Alignment(str(audio), 2.0, "m", [cue]), tmp_path / "cuts.jsonl.gz")
    assert report.notes == []
    (cut,) = lhotse.CutSet.from_file(tmp_path / "cuts.jsonl.gz")
    assert same_as_lhotse_writes(tmp_path / "cuts.jsonl.gz", cut)
    assert cut.load_audio().shape == (channels, 16000)
    assert cut.supervisions[0].text == "Hello you"
    (part,) = lhotse.CutSet.from_cuts([cut]).trim_to_supervisions(keep_overlapping=False)
    assert (part.start, part.duration) == (0.5, 0.75)
    assert part.load_audio().shape[-1] == 6000
    lhotse.validate(lhotse.CutSet.from_cuts([cut]), read_data=True)


def test_a_missing_recording_gives_a_note(tmp_path):
    report = write(Alignment("gone.wav", 2.0, "m", [AlignedCue(4, "lost", status="failed")]), tmp_path / "c.jsonl.gz")
    assert report.omitted == [4]
    assert any("no recording" in note for note in report.notes)


def test_the_same_alignment_gives_the_same_bytes(tmp_path):
    alignment = Alignment("gone.wav", 2.0, "m", [AlignedCue(0, "a", 0.0, 1.0)])
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        write(alignment, tmp_path / name)
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()


def test_published_scores_go_with_the_cut_and_can_be_filtered_by(tmp_path):
    cues = [AlignedCue(i, "a", i, i + 0.5, scores={"mean_log": nats}) for i, nats in enumerate((-0.2, -3.0))]
    write(Alignment("gone.wav", 3.0, "m", cues), tmp_path / "c.jsonl.gz")
    (cut,) = lhotse.CutSet.from_file(tmp_path / "c.jsonl.gz")
    assert [own.custom["scores"] for own in cut.supervisions] == [{"mean_log": -0.2}, {"mean_log": -3.0}]
    (tmp_path / "c.jsonl").write_bytes(gzip.decompress((tmp_path / "c.jsonl.gz").read_bytes()))
    document = read_document(tmp_path / "c.jsonl")
    kept = filtered(document, Criteria(min_scores={"mean_log": -1.0}), Tally())
    assert [own["custom"]["index"] for own in kept.data[0]["supervisions"]] == [0]


def test_lhotse_supervisions(reading):
    lines = [
        {
            "id": "r1-2",
            "recording_id": "r1",
            "start": 2.0,
            "duration": 1.1,
            "channel": 0,
            "text": "two",
            "speaker": "bob",
            "alignment": {"word": [["two", 2.2, 0.5, 0.75]]},
        },
        {"id": "r1-1", "recording_id": "r1", "start": 0.1, "duration": 0.2, "channel": [1], "text": "one"},
        {"id": "r2-1", "recording_id": "r2", "start": 0.0, "duration": 1.0, "channel": 0},
    ]
    content = "".join(json.dumps(line) + "\n" for line in lines)
    with pytest.raises(CaptionError, match=r"2 recordings \(r1, r2\)"):
        reading(content, "a.jsonl")
    with pytest.raises(CaptionError, match="no recording 'r3'"):
        reading(content, "a.jsonl", recording="r3")
    captions = reading(gzip.compress(content.encode()), "a.jsonl.gz", recording="r1")
    assert rows(captions) == [(2.0, 3.1, "two"), (0.1, 0.3, "one")]
    assert [(c.id, c.speaker, c.channel) for c in captions.cues] == [("r1-2", "bob", 0), ("r1-1", None, 1)]
    assert captions.cues[0].words == (CueWord("two", 2.2, 2.7, 0.75),)
    assert (captions.format, captions.recording) == ("lhotse", "r1")
    assert rows(reading(content, "a.jsonl", recording="r2")) == [(0.0, 1.0, "")]


def test_lhotse_cuts_count_from_the_start_of_the_cut(reading):
    supervision = {
        "id": "s",
        "recording_id": "x",
        "start": 0.5,
        "duration": 1.0,
        "channel": 0,
        "text": "one",
        "alignment": {"word": [["one", 0.6, 0.3]]},
    }
    cut = {
        "id": "c",
        "start": 10.0,
        "duration": 5.0,
        "channel": 0,
        "supervisions": [supervision],
        "recording": {"id": "rec"},
        "type": "MonoCut",
    }
    captions = reading(json.dumps(cut) + "\n", "cuts.jsonl")
    assert rows(captions) == [(10.5, 11.5, "one")]
    assert captions.cues[0].words == (CueWord("one", 10.6, 10.9),)
    assert captions.recording == "rec"
    mixed = {"id": "m", "type": "MixedCut", "tracks": [{"offset": 3.0, "type": "MonoCut", "cut": cut}]}
    assert rows(reading(json.dumps(mixed) + "\n", "cuts.jsonl")) == [(3.5, 4.5, "one")]


def test_a_cut_without_supervisions_has_no_cue(reading):
    padding = {"id": "p", "type": "PaddingCut", "duration": 2.0, "sampling_rate": 16000, "feat_value": 0.0}
    cut = {"id": "c", "type": "MonoCut", "start": 1.0, "duration": 3.0, "channel": 0}
    own = {"id": "s", "recording_id": "r", "start": 0.5, "duration": 1.0, "text": "hello"}
    lines = "\n".join(json.dumps(row) for row in (padding, cut, {**cut, "supervisions": [own]}))
    captions = reading(lines, "cuts.jsonl")
    assert [(cue.start, cue.end, cue.text) for cue in captions.cues] == [(1.5, 2.5, "hello")]
    assert captions.recording == "r"


def test_a_row_that_also_has_segments_is_not_lhotse(reading):
    data = {"recording_id": "r", "start": 0, "duration": 9, "segments": [{"start": 1, "end": 2, "text": "Hi"}]}
    captions = reading(json.dumps(data), "a.json")
    assert (captions.format, captions.cues[0].text) == ("whisper", "Hi")


def test_ids_and_fields_of_a_cut_stay(tmp_path):
    supervision = {"id": "utt-1", "recording_id": "rec-1", "start": 0.5, "duration": 1.5, "channel": 0, "text": "hello"}
    supervision |= {"gender": "f", "custom": {"quality": 3, "tags": ["a"], "status": "old"}}
    cut = {"id": "cut-7", "start": 0, "duration": 5.0, "channel": 0, "type": "MonoCut", "supervisions": [supervision]}
    source, through, target, other = (tmp_path / name for name in ("a.jsonl", "a.json", "b.jsonl.gz", "c.srt"))
    source.write_text(json.dumps(cut))
    convert(source, [through])
    _, report = convert(through, [target, other])
    found = json.loads(gzip.decompress(target.read_bytes()))
    assert (found["id"], found["supervisions"][0]["id"]) == ("cut-7", "utt-1")
    assert found["supervisions"][0]["gender"] == "f"
    assert found["supervisions"][0]["custom"] | {"quality": 3, "tags": ["a"]} == found["supervisions"][0]["custom"]
    (note,) = [note for note in report.notes if "not kept" in note]
    assert "gender (1 cue), custom (1 cue)" in note


def _cut(name, start, duration, *supervisions):
    rows = [
        {"id": f"{name}-{i}", "recording_id": "rec", "start": a, "duration": d, "channel": 0, "text": text}
        for i, (a, d, text) in enumerate(supervisions)
    ]
    cut = {"id": name, "start": start, "duration": duration, "channel": 0, "type": "MonoCut", "supervisions": rows}
    return {**cut, "recording": {"id": "rec", "sources": [], "duration": 30.0}}


def _convert(cuts, tmp_path, **more):
    source, through, target = tmp_path / "in.jsonl", tmp_path / "a.json", tmp_path / "out.jsonl.gz"
    source.write_text("".join(json.dumps(cut) + "\n" for cut in cuts))
    convert(source, [through], overwrite=True)
    convert(through, [target], overwrite=True, **more)
    return [json.loads(line) for line in gzip.decompress(target.read_bytes()).splitlines()]


def _texts(cuts):
    return {
        cut["id"]: [
            (s["id"], round(cut["start"] + s["start"], 6), s["duration"], s["text"]) for s in cut["supervisions"]
        ]
        for cut in cuts
    }


def test_several_cuts_of_a_recording_stay_several_cuts(tmp_path):
    cuts = [
        _cut("one", 2.0, 5.0, (0.5, 1.5, "hello"), (2.0, 1.0, "you")),
        _cut("two", 10, 4.25, (0.0, 4.25, "there")),
        _cut("three", 1.0, 8.0, (0.25, 1.0, "again")),  # overlaps the first
    ]
    found = _convert(cuts, tmp_path)
    assert [(cut["id"], cut["start"], cut["duration"]) for cut in found] == [
        ("one", 2.0, 5.0),
        ("two", 10.0, 4.25),
        ("three", 1.0, 8.0),
    ]
    assert _texts(found) == _texts(cuts)
    assert "cut_span" not in json.dumps(found)


def test_times_of_words_count_from_the_start_of_their_cut(tmp_path):
    cut = _cut("one", 2.0, 5.0, (0.5, 1.5, "hello you"))
    cut["supervisions"][0]["alignment"] = {"word": [["hello", 0.5, 0.75, None], ["you", 1.25, 0.75, None]]}
    [found] = _convert([cut], tmp_path)
    words = found["supervisions"][0]["alignment"]["word"]
    assert [word[:3] for word in words] == [["hello", 0.5, 0.75], ["you", 1.25, 0.75]]


def test_restored_cuts_can_be_loaded(tmp_path):
    soundfile.write(tmp_path / "rec.wav", np.zeros(16_000 * 15), 16_000)
    cuts = [_cut("one", 2.0, 5.0, (0.5, 1.5, "hello")), _cut("two", 10, 5.0, (0.0, 4.25, "there"))]
    _convert(cuts, tmp_path, audio=tmp_path / "rec.wav")
    for cut, start in zip(lhotse.load_manifest(tmp_path / "out.jsonl.gz"), (2.0, 10.0), strict=True):
        assert (cut.start, cut.duration, cut.recording.duration) == (start, 5.0, 15.0)
        assert cut.load_audio().shape == (1, 80_000)


def test_a_cut_grows_with_cues_that_lie_outside_now(tmp_path):
    alignment = read_alignment(_written([_cut("one", 2.0, 5.0, (0.5, 1.5, "hello"), (2.0, 1.0, "you"))], tmp_path))
    alignment.duration = 30.0
    alignment.cues[0].start, alignment.cues[1].end = 1.5, 8.5
    [cut] = [json.loads(line) for line in gzip.decompress(render(alignment, "lhotse").content).splitlines()]
    assert (cut["id"], cut["start"], cut["duration"]) == ("one", 1.5, 7.0)
    assert [row["start"] for row in cut["supervisions"]] == [0.0, 2.5]


def _written(cuts, tmp_path):
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(cut) + "\n" for cut in cuts))
    return tmp_path / "in.jsonl"


@pytest.mark.parametrize("number", ["Infinity", "-Infinity", "NaN", "1e999"])
def test_a_field_that_json_cannot_write_becomes_null(tmp_path, number):
    row = '{"id": "a", "recording_id": "r", "start": 1, "duration": 2, "channel": 0, "text": "yes", "snr": [NUMBER]}'
    source, target = tmp_path / "a.jsonl", tmp_path / "b.json"
    source.write_text(row.replace("NUMBER", number), encoding="utf-8")
    convert(source, [target])
    assert read_alignment(target).cues[0].attributes["snr"] == [None]
    document = json.loads(target.read_text(encoding="utf-8"))
    document["cues"][0]["attributes"]["snr"] = [float("inf")]
    target.write_text(json.dumps(document), encoding="utf-8")
    convert(target, [tmp_path / "c.json"])
    assert read_alignment(tmp_path / "c.json").cues[0].attributes["snr"] == [None]


@pytest.mark.parametrize("channel", [-11787, 2147483648, 10**30, "left", 1.5, True])
def test_a_channel_that_is_none_is_named_and_dropped(tmp_path, channel):
    row = {"id": "a", "recording_id": "r", "start": 1, "duration": 2, "text": "yes"}
    source = tmp_path / "a.jsonl"
    source.write_text(f"{json.dumps({**row, 'channel': channel})}\n{json.dumps({**row, 'channel': 1})}\n", "utf-8")
    alignment = read_alignment(source)
    assert [cue.channel for cue in alignment.cues] == [None, 1]
    assert "channels that are not a number" in " ".join(alignment.warnings)
    assert str(render(alignment, "stm").content).count("yes") == 2


def test_a_confidence_that_no_float_holds_is_none(tmp_path):
    row = {"id": "a", "recording_id": "r", "start": 1, "duration": 2, "channel": 0, "text": "yes"}
    source = tmp_path / "a.jsonl"
    source.write_text(json.dumps({**row, "custom": {"confidence": 10**400, "score": -0.5}}) + "\n", "utf-8")
    assert filtered(read_document(source), Criteria(min_confidence=0.5), Tally()).data == []
    assert len(filtered(read_document(source), Criteria(min_scores={"score": -1.0}), Tally()).data) == 1
