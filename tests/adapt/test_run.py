"""`ctcalign adapt` on talks of tones: a better model, folders of passes, faults of a corpus, what is done again."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest
import soundfile as sf

import ctcalign
from ctcalign.adapt.options import AdaptOptions
from ctcalign.adapt.run import AGREEMENT, TRANSCRIPTS
from ctcalign.adapt.training.measuring import measured
from ctcalign.errors import CtcAlignError, OutputError, UsageError
from tests.adapt import talks
from tests.adapt.talks import SETTINGS


def options(**more: object) -> AdaptOptions:
    return AdaptOptions(**{"passes": 1, "precision": 0.8, "updates": 40, "lr": 3e-3, "settings": SETTINGS} | more)


@pytest.fixture(scope="module")
def adapted(corpus, tmp_path_factory):
    """The result of two passes, and its folder."""
    root = tmp_path_factory.mktemp("out") / "out"
    settings = options(passes=2, held_out=(corpus.held_out,))
    return ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=root, options=settings), root


def content(root: Path) -> dict[str, bytes]:
    """The manifests of an adaptation by name."""
    files = [path for path in root.rglob("*") if path.is_file() and "run" not in path.parts]
    kinds = (".json", ".jsonl", ".gz", ".yaml", ".flac")
    own = [path for path in files if path.suffix in kinds]
    return {str(path.relative_to(root)): path.read_bytes() for path in own}


def test_the_adapted_model_is_better(adapted, corpus):
    found, root = adapted
    before = found.report["start"]["target"]["wer"]["value"]
    after = found.report["passes"][0]["errors"]["target"]["wer"]["value"]
    assert after < 0.7 * before
    assert found.model == f"checkpoint:{root / 'model.safetensors'}"
    assert found.report["criterion"] == TRANSCRIPTS
    assert found.report == json.loads((root / "report.json").read_text(encoding="utf-8"))
    assert found.report["passes"][0]["verdict"]["kept"]
    assert found.report["passes"][-1]["verdict"]["stop"]
    assert ctcalign.load_model(found.model, "cpu").vocabulary.symbols


def test_what_is_trained_on_is_spoken_and_the_rest_has_a_reason(adapted, corpus):
    _, root = adapted
    folder = root / "pass-01"
    kept = [json.loads(line) for line in (folder / "filter" / "kept.jsonl").open(encoding="utf-8")]
    dropped = [json.loads(line) for line in (folder / "filter" / "dropped.jsonl").open(encoding="utf-8")]
    assert kept
    assert all(row["reason"] for row in dropped)
    phrases = sum(len(json.loads((folder / "align" / f"talk{n}.json").read_text())["cues"]) for n in range(2))
    assert len(kept) + len(dropped) == phrases
    spoken = {f"talk{n}": talks.talk(root.parent / "truth", "x", n) for n in range(2)}
    right = [row["text"] in spoken[row["talk"]][row["cue"]][2] for row in kept]
    assert sum(right) >= 0.8 * len(right)
    for line in gzip.open(folder / "utterances" / "target.jsonl.gz", "rt"):
        cut = json.loads(line)
        truth = spoken[cut["recording"]["id"]]
        inside = [text for start, end, text in truth if start < cut["start"] + cut["duration"] and cut["start"] < end]
        assert set(cut["supervisions"][0]["text"].split()) & set(" ".join(inside).split())


def test_nothing_is_done_twice(adapted, corpus, monkeypatch):
    found, root = adapted
    before = content(root)
    monkeypatch.setattr("ctcalign.train.run.fit", lambda arguments: pytest.fail("trained again"))
    monkeypatch.setattr("ctcalign.adapt.steps.align.align_talk", lambda *given: pytest.fail("aligned again"))
    settings = options(passes=2, held_out=(corpus.held_out,))
    again = ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=root, options=settings)
    assert again == found
    assert content(root) == before


def test_other_inputs_are_done_again_from_where_they_matter(adapted, corpus, tmp_path, monkeypatch):
    _, root = adapted
    aligned = (root / "pass-01" / "align" / "talk0.json").stat().st_mtime_ns
    copy = tmp_path / "out"
    shutil.copytree(root, copy)
    (copy / "adapt.json").write_text(json.dumps({"folder": str(copy)}), encoding="utf-8")
    monkeypatch.setattr("ctcalign.adapt.steps.align.align_talk", lambda *given: pytest.fail("aligned again"))
    settings = options(passes=1, top_share=0.1, held_out=(corpus.held_out,), updates=2)
    found = ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=copy, options=settings)
    assert (root / "pass-01" / "align" / "talk0.json").stat().st_mtime_ns == aligned
    rows = (copy / "pass-01" / "filter" / "kept.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(rows) == round(0.1 * found.report["passes"][0]["phrases"])
    assert sorted(path.name for path in copy.glob("pass-*")) == ["pass-01"]


def test_faults_of_a_corpus_are_named_and_the_rest_is_used(corpus, tmp_path):
    folder = tmp_path / "corpus"
    shutil.copytree(corpus.folder, folder)
    sf.write(folder / "empty.wav", [], 16_000)
    shutil.copy(folder / "talk0.srt", folder / "empty.srt")
    (folder / "broken.flac").write_bytes(b"fLaC" + bytes(100))
    shutil.copy(folder / "talk0.srt", folder / "broken.srt")
    shutil.copy(folder / "talk0.wav", folder / "silent.wav")
    (folder / "silent.srt").write_bytes(b"")
    shutil.copy(folder / "talk0.wav", folder / "alone.wav")
    shutil.copy(folder / "talk0.srt", folder / "nobody.srt")
    talks.talk(folder, "other", 55, cues=24)
    talks.talk(tmp_path / "else", "other", 56, cues=24)
    shutil.copy(tmp_path / "else" / "other.srt", folder / "other.srt")
    lines: list[str] = []
    found = ctcalign.adapt(
        folder, folder, corpus.model, output=tmp_path / "out", options=options(updates=2), note=lines.append
    )
    reasons = {problem["id"]: problem["reason"] for problem in found.report["problems"]}
    assert reasons == {
        "alone": "no captions",
        "nobody": "no recording",
        "broken": "unreadable recording",
        "silent": "unreadable captions",
        "empty": reasons["empty"],
        "other": "captions of another recording",
    }
    assert reasons["empty"] in ("no sound", "unreadable recording")
    assert found.report["criterion"] == AGREEMENT
    assert found.report["recordings"] == 3
    assert lines[0].startswith("3 recordings, 0.0")
    assert "1 no captions (alone)" in lines[0]


def test_captions_that_are_left_out_are_not_trained_on(corpus, tmp_path):
    root = tmp_path / "out"
    ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=root, options=options(updates=2))
    kept = [json.loads(line) for line in (root / "pass-01" / "filter" / "kept.jsonl").open(encoding="utf-8")]
    measured = [json.loads(line) for line in gzip.open(root / "left-out" / "cuts.jsonl.gz", "rt")]
    left = {(cut["recording"]["id"], int(cut["id"][-5:])) for cut in measured}
    assert left
    assert not left & {(row["talk"], row["cue"]) for row in kept}


def test_no_usable_caption_is_one_error_and_no_model(corpus, tmp_path):
    talks.talk(tmp_path / "corpus", "talk", 3, cues=24)
    talks.talk(tmp_path / "else", "talk", 4, cues=24)
    shutil.copy(tmp_path / "else" / "talk.srt", tmp_path / "corpus" / "talk.srt")
    file = Path(corpus.model.partition(":")[2])
    before = file.read_bytes()
    with pytest.raises(CtcAlignError, match=r"captions of another recording \(talk\).*; the model is unchanged"):
        ctcalign.adapt(
            tmp_path / "corpus",
            tmp_path / "corpus",
            corpus.model,
            output=tmp_path / "out",
            options=options(held_out=(corpus.held_out,)),
        )
    assert file.read_bytes() == before
    assert not (tmp_path / "out" / "model.safetensors").exists()


def test_the_source_budget_discards_a_pass(corpus, tmp_path, monkeypatch):
    source = talks.held_out(tmp_path / "source", "reader", 5, count=4, pitch=1.0)

    def worse_on_the_source(model, manifest, device):
        """With twice the source error after training."""
        found = measured(model, manifest, device)
        if manifest.parent.name == "source-held-out":
            found["wer"]["value"] = 0.2 if "pass-01" in model.name else 0.1
        return found

    monkeypatch.setattr("ctcalign.adapt.steps.measure.measured", worse_on_the_source)
    settings = options(held_out=(corpus.held_out,), source_held_out=(source,), source_budget=0.5)
    found = ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=tmp_path / "out", options=settings)
    [row] = found.report["passes"]
    assert row["errors"]["target"]["wer"]["value"] < found.report["start"]["target"]["wer"]["value"]
    assert row["verdict"] == {"kept": False, "stop": "the source error rose beyond the budget of 50 %"}
    assert found.model == corpus.model
    assert not (tmp_path / "out" / "model.safetensors").exists()


def test_source_speech_is_mixed_in_by_its_share(corpus, tmp_path):
    source = talks.held_out(tmp_path / "source", "reader", 5, count=40, pitch=1.0)
    settings = options(held_out=(corpus.held_out,), keep_source=(source,), source_share=0.4, updates=2)
    ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=tmp_path / "out", options=settings)
    folder = tmp_path / "out" / "pass-01" / "utterances"
    seconds = {
        name: sum(json.loads(line)["duration"] for line in gzip.open(folder / f"{name}.jsonl.gz", "rt"))
        for name in ("target", "source", "train")
    }
    assert seconds["source"] / seconds["train"] == pytest.approx(0.4, abs=0.1)
    assert seconds["train"] == pytest.approx(seconds["target"] + seconds["source"])


def test_folders_of_others_are_refused(corpus, tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="is no folder of an adaptation and not empty"):
        ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=tmp_path, options=options())
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"precision": 0.0}, "precision: got 0, expected a fraction above 0"),
        ({"passes": 0}, "passes: got 0, expected 1 or more"),
        ({"source_share": 1.0}, "source_share: got 1"),
        ({"weights": True, "top_share": 0.5}, "weights: there is top_share as well"),
        ({"settings": ("trainer.devices",)}, "set: got 'trainer.devices', expected NAME=VALUE"),
    ],
)
def test_wrong_options_are_named(given, message):
    with pytest.raises(UsageError, match=message):
        AdaptOptions(**given)


def test_several_processes_are_refused(corpus, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="started in several processes; start it once"):
        ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=tmp_path / "out", options=options())
