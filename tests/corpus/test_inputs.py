"""Collections: what is read from each kind, without opening sound."""

from __future__ import annotations

import gzip
import json
import os

import pytest

from ctcalign.aligner.corpus import NO_CAPTIONS, NO_RECORDING, Problem
from ctcalign.audio.cut_sources import Trust
from ctcalign.corpus.inputs.kaldi import NOT_IN_SEGMENTS
from ctcalign.corpus.inputs.opening import open_collection
from ctcalign.corpus.item import DUPLICATE, UNTRUSTED, Command
from ctcalign.errors import UsageError

ALL = Trust(commands=True, remote=True)


def read(given, captions=None, trust=ALL):
    """The items by id, and the reasons of the problems by id."""
    collection = open_collection(given, captions, trust)
    entries = list(collection.entries())
    assert [entry.id for entry in collection.entries()] == [entry.id for entry in entries]
    assert collection.count == len({entry.id for entry in entries})
    items = {entry.id: entry for entry in entries if not isinstance(entry, Problem)}
    problems = {entry.id: entry.reason for entry in entries if isinstance(entry, Problem)}
    return items, problems


def cues(item):
    return [(cue.text, cue.start, cue.end) for cue in item.captions.cues]


def write(path, rows):
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def recording(name, source=None, kind="file", **more):
    sources = [{"type": kind, "channels": [0], "source": source or f"{name}.wav"}]
    return {"id": name, "sources": sources, "sampling_rate": 16000, "num_samples": 160000, "duration": 10.0, **more}


def supervision(name, id, start, text):
    return {"id": id, "recording_id": name, "start": start, "duration": 1.0, "channel": 0, "text": text}


def test_a_manifest_of_pairs(tmp_path):
    rows = ["audio\tcaptions\tid", "a.wav\ta.srt\t", "x.wav\tx.srt\ttwice", "y.wav\ty.srt\ttwice"]
    rows += ["s3://bucket/c.wav\tc.srt\t", "https://host/d.wav\thttps://host/d.srt\td"]
    (tmp_path / "pairs.tsv").write_text("\n".join(rows))
    items, problems = read(tmp_path / "pairs.tsv")
    assert items["a"].audio == str(tmp_path / "a.wav")
    assert items["d"].audio == "https://host/d.wav"
    assert items["s3:/bucket/c"].audio == "s3://bucket/c.wav"
    assert problems == {"twice": DUPLICATE}
    _, problems = read(tmp_path / "pairs.tsv", trust=Trust())
    assert problems == {"twice": DUPLICATE, "d": UNTRUSTED, "s3:/bucket/c": UNTRUSTED}


def test_two_folders_and_one(tmp_path):
    for name in ("one/a.wav", "two/a.srt", "one/b.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    items, problems = read(tmp_path / "one", tmp_path / "two")
    assert (items["a"].captions, problems) == (str(tmp_path / "two" / "a.srt"), {"b": NO_CAPTIONS})
    (tmp_path / "one" / "a.vtt").touch()
    items, _ = read(tmp_path / "one")
    assert items["a"].captions == str(tmp_path / "one" / "a.vtt")


def test_a_kaldi_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "one.wav").touch()
    (data / "two.wav").touch()
    wavs = ["one one.wav", "two two.wav", "pipe cat x.wav |", "silent s.wav", "twice a.wav", "twice b.wav"]
    (data / "wav.scp").write_text("\n".join(wavs) + "\n")
    segments = ["u1 one 5.0 6.0", "u2 one 1.0 2.0", "u3 two 0 1", "u4 pipe 0 1", "u5 lost 0 1", "u6 twice 0 1"]
    (data / "segments").write_text("\n".join(segments) + "\n")
    (data / "text").write_text("".join(f"{name} text {name}\n" for name in ("u1", "u2", "u3", "u4", "u5", "u6", "u7")))
    items, problems = read(data)
    assert cues(items["one"]) == [("text u2", 1.0, 2.0), ("text u1", 5.0, 6.0)]
    assert [items[name].audio for name in ("one", "two", "pipe")] == [
        "one.wav",
        str(data / "two.wav"),
        Command("cat x.wav"),
    ]
    assert problems == {"lost": NO_RECORDING, "silent": NO_CAPTIONS, "twice": DUPLICATE, "u7": NOT_IN_SEGMENTS}
    items, problems = read(data, trust=Trust())
    assert problems["pipe"] == UNTRUSTED


