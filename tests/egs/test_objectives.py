"""The bench of objectives: its parts, and the whole recipe on a tiny scale."""

from __future__ import annotations

import json
import math
import re
import shutil
from dataclasses import replace
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile as sf
import yaml
from lhotse import CutSet, Recording, SupervisionSegment

from egs.mini_en.objectives.local import gradients, ngram
from egs.mini_en.objectives.local.curves import gap
from egs.mini_en.objectives.local.results import choice_table, curve
from egs.mini_en.objectives.local.speech import word_times
from recipes.awp.entries import Entry
from recipes.awp.evaluation import Row
from recipes.awp.plan import merged, read_plan, runs_of
from tests.egs.corpora import make_read, speech
from tests.egs.recipe import ROOT, run_recipe, tiny_plan


def test_words_begin_and_end_with_their_phones():
    phones = [("pau", 0.2), ("dh", 0.25), ("ah", 0.3), ("?", 0.35), ("k", 0.4), ("ae", 0.5), ("t", 0.6), ("pau", 0.9)]
    found = word_times("the cat", phones)
    assert found is not None
    assert [(word.text, word.start, word.end) for word in found] == [("the", 0.2, 0.3), ("cat", 0.35, 0.6)]
    assert word_times("the old cat", phones) is None  # other words were spoken


def probability(grams: dict[tuple[str, ...], tuple[float, float]], words: tuple[str, ...]) -> float:
    """As a reader of ARPA files computes it."""
    if words in grams:
        return 10 ** grams[words][0]
    back = grams.get(words[:-1], (0.0, 0.0))[1]
    return 10**back * probability(grams, words[1:])


def test_the_probabilities_of_an_arpa_file_are_witten_bell_and_sum_to_one(tmp_path):
    texts = ["a b a", "a b c", "b a", "c"]
    file = tmp_path / "words.arpa"
    ngram.write_arpa(file, *ngram.probabilities(ngram.counts(texts, 3)))
    grams: dict[tuple[str, ...], tuple[float, float]] = {}
    sizes, lengths = [], [0, 0, 0]
    for line in file.read_text().splitlines():
        if line.startswith("ngram "):
            sizes.append(int(line.split("=")[1]))
        elif "\t" in line:
            first, words, *back = line.split("\t")
            grams[tuple(words.split())] = (float(first), float(back[0]) if back else 0.0)
            lengths[len(words.split()) - 1] += 1
    assert sizes == lengths
    vocabulary = ["a", "b", "c", "</s>", "<unk>"]
    for history in [(), ("a",), ("<s>",), ("<s>", "a"), ("a", "b"), ("c", "c"), ("b", "c")]:
        assert sum(probability(grams, (*history, word)) for word in vocabulary) == pytest.approx(1, abs=1e-5)
    # By hand: after "a" come b, b, </s>, </s>: c = 4, t = 2; 4 a of 13 words of 4 kinds, 5 words in all.
    unigram = 3 / (13 + 4) + 4 / (13 + 4) / 5
    assert 10 ** grams[("b",)][0] == pytest.approx(unigram, rel=1e-4)
    assert 10 ** grams[("a", "b")][0] == pytest.approx((2 + 2 * unigram) / (4 + 2), rel=1e-4)


def entry(method: str, latency: float, errors: int, look_ahead: float = 0.0) -> Entry:
    """Two seeds, 300 utterances of ten words, the first `errors` with one error."""
    rows = tuple(
        Row(str(n), "", "", int(n < errors), 10, 0, 0, [latency - look_ahead] * 10, None, None, 0, 0, [])
        for n in range(300)
    )
    numbers = {"mean": [latency - look_ahead] * 2, "latency": [latency] * 2, "wer": [errors / 3000] * 2}
    return Entry(method, "", (1, 2), (rows, rows), numbers)


