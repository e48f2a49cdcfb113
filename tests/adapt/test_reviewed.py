"""`ctcalign.adapt` on captions that a person has reviewed."""

from __future__ import annotations

import ctcalign
from ctcalign.adapt.captions.phrases import CUE
from ctcalign.adapt.options import AdaptOptions
from ctcalign.adapt.speech.cuts import read_manifest
from ctcalign.adapt.stages import read_lines
from tests.adapt import talks
from tests.adapt.talks import SETTINGS


def test_rejected_captions_are_not_trained_on_and_accepted_ones_are(corpus, tmp_path):
    """Of a talk whose captions are all wrong but those that were corrected; the precision is out of reach."""
    truth = talks.talk(tmp_path, "talk", 5, cues=16)
    alignment = ctcalign.read_alignment(tmp_path / "talk.srt")
    alignment.audio = "talk.wav"
    for cue, (start, end, text) in zip(alignment.cues, truth, strict=True):
        cue.words = []
        if cue.index % 4 == 0:
            cue.text, cue.reviewed, cue.start, cue.end = "dad dad dad dad", "rejected", None, None
            cue.status = "not_spoken"
        else:
            cue.text, cue.reviewed, cue.start, cue.end, cue.confidence = text, "corrected", start, end, 1.0
    alignment.to_json(tmp_path / "talk.json")
    (tmp_path / "talk.srt").unlink()
    options = AdaptOptions(
        passes=1, precision=1.0, updates=2, held_out=(corpus.held_out,), settings=SETTINGS, lr=3e-3
    )  # fmt: skip
    ctcalign.adapt(tmp_path, tmp_path, corpus.model, output=tmp_path / "out", options=options)
    [folder] = (tmp_path / "out").rglob("kept.jsonl")
    kept = read_lines(folder)
    assert kept
    assert {row["confidence"] for row in kept} == {1.0}
    left = {row["reason"] for row in read_lines(folder.with_name("dropped.jsonl"))}
    assert "left out of the training" not in left  # held-out utterances were given
    right = [text for number, (_, _, text) in enumerate(truth) if number % 4]
    for row in kept:
        assert row["text"] in right[row[CUE]]
    assert len({row[CUE] for row in kept}) >= len(right) / 2
    [manifest] = (tmp_path / "out").rglob("target.jsonl.gz")
    texts = " ".join(cut["supervisions"][0]["text"] for cut in read_manifest(manifest))
    assert "dad dad dad dad" not in texts