def test_recordings_with_supervisions(tmp_path):
    write(tmp_path / "x_recordings.jsonl.gz", [recording(name) for name in ("b", "a", "silent", "c", "c")])
    own = [
        supervision("a", "a1", 3.0, "three"),
        supervision("b", "b1", 0.0, "zero"),
        supervision("a", "a0", 1.0, "one"),
    ]
    own += [supervision("lost", "l", 0.0, "x"), supervision("c", "c0", 0.0, "x")]
    write(tmp_path / "x_supervisions.jsonl.gz", own)
    items, problems = read(tmp_path)
    assert cues(items["a"]) == [("one", 1.0, 2.0), ("three", 3.0, 4.0)]
    assert (items["b"].duration, items["b"].audio) == (10.0, "b.wav")
    assert problems == {"silent": NO_CAPTIONS, "lost": NO_RECORDING, "c": DUPLICATE}
    again, _ = read(tmp_path / "x_recordings.jsonl.gz", tmp_path / "x_supervisions.jsonl.gz")
    assert again == items
    with pytest.raises(UsageError, match="give a manifest of supervisions"):
        open_collection(tmp_path / "x_recordings.jsonl.gz")


def cut(name, id, start, own, **more):
    row = {"id": id, "start": start, "duration": 5.0, "channel": 0, "type": "MonoCut", "supervisions": own}
    return row | {"recording": recording(name, **more)}


def test_cuts_of_a_recording_are_aligned_together(tmp_path):
    rows = [
        cut("a", "a-2", 5.0, [supervision("a", "u2", 1.0, "six")]),
        cut("b", "b-1", 0.0, [supervision("b", "v1", 0.0, "zero")]),
        cut("a", "a-1", 0.0, [supervision("a", "u1", 2.0, "two")]),
        cut("c", "c-1", 0.0, [supervision("c", "w1", 0.0, "x")], source="rm -rf /", kind="command"),
        cut("d", "d-1", 0.0, []),
        cut("e", "e-1", 0.0, [supervision("e", "y1", 0.0, "x")], source="https://host/e.wav", kind="url"),
    ]
    items, problems = read(write(tmp_path / "cuts.jsonl.gz", rows), trust=Trust())
    assert cues(items["a"]) == [("two", 2.0, 3.0), ("six", 6.0, 7.0)]
    assert list(items) == ["b", "a"]
    assert problems == {"c": UNTRUSTED, "d": "captions cannot be read", "e": UNTRUSTED}


def test_a_shar_folder(tmp_path):
    lhotse = pytest.importorskip("lhotse")
    import numpy as np
    import soundfile as sf

    rows = []
    for name in ("a", "b", "c"):
        sf.write(tmp_path / f"{name}.wav", np.zeros(16000), 16000)
        own = lhotse.Recording.from_file(tmp_path / f"{name}.wav")
        text = lhotse.SupervisionSegment(f"{name}-1", own.id, 0.25, 0.5, text=f"text {name}")
        rows.append(lhotse.MonoCut(name, 0.0, 1.0, 0, recording=own, supervisions=[text] if name != "c" else []))
    (tmp_path / "shar").mkdir()
    lhotse.CutSet.from_cuts(rows).to_shar(tmp_path / "shar", fields={"recording": "flac"}, shard_size=2)
    items, problems = read(tmp_path / "shar")
    assert cues(items["a"]) == [("text a", 0.25, 0.75)]
    assert items["b"].audio.load_audio().shape == (1, 16000)
    assert problems == {"c": NO_CAPTIONS}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.jsonl", '{"a": 1}\n', "expected a folder with recordings and captions"),
        ("x.jsonl", "{\n", "line 1"),
        ("x.jsonl", "[1]\n", "expected a JSON object"),
        ("x.jsonl", "", "expected a folder with recordings"),
        ("x.jsonl.gz", "no gzip", "cannot be read as JSON lines"),
        ("x.tsv", "a\n", "expected the paths audio and captions"),
        ("x.tsv", "", "no pair of a recording and captions"),
        ("x.wav", "", "expected a folder with recordings"),
    ],
)
def test_what_is_no_collection_is_one_line(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(UsageError, match=message):
        open_collection(tmp_path / name)


def test_an_empty_folder_and_a_missing_one(tmp_path):
    with pytest.raises(UsageError, match="no pair of a recording and captions"):
        open_collection(tmp_path)
    with pytest.raises(UsageError, match="no such file or folder"):
        open_collection(tmp_path / "no")


def test_memory_does_not_grow_with_a_long_manifest(tmp_path):
    """Rows of a recording are kept until its last one: with rows in order, those of one recording."""
    rows = (cut(f"r{n // 3}", f"c{n}", 0.0, [supervision(f"r{n // 3}", f"u{n}", 0.0, "x")]) for n in range(300))
    collection = open_collection(write(tmp_path / "cuts.jsonl", list(rows)), None, ALL)
    entries = collection.entries()
    first = next(entries)
    assert (first.id, len(first.captions.cues)) == ("r0", 3)
    os.truncate(tmp_path / "cuts.jsonl", 20000)  # the rest is read when it is asked for
    with pytest.raises(UsageError, match="line"):
        list(entries)