def test_the_gap_of_two_curves_is_at_equal_latency():
    curve = [entry("awp", 0.2, 150), entry("awp", 0.4, 90)]
    other = [entry("look_ahead", 0.3, 150, 0.1), entry("look_ahead", 0.5, 90, 0.3)]
    found = gap(curve, other, samples=200)
    assert found is not None
    # At 0.3 s: 120 against 150 errors in 3000 words; at 0.4 s: 90 against 120.
    assert found.value == pytest.approx(-30 / 3000, abs=1e-9)
    assert found.low < found.value < found.high < 0
    same = gap(curve, curve, samples=50)
    assert same is not None
    assert (same.value, same.low, same.high) == (0, 0, 0)
    assert gap(curve, [entry("look_ahead", 0.8, 10), entry("look_ahead", 0.9, 9)], samples=5) is None


def test_curves_are_compared_over_the_seeds_that_all_points_have():
    def lucky(name: str, latency: float, errors: int) -> Entry:
        """The first seed as good as the one seed of the other curve, the second much worse."""
        first, second = entry(name, latency, errors), entry(name, latency, errors + 60)
        return replace(first, rows=(first.rows[0], second.rows[0]))

    def single(name: str, latency: float, errors: int) -> Entry:
        own = entry(name, latency, errors)
        return replace(own, seeds=(1,), rows=own.rows[:1])

    found = gap(
        [single("awp", 0.2, 150), single("awp", 0.4, 90)],
        [lucky("look_ahead", 0.2, 150), lucky("look_ahead", 0.4, 90)],
        samples=50,
    )
    assert found is not None
    assert found.value == pytest.approx(0)


def test_a_destroyed_model_belongs_to_no_curve():
    found = {"awp": [entry("awp", 0.5, 30), entry("awp", 0.1, 2900)], "ctc": [entry("ctc", 0.7, 20)]}
    results = SimpleNamespace(of=lambda part, *methods: [one for name in methods for one in found[name]])
    assert [one.numbers["wer"][0] for one in curve(results, "awp")] == [0.01, 20 / 3000]


def test_plain_ctc_is_no_point_of_a_method_with_starts_of_its_own():
    found = {"awp_look_ahead": [entry("awp_look_ahead", 0.5, 30)], "ctc": [entry("ctc", 0.7, 20)]}
    results = SimpleNamespace(of=lambda part, *methods: [one for name in methods for one in found[name]])
    assert [one.method for one in curve(results, "awp_look_ahead")] == ["awp_look_ahead"]


def test_a_longer_training_is_compared_with_ctc_trained_as_long():
    found = {"awp_long": [entry("awp_long", 0.5, 30)], "ctc": [entry("ctc", 0.7, 20)], "ctc_long": []}
    results = SimpleNamespace(of=lambda part, *methods: [one for name in methods for one in found[name]])
    assert [one.method for one in curve(results, "awp_long")] == ["awp_long", "ctc"]  # there is no longer one
    found["ctc_long"] = [entry("ctc_long", 0.7, 18)]
    assert [one.method for one in curve(results, "awp_long")] == ["awp_long", "ctc_long"]


def test_a_learning_rate_is_compared_with_ctc_of_the_same_rate():
    def one(method: str, rate: str, errors: int) -> Entry:
        return replace(entry(method, 0.5, errors), setting=rate)

    entries = {
        "ctc_rate": [one("ctc_rate", "lr 0.001", 100), one("ctc_rate", "lr 0.0001", 200)],
        "dpo_rate": [one("dpo_rate", "lr 0.001", 100), one("dpo_rate", "lr 0.0001", 190)],
        "dpo": [one("dpo", "weight 1", 90)],
    }
    results = SimpleNamespace(
        of=lambda part, *methods: [one for name in methods for one in entries[name]],
        chosen=lambda method: entries[method][0].setting,
    )
    changes = [line.split("|")[5].split()[0] for line in choice_table(results, ["dpo_rate"], "ctc_rate")[2:]]
    assert changes == ["+0.0", "-5.0"]
    # Without CTC of the same setting: the only one there is.
    changes = [line.split("|")[5].split()[0] for line in choice_table(results, ["dpo"], "ctc_rate")[2:]]
    assert changes == ["-10.0"]


