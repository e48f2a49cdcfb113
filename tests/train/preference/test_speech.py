"""Preference training of a recogniser: every loss learns its pairs, and stored scores equal those of live models."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch

from ctcalign.errors import CtcAlignError, UsageError
from ctcalign.models.stored import fingerprint
from ctcalign.preference import ctc_token_scores, simpo_loss
from ctcalign.train.data.augmentation import Augmentation
from ctcalign.train.data.batch import part_of, select
from ctcalign.train.preference.examples import Example, Response, read_examples, write_examples
from ctcalign.train.preference.sides import edit_scores
from ctcalign.train.preference.speech.frozen import ContrastConfig, FrozenModel
from ctcalign.train.preference.speech.module import PreferenceConfig
from ctcalign.train.preference.speech.pairs import PairsConfig
from ctcalign.train.preference.term import LossConfig
from tests.train.preference.cases import LOSSES, TEXTS, Listed, batch, manifest, module, start, trained


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("preference")


@pytest.fixture(scope="module")
def init(folder) -> str:
    return start(folder)


@pytest.fixture(scope="module")
def pairs(folder) -> str:
    return manifest(folder)


def listed(pairs: str, **options) -> PairsConfig:
    return PairsConfig(source="manifest", file=pairs, **options)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_learns_its_pairs(name, init, pairs):
    options = {"sft_weight": 0.0} if name in ("cpo", "logo") else {}
    together = {"together": 2} if name == "logo" else {}
    one = module(init=init, loss=LossConfig(name, options), pairs=listed(pairs, **together), ctc_weight=0.0)
    rows = trained(one, [batch(i) for i in range(8)])
    losses = [row["preference/loss"] for row in rows]
    assert losses[-1] < losses[0] - 1e-4, losses
    assert all(math.isfinite(loss) for loss in losses)
    assert {"preference/chosen_log_probs", "preference/chosen_rewards", "preference/chosen_lengths"} <= set(rows[0])
    if name != "poft":
        more = {"margins", "accuracy", "rejected_log_probs", "rejected_rewards", "rejected_lengths"}
        assert {f"preference/{what}" for what in more} <= set(rows[0])
        assert rows[-1]["preference/margins"] > rows[0]["preference/margins"]
    assert all(
        parameter.grad is None for frozen in one.frozen._models.values() for parameter in frozen.network.parameters()
    )
    assert not any(name.startswith("frozen") for name in one.state_dict())


def test_listed_utterances_can_be_left_out_of_the_ctc_loss(init, pairs, tmp_path):
    name = next(iter(TEXTS))
    good, bad = TEXTS[name]
    file = str(tmp_path / "pairs.jsonl")
    write_examples(file, [Example(name, Response(good), (Response(bad[0]),))])

    def row(**options):
        given = {"init": init, "loss": LossConfig("simpo"), "pairs": listed(file)}
        return trained(module(**given | options), [batch()])[0]

    fresh = module(init=init, loss=LossConfig("simpo"))
    with torch.no_grad():
        log_probs, frames = fresh(batch().inputs, batch().lengths)
        emissions, _ = select(batch(), log_probs, frames, fresh.tokenizer)
        others = [place for place, one in enumerate(emissions.ids) if one != name]
        assert 0 < len(others) < len(emissions.ids)
        expected = float(fresh.ctc.loss(part_of(emissions, others)).loss)
    found, everywhere = row(ctc_on="unlisted"), row()
    assert found["ctc"] == pytest.approx(expected, rel=1e-5)
    assert found["ctc"] != pytest.approx(everywhere["ctc"], rel=1e-3)
    assert found["preference/loss"] == pytest.approx(everywhere["preference/loss"], rel=1e-6)
    assert everywhere["preference/dropped/unlisted"] == len(others)
    assert "preference/dropped/unlisted" not in found
    only = row(ctc_on="unlisted", pairs=listed(pairs))
    assert only["ctc"] == 0.0
    assert only["loss"] == pytest.approx(only["preference/loss"])


def test_unlisted_needs_a_list():
    with pytest.raises(UsageError, match=r"ctc_on: got 'unlisted' with pairs.source nbest"):
        PreferenceConfig(ctc_on="unlisted")


def test_the_loss_is_the_function_on_the_token_scores(init, pairs):
    """The whole way from a batch to the number, against the functions called by hand."""
    one = module(init=init, loss=LossConfig("simpo", {"beta": 2.0}), pairs=listed(pairs), ctc_weight=0.25)
    rows = trained(one, [batch()])
    fresh = module(init=init, loss=LossConfig("simpo"))
    with torch.no_grad():
        log_probs, frames = fresh(batch().inputs, batch().lengths)
        emissions, _ = select(batch(), log_probs, frames, fresh.tokenizer)
        sides = {"chosen": [], "rejected": []}
        for place, (good, bad) in enumerate(TEXTS.values()):
            for worse in bad:
                for side, text in (("chosen", good), ("rejected", worse)):
                    labels = torch.tensor([fresh.tokenizer.encode(text)[0]])
                    row = log_probs[place : place + 1]
                    sides[side].append(ctc_token_scores(row, labels, frames[place : place + 1]).log_probs[0])
        tensors = {}
        for side, scores in sides.items():
            tensors[f"{side}_mask"] = torch.nn.utils.rnn.pad_sequence([torch.ones(len(s)) for s in scores], True)
            tensors[f"{side}_log_probs"] = torch.nn.utils.rnn.pad_sequence(scores, True)
        expected = float(simpo_loss(**tensors).loss)
        ctc = float(fresh.ctc.loss(emissions).loss)
    assert rows[0]["preference/loss"] == pytest.approx(expected, rel=1e-5)
    assert rows[0]["ctc"] == pytest.approx(ctc, rel=1e-5)
    assert rows[0]["loss"] == pytest.approx(0.25 * ctc + expected, rel=1e-5)


@pytest.mark.parametrize("source", ["nbest", "sample"])
@pytest.mark.parametrize("of", ["policy", "reference"])
def test_pairs_of_the_models_own_mistakes(source, of, init):
    config = PairsConfig(source=source, of=of, hypotheses=6, unit="characters", pairs=2)
    one = module(init=init, loss=LossConfig("dpo"), pairs=config, tokens="sequence")
    rows = trained(one, [batch(i) for i in range(3)])
    assert "preference/margins" in rows[-1]
    assert sum(one.dropped.values()) > 0


def test_alignments_that_a_property_bettered(init):
    config = PairsConfig(source="paths", property={"name": "low_latency", "k": 2}, hypotheses=4, pairs=4)
    for loss in (LossConfig("dpo", {"beta": 1.0}), LossConfig("tdpo"), LossConfig("cdpo")):
        one = module(init=init, loss=loss, pairs=config, tokens="frames", ctc_weight=0.0)
        rows = trained(one, [batch(0)] * 6)
        assert rows[-1]["preference/margins"] > rows[0]["preference/margins"]
        assert rows[0]["preference/chosen_lengths"] == rows[0]["preference/rejected_lengths"]


def stored(folder: Path, init: str, pairs: str, **changes) -> str:
    """The pairs with the scores of the reference model beside them."""
    fresh = module(loss=LossConfig("simpo"))
    frozen = FrozenModel(fresh.model, init)
    log_probs = frozen(batch().inputs, batch().lengths)
    frames = fresh.network.encoder.output_lengths(batch().lengths)
    found = []
    for place, one in enumerate(read_examples(pairs)):
        responses = []
        for response in one.responses:
            labels = torch.tensor([fresh.tokenizer.encode(response.content)[0]])
            scores = ctc_token_scores(log_probs[place : place + 1], labels, frames[place : place + 1]).log_probs[0]
            responses.append(Response(response.content, {"reference_log_probs": tuple(scores.tolist())}))
        known = {"reference": fingerprint(frozen.network), **changes}
        found.append(Example(one.key, responses[0], tuple(responses[1:]), **known))
    file = folder / "stored.jsonl"
    write_examples(file, found)
    return str(file)


@pytest.mark.parametrize("tokens", ["prefix", "sequence"])
@pytest.mark.parametrize("name", ["dpo", "bco"])
def test_stored_reference_scores_are_those_of_the_live_model(name, tokens, init, pairs, folder):
    runs = []
    for file in (pairs, stored(folder, init, pairs)):
        one = module(init=init, loss=LossConfig(name), pairs=listed(file), tokens=tokens)
        assert len(one.frozen._models) == (1 if file == pairs else 0)  # nothing is left for it to do
        runs.append(trained(one, [batch(i) for i in range(4)]))
    for live, cached in zip(*runs, strict=True):
        for row in (live, cached):  # at the start policy and reference are equal: which reward is higher is rounding
            row.pop("preference/accuracy")
        assert cached == pytest.approx(live, abs=2e-5)


def test_stored_scores_of_another_model_or_of_changed_utterances_are_refused(init, pairs, folder):
    other = stored(folder, init, pairs, reference="0123456789abcdef")
    with pytest.raises(UsageError, match="of another model than"):
        module(init=init, loss=LossConfig("dpo"), pairs=listed(other))
    one = module(init=init, loss=LossConfig("dpo"), pairs=listed(stored(folder, init, pairs)))

    class Data(pl.LightningDataModule):
        augmentation = Augmentation(speeds=[0.9])

        def train_dataloader(self):
            return Listed([batch()])

    with pytest.raises(UsageError, match=r"data\.augmentation changes them"):
        trained(one, Data())


def test_weights_of_tokens_that_come_with_the_pairs(init, folder):
    labels = {"one": ("ab", "ac")}
    values = {"scores": (0.9, 0.1, 1.0), "token_rewards": (0.0, -0.5, 0.1)}
    file = folder / "valued.jsonl"
    for name, (good, bad) in labels.items():
        write_examples(file, [Example(name, Response(good, values), (Response(bad, values),))])
    for loss in ("cdpo", "treg"):
        one = module(init=init, loss=LossConfig(loss), pairs=listed(str(file)))
        assert set(one.frozen._models) == {init}  # the reference alone, no better and worse one
        assert "preference/margins" in trained(one, [batch()])[0]
    write_examples(file, [Example("one", Response("ab", values), (Response("a", values),))])
    with pytest.raises(CtcAlignError, match="3 stored scores but 2 tokens"):
        trained(module(init=init, loss=LossConfig("cdpo"), pairs=listed(str(file))), [batch()])


def test_right_tokens_by_edit_alignment(init, pairs):
    assert edit_scores("bb cad", "ab cab") == [0, 1, 1, 1, 1, 0, 1]
    assert edit_scores("", "ab") == [1]
    one = module(init=init, loss=LossConfig("cdpo"), pairs=listed(pairs), contrast=ContrastConfig(kind="edits"))
    row = trained(one, [batch()])[0]
    wrong = [1 - sum(edit_scores(b, good)) / (len(b) + 1) for good, bad in TEXTS.values() for b in bad]
    assert row["preference/rejected_weight"] == pytest.approx(sum(wrong) / len(wrong), abs=1e-6)


def test_labelled_rows_and_what_does_not_fit(init, folder):
    rows = [
        {"id": "one", "completion": "ab cab", "label": True},
        {"id": "two", "completion": "dd", "label": False, "desirable_probability": 0.75},
        {"id": "two", "completion": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "label": False},
        {"id": "three", "completion": "xyz", "label": False},
    ]
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    one = module(init=init, loss=LossConfig("bco"), pairs=listed(str(file)))
    assert trained(one, [batch()])[0]["preference/accuracy"] in (0.0, 1.0)
    assert one.dropped == {"infeasible": 1, "unsayable_response": 1}
    assert one.term.loss.shift.count == 2
    with pytest.raises(UsageError, match=r"the loss dpo needs pairs .* none of the 4 examples, such as 'one'"):
        module(init=init, loss=LossConfig("dpo"), pairs=listed(str(file)))


def test_a_batch_without_usable_utterances_does_no_harm(init, pairs):
    silent = replace(batch(), texts=["x", "y", "z"])
    one = module(init=init, loss=LossConfig("bco"), pairs=listed(pairs))
    before = {name: value.clone() for name, value in one.state_dict().items()}
    rows = trained(one, [silent, batch(1)])
    assert rows[0]["loss"] == 0
    assert rows[0]["skipped/unsayable"] == 3
    assert all(torch.isfinite(value).all() for value in one.state_dict().values())
    assert set(before) == set(one.state_dict())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": LossConfig("dpo")}, "give preference.reference, or init"),
        ({"loss": LossConfig("tdpo"), "tokens": "sequence"}, "needs kl of each token"),
        ({"loss": LossConfig("bco"), "pairs": PairsConfig(together=2)}, "bco takes single responses"),
        ({"loss": LossConfig("simpo"), "tokens": "frames"}, "gives no paths"),
        ({"loss": LossConfig("simpo"), "pairs": PairsConfig(source="paths")}, "gives paths"),
        ({"loss": LossConfig("bco"), "pairs": PairsConfig(scored="differing")}, "for losses of pairs"),
        ({"loss": LossConfig("dpoo")}, "did you mean 'dpo'"),
    ],
)
def test_options_that_do_not_go_together(options, message):
    with pytest.raises(UsageError, match=message):
        module(**options)


def test_a_reference_in_the_precision_of_the_training(init, pairs):
    one = module(init=init, loss=LossConfig("dpo"), pairs=listed(pairs))
    row = trained(one, [batch()], precision="bf16-true")[0]
    assert row["preference/loss"] == pytest.approx(0.6931, abs=0.01)  # the policy is still the reference
