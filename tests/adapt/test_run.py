"""`ctcalign adapt` on talks of tones: a better model, folders of passes, faults of a corpus, what is done again."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest
import soundfile as sf
import torch

import ctcalign
from ctcalign.adapt.options import AdaptOptions
from ctcalign.adapt.run import AGREEMENT, TRANSCRIPTS
from ctcalign.adapt.speech.cuts import read_manifest
from ctcalign.adapt.speech.source import digest_of_cuts
from ctcalign.adapt.steps.rejected import pair_of
from ctcalign.adapt.training.measuring import measured
from ctcalign.errors import CtcAlignError, OutputError, UsageError
from ctcalign.formats.captions import read_captions
from ctcalign.models.training.registry import open_trainable
from ctcalign.preference.losses.unpaired import matching_weights
from ctcalign.report.pages.adaptation import page
from ctcalign.train.progress.curves import logged_rows
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
        if manifest.name.startswith("source-held-out"):
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


def test_weights_on_the_way_keep_the_source_budget(corpus, tmp_path, monkeypatch):
    source = talks.held_out(tmp_path / "source", "reader", 5, count=4, pitch=1.0)

    monkeypatch.setattr("ctcalign.adapt.steps.measure.measured", talks.far_from_the_source)
    settings = options(held_out=(corpus.held_out,), source_held_out=(source,))
    found = ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=tmp_path / "out", options=settings)
    [row] = found.report["passes"]
    assert row["verdict"]["kept"]
    assert row["share"] == 0.5
    assert row["model"] == f"checkpoint:{tmp_path / 'out' / 'pass-01' / 'interpolate-0.5' / 'model.safetensors'}"
    assert "yes, 50 % of the way to the trained weights" in page(found.report)
    names = (corpus.model, f"checkpoint:{tmp_path / 'out/pass-01/fit/run/model.safetensors'}", found.model)
    original, trained, half = (open_trainable(name).network.state_dict() for name in names)
    for name, value in half.items():
        assert torch.allclose(value, (original[name] + trained[name]) / 2, atol=1e-6)
    assert not torch.equal(next(iter(original.values())), next(iter(trained.values())))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.safetensors")}
    ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=tmp_path / "out", options=settings)
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "pass-01").rglob("*.safetensors")}
    assert after.items() <= before.items()


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


def test_the_share_of_the_source_is_learnt(corpus, tmp_path, monkeypatch):
    source = talks.held_out(tmp_path / "source", "reader", 5, count=40, pitch=1.0)
    given = {"held_out": (corpus.held_out,), "keep_source": (source,), "updates": 16}
    settings = options(source_share="learn", **given)
    said: list[str] = []
    out = tmp_path / "out"
    found = ctcalign.adapt(
        corpus.folder, corpus.folder, corpus.model, output=out, options=settings, note=said.append
    ).report
    [row] = found["passes"]
    shares = [one["share"] for one in row["source_share"]]
    assert len(shares) >= 2
    assert len(set(shares)) == len(shares)
    assert row["source_share"][0]["update"] < 8
    assert any(text.startswith("pass 1: learnt share of the source domain: ") for text in said)
    # The batches are those of a fixed share; the losses are not.
    ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=tmp_path / "fixed", options=options(**given))
    drawn = [read_manifest(root / "pass-01" / "utterances" / "train.jsonl.gz") for root in (out, tmp_path / "fixed")]
    assert [cut["id"] for cut in drawn[0]] == [cut["id"] for cut in drawn[1]]
    losses = [loss for _, loss in row["curve"]]
    fixed = json.loads((tmp_path / "fixed" / "report.json").read_text(encoding="utf-8"))["passes"][0]
    assert "source_share" not in fixed
    assert losses != [loss for _, loss in fixed["curve"]]
    html = page(found)
    assert "learnt share of the source domain" in html
    assert f"{shares[-1]:.2f}</td>" in html
    monkeypatch.setattr("ctcalign.adapt.steps.fit.train", None)  # nothing is trained again
    again = ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=out, options=settings).report
    assert again["passes"] == found["passes"]


def test_a_share_is_not_learnt_without_held_out_source_speech(corpus, tmp_path):
    source = talks.held_out(tmp_path / "source", "reader", 5, count=1, pitch=1.0)
    settings = options(held_out=(corpus.held_out,), keep_source=(source,), source_share="learn")
    with pytest.raises(UsageError, match=r"source_share: 'learn' needs held-out speech .* give --source-held-out SET"):
        ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=tmp_path / "out", options=settings)


def test_folders_of_others_are_refused(corpus, tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="is not empty and not the folder of an adaptation"):
        ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=tmp_path, options=options())
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"precision": 0.0}, "precision: got 0, expected a fraction above 0"),
        ({"passes": 0}, "passes: got 0, expected 1 or more"),
        ({"source_share": 1.0}, "source_share: got 1"),
        ({"source_share": "most"}, "source_share: got 'most', expected a fraction or 'learn'"),
        ({"source_share": "learn"}, "source_share: 'learn' needs speech of the source domain; give --keep-source"),
        (
            {"source_share": "learn", "keep_source": (Path("a"),), "rejected": "bco"},
            "source_share: 'learn' cannot be combined with rejected 'bco'",
        ),
        ({"rejected": "kto"}, "rejected: got 'kto', expected one of drop, bco, dpo"),
        ({"weights": True, "top_share": 0.5}, "weights: cannot be combined with top_share"),
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


def test_half_of_the_held_out_recordings_choose_nothing(corpus, tmp_path):
    many = talks.held_out(tmp_path / "held", "speaker", 98, count=20)
    source = talks.held_out(tmp_path / "source", "reader", 5, count=4, pitch=1.0)
    settings = options(held_out=(many,), source_held_out=(source,), updates=2)
    root = tmp_path / "out"
    report = ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=root, options=settings).report
    assert report["tested_on"].startswith("half of the held-out recordings (10); the other half selects")
    parts, names = {}, {"target": "held-out-choosing", "test": "held-out-test"}
    names |= {"source": "source-held-out-choosing", "source_test": "source-held-out-test"}
    for part, name in names.items():
        parts[part] = {json.loads(line)["recording"]["id"] for line in gzip.open(root / f"{name}.jsonl.gz", "rt")}
        assert report["passes"][0]["errors"][part]["utterances"] == len(parts[part])
    assert (len(parts["target"]), len(parts["test"])) == (10, 10)
    assert not parts["target"] & parts["test"]
    assert not parts["source"] & parts["source_test"]
    fitted_on = json.loads((root / "pass-01" / "calibrate" / "stage.json").read_text())["inputs"]["speech"]
    assert fitted_on == digest_of_cuts(read_manifest(root / "held-out-choosing.jsonl.gz"))


def test_a_test_set_of_its_own_leaves_the_held_out_recordings_whole(corpus, tmp_path):
    many = talks.held_out(tmp_path / "held", "speaker", 98, count=20)
    test = talks.held_out(tmp_path / "test", "other", 97, count=5)
    root = tmp_path / "out"
    settings = options(held_out=(many,), test=(test,), updates=2)
    report = ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=root, options=settings).report
    assert report["tested_on"] == "5 separate recordings, used for measurement only"
    assert [report["start"][part]["utterances"] for part in ("target", "test")] == [20, 5]


def test_too_few_held_out_recordings_are_not_divided(adapted):
    found, _ = adapted
    assert "test" not in found.report["start"]
    assert found.report["tested_on"].startswith("no test set: the error rates are those that selected the best pass")


@pytest.fixture(scope="module")
def wrong(tmp_path_factory) -> Path:
    """Recordings with captions of which three words in ten are wrong."""
    folder = tmp_path_factory.mktemp("wrong")
    for number in range(2):
        talks.talk(folder, f"talk{number}", 20 + number, wrong=0.3)
    return folder


@pytest.mark.parametrize("loss", ["bco", "dpo"])
def test_wrong_captions_are_compared_with_what_is_recognised(loss, wrong, corpus, tmp_path):
    root = tmp_path / "out"
    settings = options(held_out=(corpus.held_out,), updates=3, rejected=loss, top_share=0.5)
    report = ctcalign.adapt(wrong, wrong, corpus.model, output=root, options=settings).report
    folder = root / "pass-01"
    pairs = [json.loads(line) for line in (folder / "rejected" / "pairs.jsonl").open(encoding="utf-8")]
    assert len(pairs) >= 3
    assert report["passes"][0]["rejected"]["pairs"] == len(pairs)
    spoken = {f"talk{n}": talks.talk(tmp_path / "truth", "x", 20 + n, wrong=0.3) for n in range(2)}
    written = {f"talk{n}": [cue.text for cue in read_captions(wrong / f"talk{n}.srt").cues] for n in range(2)}
    false = 0
    for pair in pairs:
        name, cue = pair["id"].split("-rejected-")
        assert pair["rejected"] == written[name][int(cue)]
        assert pair["chosen"]
        false += pair["rejected"] != spoken[name][int(cue)][2]
    assert false >= 0.8 * len(pairs)
    cuts = {row["id"]: row for row in read_manifest(folder / "rejected" / "rejected.jsonl.gz")}
    assert set(cuts) == {pair["id"] for pair in pairs}
    trained_on = {row["id"] for row in read_manifest(folder / "rejected" / "train.jsonl.gz")}
    assert trained_on == set(cuts) | {row["id"] for row in read_manifest(folder / "utterances" / "train.jsonl.gz")}
    rows = logged_rows(folder / "fit" / "run" / "log")
    assert any("preference/margins" in row and "ctc" in row for row in rows)


def test_a_rejected_caption_has_the_weight_of_its_doubt_in_bco():
    for confidence in (0.0, 0.1, 0.49):
        p = pair_of("cut", "ab", "cab", confidence)["desirable_probability"]
        assert float(matching_weights(torch.tensor([p]), torch.tensor([False]), 0.0, 1.0)) == pytest.approx(
            1 - confidence, rel=1e-5
        )


def test_without_rejected_captions_a_pass_is_trained_with_ctc_alone(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr("ctcalign.adapt.steps.rejected.LIKELY", 0.0)
    settings = options(held_out=(corpus.held_out,), updates=2, rejected="dpo")
    root = tmp_path / "out"
    report = ctcalign.adapt(corpus.folder, corpus.folder, corpus.model, output=root, options=settings).report
    assert report["passes"][0]["rejected"] == {"pairs": 0, "hours": 0.0}
    assert "ctc_preference" not in (root / "pass-01" / "fit" / "fit.yaml").read_text(encoding="utf-8")
    assert report["passes"][0]["errors"]


def test_the_page_shows_the_test_and_the_rejected_captions():
    wer = {"value": 0.25, "low": 0.2, "high": 0.3}
    errors = {part: {"wer": wer, "cer": wer} for part in ("target", "test", "source", "source_test")}
    about = {"source": "shipped", "limit": 0.5, "histogram": [1] * 20}
    kept = {"phrases": 1, "utterances": 1, "hours": 0.1, "training_hours": 0.2}
    one = {"number": 1, "aligned_by": "m", "confidence": about, "phrases": 2, "kept": kept, "dropped": {}}
    one |= {"errors": errors, "verdict": {"kept": True, "stop": "1 passes are done"}, "curve": []}
    report = {
        "original": "m",
        "model": "n",
        "recordings": 1,
        "hours": 1.0,
        "criterion": "c",
        "tested_on": "other voices",
    }
    report |= {"start": errors, "passes": [one], "changed": [], "problems": [], "tested_on": "other voices"}
    plain = page(report)
    assert "Test: other voices." in plain
    assert all(f"<th>{name} WER %" in plain for name in ("target", "test", "source", "source test"))
    assert "captions classified" not in plain
    assert "7 captions classified" in page(report | {"passes": [one | {"rejected": {"pairs": 7, "hours": 0.01}}]})
    few = {"target": errors["target"]}
    without = page(report | {"start": few, "passes": [one | {"errors": few}]})
    assert "<th>test WER %" not in without