def test_what_the_gradients_of_batches_have_in_common():
    rng = np.random.default_rng(0)
    common = np.zeros(2000, np.float32)
    common[0] = 3.0
    own = common + rng.normal(0, 1, (200, 2000)).astype(np.float32)
    other = 2 * common[::-1] + rng.normal(0, 0.1, (200, 2000)).astype(np.float32)
    assert gradients.in_common(own, own) == pytest.approx(9, abs=0.7)  # the mean squared norm is 2009
    found = gradients.compared(own, own)
    assert found["common"] == pytest.approx(3, abs=0.15)
    assert found["share"] == pytest.approx(9 / 2009, rel=0.1)
    assert found["cosine"] == pytest.approx(1)
    assert gradients.compared(own, other)["cosine"] == pytest.approx(0, abs=0.1)
    assert gradients.compared(own, 2 * own)["cosine"] == pytest.approx(1)
    lost = gradients.compared(np.array([[1.0, 0.0], [-1.0, 0.0]]), own[:2, :2])
    assert (lost["common"], lost["cosine"], lost["share"]) == (None, None, -1.0)


def test_every_method_of_the_plan_can_be_built_and_is_in_a_stage(tmp_path):
    from ctcalign.train.run import prepared

    folder = ROOT / "egs/mini_en/objectives"
    plan = read_plan(folder / "conf/plan.yaml")
    script = (folder / "run.sh").read_text()
    lists = [
        set(re.findall(rf'^{name}="([^"]*)"', script, re.M)[0].split())
        for name in ("latency", "errors", "longer", "rates")
    ]
    assert set.union(*lists) == set(plan["methods"]) - {"streaming"}
    for method in plan["methods"]:
        run = runs_of(plan, [1], [method])[-1]
        assert run.method == method
        trainer = {"default_root_dir": str(tmp_path), "accelerator": "cpu", "devices": 1}
        file = tmp_path / f"{method}.yaml"
        file.write_text(yaml.safe_dump(merged(run.config, {"trainer": trainer})))
        module = prepared(["--config", str(file)]).model
        wanted = run.config["model"].get("objectives", [])
        assert len(getattr(module, "terms", [])) == len(wanted)
        assert ("preference" in run.config["model"]) == (run.config.get("task") == "ctc_preference")


TEXTS = ["the cat sat on the mat", "a dog ran over the hill", "we walked along the river", "she sang an old song"]


