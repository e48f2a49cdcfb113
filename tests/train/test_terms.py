"""A batch of an objective is its utterances one by one: same paths, same loss, same gradient, same statistics."""

from __future__ import annotations

import pytest
import torch

from ctcalign.errors import ShapeError
from ctcalign.objectives.properties import PropertyContext, build_property, improve
from ctcalign.train.data.batch import REASONS, SPARE, Batch, Emissions, frames_needed, select
from ctcalign.train.data.tokenizers import CharacterTokenizer
from ctcalign.train.recogniser.sampling import SAMPLERS, SamplerConfig, utterances
from ctcalign.train.recogniser.terms import ObjectiveConfig, Term, mean_statistics

SYMBOLS = ("<blank>", " ", "a", "b", "c")


def emissions(log_probs: torch.Tensor) -> Emissions:
    lengths, counts = torch.tensor([12, 9, 12]), torch.tensor([4, 2, 0])
    targets = torch.tensor([[2, 3, 1, 4], [2, 2, 1, 1], [1, 1, 1, 1]])
    return Emissions(log_probs, lengths, targets, counts, ["x", "y", "z"], SYMBOLS, 0)


def scores() -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(3, 12, 5, dtype=torch.float64, generator=generator).log_softmax(-1).requires_grad_()


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("property", ["low_latency", "minimum_wer", "joint", "ctcalign.train.processes:seed_of"])
def test_a_batch_is_its_utterances(sampler, property, monkeypatch):
    if ":" in property:  # one that is called path by path
        monkeypatch.setattr("ctcalign.train.processes.seed_of", lambda path, context: context.rng.permutation(path))
    term = Term(ObjectiveConfig("align_with_purpose", 1.0, {"property": property}, SamplerConfig(sampler, paths=3)))
    monkeypatch.undo()
    whole, parts = scores(), scores()
    together = term.loss(emissions(whole), 7)
    single = [term.loss(one, 7) for one in utterances(emissions(parts))]
    loss = torch.stack([one.loss for one in single]).mean()
    torch.testing.assert_close(together.loss, loss)
    together.loss.backward()
    loss.backward()
    torch.testing.assert_close(whole.grad, parts.grad)
    means, weights = mean_statistics([(1, one.statistics, one.weights) for one in single])
    for name, value in together.statistics.items():
        if weights[name] > 0:
            torch.testing.assert_close(value.double(), means[name], check_dtype=False)


def test_steps_and_utterances_differ():
    term = Term(ObjectiveConfig("align_with_purpose", 1.0))
    losses = [float(term.loss(emissions(scores()), step).loss.detach()) for step in (1, 1, 2)]
    assert losses[0] == losses[1] != losses[2]


def test_one_generator_of_each_utterance_is_needed():
    with pytest.raises(ShapeError, match="expected one, or 3, one per utterance; got 2"):
        improve(torch.zeros(3, 1, 4, dtype=torch.int64), build_property("low_latency"), PropertyContext(), None,
                [torch.Generator()] * 2)  # fmt: skip


def test_statistics_of_shares_are_those_of_the_whole():
    one = (3, {"a": torch.tensor(0.5), "b": torch.tensor(1.0)}, {"b": torch.tensor(1)})
    two = (1, {"a": torch.tensor(0.1), "b": torch.tensor(0.0)}, {"b": torch.tensor(3)})
    means, weights = mean_statistics([one, two, (0, {}, {})])
    assert float(means["a"]) == pytest.approx(0.4)
    assert float(means["b"]) == pytest.approx(0.25)
    assert (float(weights["a"]), float(weights["b"])) == (4, 4)


def test_what_cannot_be_trained_on_is_left_out():
    texts = ["ab", "abba", "a?", "ab", "ab", "", "a"]
    batch = Batch(torch.zeros(7, 9, 80), torch.full((7,), 9), texts, list("tuvwxyz"))
    batch.reasons = ["", "", "", "unreadable", SPARE, "untranscribed", ""]
    frames = torch.tensor([2, 4, 9, 9, 9, 9, 0])
    assert frames_needed([1, 2, 2, 1]) == 5
    found, skipped = select(batch, torch.zeros(7, 9, 3), frames, CharacterTokenizer("ab"))
    assert found is not None
    assert found.ids == ["t"]
    assert found.targets.tolist() == [[1, 2]]
    assert skipped == {"unreadable": 1, "untranscribed": 1, "unsayable": 1, "too_short": 2}
    assert tuple(skipped) == REASONS
    nothing, _ = select(batch, torch.zeros(7, 9, 3), torch.zeros(7, dtype=torch.int64), CharacterTokenizer("ab"))
    assert nothing is None
