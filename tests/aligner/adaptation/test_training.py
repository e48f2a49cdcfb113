"""Training on a handful of utterances, for every family of models; likelihoods, masks and parts of batches."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ctcalign.aligner.adaptation import training
from ctcalign.aligner.adaptation.adapter import Adapted
from ctcalign.aligner.adaptation.examples import Example
from ctcalign.aligner.adaptation.likelihoods import Judgement, _ctc, fits, judge, log_likelihoods
from ctcalign.aligner.adaptation.masks import BANDS, COUNT, SHARE, masked
from ctcalign.aligner.adaptation.training import PART_SECONDS, in_parts, train
from ctcalign.aligner.adaptation.utterances import ANYTHING
from ctcalign.models import load_model
from ctcalign.models.training.inputs import LogMel
from ctcalign.models.training.protocol import TrainableModel
from ctcalign.models.training.registry import open_trainable
from ctcalign.models.training.torchaudio import Waveform
from tests.models.training.small_models import saved
from tests.models.training.test_torchaudio import LARGE, small  # noqa: F401  # a fixture
from tests.train.tones import spoken

SECONDS = 1.2
FAMILIES = ("builtin:en", "hf:wav2vec2", "hf:parakeet", "torchaudio", "checkpoint")


@pytest.fixture(params=FAMILIES)
def name(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A model of each family."""
    family, _, kind = request.param.partition(":")
    if family == "hf":
        return f"hf:{saved(tmp_path / kind, kind)}"
    if family == "torchaudio":
        request.getfixturevalue("small")
        return f"torchaudio:{LARGE}"
    if family == "checkpoint":
        model = open_trainable("builtin:en")
        weights = model.network.state_dict()
        return f"checkpoint:{model.save(tmp_path / 'own.safetensors', model.header({}), weights)}"
    return request.param


def examples(model: TrainableModel, count: int, seed: int = 0) -> list[Example]:
    """Words of tones, and the labels of any four of the model's symbols."""
    rng = np.random.default_rng(seed)
    found = []
    usable = [column for column in range(len(model.vocabulary)) if column != model.vocabulary.blank][-20:]
    for number in range(count):
        samples = np.resize(spoken([["ab", "cab", "dad"][number % 3]], rng)[0], round(SECONDS * 16_000))
        labels = tuple(usable[(5 * (number % 3) + place) % len(usable)] for place in range(4))
        found.append(Example(model.inputs(samples), labels, labels, SECONDS))
    return found


def test_training_makes_the_texts_likelier_and_inference_sees_it(name, monkeypatch):
    monkeypatch.setattr(training, "STEPS", 12)
    monkeypatch.setattr(training, "STEP_SECONDS", 4.0)
    if not name.startswith(("builtin", "checkpoint")):  # small networks with random weights
        monkeypatch.setattr(training, "RATE", 1e-2)
        monkeypatch.setattr(training, "RATE_OF_WAVEFORMS", 1e-2)
    model = open_trainable(name)
    plain = load_model(name)
    chosen = examples(model, 6)
    texts = [one.labels for one in chosen]
    before = judge(model, chosen, texts, "cpu")
    train(model, chosen, "cpu", 0, lambda *_: None)
    after = judge(model, chosen, texts, "cpu")
    assert after.likelihood > before.likelihood + 0.02
    found = Adapted(model, before, after).recogniser(plain, "cpu")
    assert (found.name, found.spike_delay, found.language) == (plain.name, plain.spike_delay, plain.language)
    assert found.vocabulary == plain.vocabulary
    sound = torch.from_numpy(np.resize(spoken(["ab"], np.random.default_rng(3))[0], 16_000)[None])
    with torch.inference_mode():
        log_probs, frames = found(sound, torch.tensor([16_000]))
        made = model.inputs(sound[0].numpy())
        expected, counts = model.network(made[None], torch.tensor([len(made)]))
    count = int(counts[0])
    assert count <= int(frames[0]) <= count + 1  # some extractors add a frame to a whole recording
    torch.testing.assert_close(log_probs[0, :count], expected[0, :count], atol=1e-3, rtol=1e-3)


def test_a_seed_gives_the_same_weights_and_leaves_the_generators_alone(monkeypatch):
    monkeypatch.setattr(training, "STEPS", 2)
    weights = []
    for seed in (1, 1, 2):
        model = open_trainable("builtin:en")
        torch.manual_seed(5)
        np.random.seed(5)
        train(model, examples(model, 3), "cpu", seed, lambda *_: None)
        weights.append(torch.cat([value.flatten() for value in model.network.state_dict().values()]))
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    drawn = torch.rand(1).item(), np.random.random()
    torch.manual_seed(5)
    np.random.seed(5)
    assert drawn == (torch.rand(1).item(), np.random.random())


def test_progress_counts_the_steps(monkeypatch):
    monkeypatch.setattr(training, "STEPS", 3)
    model, seen = open_trainable("builtin:en"), []
    train(model, examples(model, 1), "cpu", 0, lambda *one: seen.append(one))
    assert seen == [("adapting", 1, 3), ("adapting", 2, 3), ("adapting", 3, 3)]


def test_the_judgement_is_that_of_brute_force():
    model = open_trainable("builtin:en")
    first, *others = examples(model, 3)
    short = replace(first, labels=first.labels[:2])
    texts = [short.labels, *(one.labels for one in others)]
    model.network.eval()
    with torch.inference_mode():
        rows, frames = model.network(short.input[None], torch.tensor([len(short.input)]))
    values = [_brute(rows[0, : frames[0]], text[:2]) for text in texts]
    found = judge(model, [short], texts, "cpu")
    assert found.likelihood == pytest.approx(values[0] / int(frames[0]), abs=1e-5)
    assert found.margin == pytest.approx(values[0] / 2 - (values[1] / 2 + values[2] / 2) / 2, abs=1e-4)


