"""Kaldi data directories."""

from __future__ import annotations

import gzip
import json
import time

import pytest

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.errors import CaptionError
from ctcalign.formats import render
from ctcalign.formats.captions import read_captions
from ctcalign.formats.converting import convert


def kaldi(folder, **files):
    for name, content in files.items():
        (folder / name).write_text(content, "utf-8")
    return folder


def test_kaldi_directory(tmp_path):
    folder = kaldi(
        tmp_path,
        text="ann-a-2 two words\nann-a-1 one\nbob-b-1 other\nann-a-3 lost\nann-a-4\n",
        segments="ann-a-1 a 0.5 1.0\nann-a-2 a 2.0 3.5\nbob-b-1 b 0 1\nann-a-4 a 4.0 -1\nann-a-9 a 7 8\n",
        utt2spk="ann-a-1 ann\nann-a-2 ann\nbob-b-1 bob\n",
        reco2file_and_channel="a file B\nb file A\n",
    )
    with pytest.raises(CaptionError, match=r"2 recordings \(a, b\)"):
        read_captions(folder)
    captions = read_captions(folder, recording="a")
    assert [(c.id, c.start, c.end, c.text, c.speaker, c.channel) for c in captions.cues if c.id != "ann-a-3"] == [
        ("ann-a-1", 0.5, 1.0, "one", "ann", 1),
        ("ann-a-2", 2.0, 3.5, "two words", "ann", 1),
        ("ann-a-4", None, None, "", None, 1),
    ]
    assert "ann-a-3" in [c.id for c in captions.cues]
    for note in ("not in segments", "segment without an end", "segments without text (1, first ann-a-9)"):
        assert any(note in w for w in captions.warnings), note
    assert read_captions(folder / "text", recording="b").cues[0].text == "other"


def test_kaldi_text_without_segments(tmp_path):
    folder = kaldi(tmp_path, text="u1 hello you\nu2 and you\n")
    with pytest.raises(CaptionError, match="2 recordings"):
        read_captions(folder)
    (cue,) = read_captions(folder, recording="u2").cues
    assert (cue.text, cue.start) == ("and you", None)
    # A file that happens to be called "text", with nothing of Kaldi beside it, is text.
    assert read_captions(folder / "text").format == "txt"


def test_kaldi_output_is_training_data(talk):
    rendered = render(talk, "kaldi")
    assert rendered.content["text"] == "Ann__A_-my_talk-0000000 Hello big world & <co>\n"
    assert rendered.content["segments"] == "Ann__A_-my_talk-0000000 my_talk 0.500 3.000\n"
    assert rendered.omitted == [1, 2, 3]


def test_many_speakers_of_one_name_are_named_in_linear_time():
    marks = ["".join(".-"[number >> bit & 1] for bit in range(12)) for number in range(4000)]
    cues = [AlignedCue(i, "yes", float(i), i + 0.5, speaker=f"A{mark}z") for i, mark in enumerate(marks)]
    start = time.process_time()
    files = render(Alignment("talk.wav", 4001.0, "m", cues), "kaldi").content
    assert time.process_time() - start < 2.0
    speakers = [line.split()[0] for line in files["spk2utt"].splitlines()]
    assert len(set(speakers)) == 4000
    assert {"A____________z", "A____________z_2", "A____________z_4000"} <= set(speakers)


def test_ids_of_utterances_speakers_and_recordings_stay(tmp_path):
    source, through, target = tmp_path / "in", tmp_path / "a.json", tmp_path / "out/"
    source.mkdir()
    (source / "text").write_text("spk-a-x1 hello there\nspk-b-x0 you\n")
    (source / "segments").write_text("spk-a-x1 rec-1 0.500 2.000\nspk-b-x0 rec-1 3.000 4.000\n")
    (source / "utt2spk").write_text("spk-a-x1 spk-a\nspk-b-x0 spk-b\n")
    convert(source, [through])
    convert(through, [f"{target}/"])
    for name in ("text", "segments", "utt2spk"):
        assert (target / name).read_text() == (source / name).read_text()


def test_lhotse_ids_and_kaldi_ids_are_the_same(tmp_path):
    source, target, back = tmp_path / "a.jsonl", tmp_path / "kaldi", tmp_path / "b.jsonl.gz"
    row = {"id": "utt 1", "recording_id": "rec-1", "start": 0.5, "duration": 1.5, "text": "hello", "speaker": "S-1"}
    rows = [row | {"id": "utt-1"}, row | {"id": "utt-2", "start": 3.0}]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    convert(source, [f"{target}/", back])
    assert (target / "text").read_text() == "utt-1 hello\nutt-2 hello\n"
    assert (target / "segments").read_text().startswith("utt-1 rec-1 0.500 2.000\n")
    assert (target / "utt2spk").read_text() == "utt-1 S-1\nutt-2 S-1\n"
    cut = json.loads(gzip.decompress(back.read_bytes()))
    assert [own["id"] for own in cut["supervisions"]] == ["utt-1", "utt-2"]
    assert {own["recording_id"] for own in cut["supervisions"]} == {"rec-1"}