def test_the_bench_from_texts_to_results(tmp_path):
    corpus, exp = tmp_path / "corpus", tmp_path / "exp"
    make_read(corpus / "read_en", TEXTS[:2], {"train": ["a", "b"], "dev": ["c"]})
    rng = np.random.default_rng(0)
    for name in ("ljspeech_long", "reader_b_long"):
        folder = corpus / "dev" / name
        folder.mkdir(parents=True)
        parts = [speech(text, rng) for text in TEXTS[:2]]
        sf.write(folder / "audio.flac", np.concatenate(parts), 16_000)
        ends = np.cumsum([0, *(len(part) / 16_000 for part in parts)]).tolist()
        rows = [
            {"start": ends[n], "end": ends[n + 1], "text_norm": text, "speaker": "x"}
            for n, text in enumerate(TEXTS[:2])
        ]
        (folder / "truth.json").write_text(json.dumps({"audio": "audio.flac", "utterances": rows}))
    exp.mkdir()
    others = ["the old dog sat by the river", "a cat ran along the hill", "she walked over a mat"]
    for name, texts in {"texts": [*TEXTS, *others], "reserved": TEXTS}.items():
        rows = [{"text": text, "source": "austen", "raw": text} for text in texts]
        (exp / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    methods = ["streaming", "ctc", "awp", "awp_wer"]
    plan = tiny_plan("mini_en/objectives", methods, tmp_path, {"data": {"max_duration": 12.0}})
    content = yaml.safe_load(plan.read_text())
    streaming = content["methods"]["streaming"]
    streaming["vary"]["look_ahead"] = [0.64]
    streaming["config"]["trainer"]["max_steps"] = 2
    plan.write_text(yaml.safe_dump(content, sort_keys=False))
    options = [
        "--corpus",
        corpus,
        "--exp",
        exp,
        "--plan",
        plan,
        "--hours",
        0.01,
        "--test-hours",
        0.004,
    ]  # --test-hours: more than the four texts last
    options += ["--engines", "", "--aligner", "builtin:en", "--seeds", "1", "--tests", "test read"]
    with_lm = "test" if find_spec("kenlm") else ""
    options += [
        "--latency",
        "ctc awp",
        "--errors",
        "ctc",
        "--longer",
        "",
        "--rates",
        "",
        "--gradients",
        "awp_wer",
        "--batches",
        2,
        "--with-lm",
        with_lm,
        "--results",
        tmp_path / "RESULTS.md",
    ]
    run_recipe("mini_en/objectives", *options)
    page = (tmp_path / "RESULTS.md").read_text()
    assert "awp" in page
    assert "Power" in page
    assert "cosine with CTC" in page
    assert "5 samples" in page  # of the texts that objectives compare
    assert ("WER % test, LM" in page) == bool(with_lm)
    assert (tmp_path / "RESULTS.png").stat().st_size > 10_000
    about = json.loads((exp / "runs" / "awp-weight0.1-s1" / "run.json").read_text())
    assert about["look_ahead"] == pytest.approx(0.6275)
    before = (exp / "runs" / "ctc-s1" / "run.json").stat().st_mtime_ns
    run_recipe("mini_en/objectives", *options)  # nothing is done again
    assert (exp / "runs" / "ctc-s1" / "run.json").stat().st_mtime_ns == before
    assert not math.isnan(about["seconds"])


def test_guided_decoding_from_adapted_models_to_the_page(tmp_path):
    exp, corpus = tmp_path / "exp", tmp_path / "corpus"
    corpus.mkdir()
    adapted = ROOT / "ctcalign/models/builtin/en/model.safetensors"
    rng = np.random.default_rng(0)
    for domain in ("digits", "reader"):
        (exp / domain / "runs" / "exact-s1").mkdir(parents=True)
        shutil.copy(adapted, exp / domain / "runs" / "exact-s1" / "model.safetensors")
    cuts = {"digits/data/dev": TEXTS[0], "digits/data/test": TEXTS[1]}
    cuts |= {
        "reader/runs/exact-s1/held-out-choosing.jsonl.gz": TEXTS[2],
        "reader/runs/exact-s1/held-out-test.jsonl.gz": TEXTS[3],
    }
    for place, text in cuts.items():
        file = exp / place
        wav = exp / f"{file.parent.name}-{file.name.split('.')[0]}.wav"
        sf.write(wav, speech(text, rng), 16_000)
        cut = Recording.from_file(wav).to_cut()
        cut.supervisions = [SupervisionSegment(cut.id, cut.recording_id, 0, cut.duration, text=text)]
        if file.suffix:
            CutSet([cut]).to_file(file)
        else:
            file.mkdir(parents=True)
            CutSet([cut]).to_shar(file, fields={"recording": "wav"})
    page = tmp_path / "RESULTS_guided.md"
    options = ("--exp", exp, "--corpus", corpus, "--results", page, "--weights", 0.5, "--beam", 2)
    run_recipe("mini_en/objectives", *options, "--stage", 1, script="guided.sh")
    text = page.read_text(encoding="utf-8")
    for row in ("## Digits in noise", "## One reader", "guided by the adapted model", "the adapted model alone"):
        assert row in text
    before = text
    done = run_recipe("mini_en/objectives", *options, "--stage", 1, script="guided.sh")  # nothing is decoded again
    assert "alone" not in done.stderr
    assert page.read_text(encoding="utf-8") == before
    # The recipes that adapt are called with options that they know, and say what is missing.
    failed = run_recipe("mini_en/objectives", *options, check=False, script="guided.sh")
    assert failed.returncode == 2
    assert "digits_train/manifest.jsonl" in failed.stderr