def _brute(rows: torch.Tensor, text: tuple[int, ...]) -> float:
    """Sum over the alignments of two labels, by hand: blanks, runs of the first, blanks, runs of the second, blanks."""
    total = []
    cumulative = torch.cat([torch.zeros(1, rows.shape[1], dtype=torch.float64), rows.double().cumsum(0)])
    n = len(rows)
    a, b = (cumulative[:, label] for label in text)
    quiet = cumulative[:, 0]
    least = 1 if text[0] == text[1] else 0
    for i, j in itertools.combinations(range(n + 1), 2):
        head = quiet[i] + a[j] - a[i]
        for k in range(j + least, n):
            tails = b[k + 1 :] - b[k] + quiet[n] - quiet[k + 1 :]
            total.append(head + quiet[k] - quiet[j] + tails.logsumexp(0))
    return float(torch.stack(total).logsumexp(0))


def test_a_text_that_does_not_fit_does_not_judge():
    model = open_trainable("builtin:en")
    (one,) = examples(model, 1)
    long = replace(one, labels=(3,) * 200)
    assert judge(model, [long], [(4, 5, 6)], "cpu") == Judgement(0.0, 0.0)
    assert log_likelihoods(model, [one.input], [long.labels], "cpu").item() == 0
    assert fits((1, 1, 2), 4)
    assert not fits((1, 1, 2), 3)


def test_anything_is_any_text_and_has_the_right_gradient():
    logits = torch.randn(1, 7, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    frames = torch.tensor([7])

    def of(logits: torch.Tensor, text: tuple[int, ...]) -> torch.Tensor:
        return _ctc(logits.log_softmax(-1), frames, [text], 0)

    # A path of (1, ANYTHING, 2) is one frame or more of 1, then any frames, then one frame or more of 2, and blanks.
    rows = logits[0].log_softmax(-1)
    total = []
    for i in range(7):  # first frame of 1, after blanks
        for j in range(i + 1, 7):  # one past its last frame
            for k in range(j, 7):  # first frame of ANYTHING, after blanks
                for m in range(k + 1, 7):  # one past its last frame
                    for n in range(m, 7):  # first frame of 2, after blanks
                        for o in range(n + 1, 8):  # one past its last frame
                            quiet = rows[:i, 0].sum() + rows[j:k, 0].sum() + rows[m:n, 0].sum() + rows[o:, 0].sum()
                            total.append(quiet + rows[i:j, 1].sum() + rows[n:o, 2].sum())
    torch.testing.assert_close(of(logits, (1, ANYTHING, 2))[0], torch.stack(total).logsumexp(0), atol=1e-5, rtol=1e-5)
    (gradient,) = torch.autograd.grad(of(logits, (1, ANYTHING, 2)).sum(), logits)
    (expected,) = torch.autograd.grad(torch.stack(total).logsumexp(0), logits)
    torch.testing.assert_close(gradient, expected, atol=1e-5, rtol=1e-4)


def test_a_batch_is_as_likely_as_its_utterances_one_by_one(name):
    model = open_trainable(name)
    model.network.eval()
    first, second = examples(model, 2)
    short = replace(second, input=second.input[: len(second.input) // 2])
    with torch.inference_mode():
        both = log_likelihoods(model, [first.input, short.input], [first.labels, short.labels], "cpu")
        alone = [log_likelihoods(model, [one.input], [one.labels], "cpu")[0] for one in (first, short)]
    torch.testing.assert_close(both, torch.stack(alone), atol=2e-3, rtol=1e-4)


def test_parts_are_short_with_their_padding_and_lose_nothing():
    rng = np.random.default_rng(0)
    given = [Example(torch.zeros(1), (n,), (n,), float(seconds)) for n, seconds in enumerate(rng.uniform(0.5, 20, 40))]
    parts = list(in_parts(given))
    assert sorted(one.labels for part in parts for one in part) == sorted(one.labels for one in given)
    for part in parts:
        assert len(part) == 1 or len(part) * max(one.seconds for one in part) <= PART_SECONDS
    assert len(parts) < len(given)


def test_masks_hide_little_and_leave_the_rest():
    rng = np.random.default_rng(0)
    features = torch.from_numpy(rng.standard_normal((400, 80)).astype(np.float32))
    hidden = []
    for _ in range(50):
        found = masked(Example(features, (1,), (1,), 4.0), LogMel(), rng)
        changed = found != features
        assert changed.any(1).float().mean() <= 1.0
        rows, bands = changed.all(1), changed.all(0)
        assert int(rows.sum()) <= COUNT * SHARE * 400
        assert int(bands.sum()) <= COUNT * BANDS * 80
        assert torch.equal(found[~rows][:, ~bands], features[~rows][:, ~bands])
        torch.testing.assert_close(found[changed], features.mean(0).expand(400, 80)[changed])
        hidden.append(float(changed.float().mean()))
    assert 0.1 < float(np.mean(hidden)) < 0.4
    assert not math.isclose(hidden[0], hidden[1])


def test_a_masked_waveform_is_never_digital_silence():
    rng = np.random.default_rng(0)
    samples = torch.from_numpy(rng.uniform(0.5, 1.0, 16_000).astype(np.float32))
    inputs = Waveform(16_000, normalises=False, receptive=400)
    found = [masked(Example(samples, (1,), (1,), 1.0), inputs, rng) for _ in range(20)]
    shares = [float((one != samples).float().mean()) for one in found]
    assert 0 < np.mean(shares) <= COUNT * SHARE
    assert all(bool((one[one != samples].abs() < 0.2).all()) and bool((one != 0).all()) for one in found)
