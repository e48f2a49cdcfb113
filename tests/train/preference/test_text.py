"""A tiny causal language model trained with preferences: the losses that train recognisers, by the same names."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from ctcalign.errors import ModelError, UsageError
from ctcalign.preference import cpo_loss
from ctcalign.train.optimiser.config import OptimiserConfig
from ctcalign.train.preference.examples import Example, Response, read_examples, write_examples
from ctcalign.train.preference.term import LossConfig
from ctcalign.train.preference.text.data import TextDataModule
from ctcalign.train.preference.text.frozen import TextContrast
from ctcalign.train.preference.text.module import TextPreferenceModule
from recipes.preference.language_model import write_language_model
from tests.train.preference.cases import LOSSES, PROMPTS, Listed, language_model, sums, trained

EDITS = TextContrast(kind="edits")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("text")


@pytest.fixture(scope="module")
def start(folder) -> str:
    return language_model(folder / "start")


@pytest.fixture(scope="module")
def file(folder) -> str:
    return sums(folder / "sums.jsonl")


def module(start: str, loss: LossConfig, **options) -> TextPreferenceModule:
    return TextPreferenceModule(start, loss=loss, optimiser=OptimiserConfig(lr=0.003, warmup_steps=0), **options)


def data(file: str, size: int = 3) -> TextDataModule:
    return TextDataModule(file, batch_size=size)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_learns_its_pairs(name, start, file):
    together = {"together": 2} if name == "logo" else {}
    options = {"sft_weight": 0.0} if name in ("cpo", "logo") else {}
    one = module(start, LossConfig(name, options), contrast=EDITS, **together)
    batches = list(data(file)._batches(read_examples(file, "prompt"), shuffle=False, epoch=0, start=0)) * 6
    rows = trained(one, _Data(batches, file))
    losses = [row["preference/loss"] for row in rows]
    assert losses[-1] < losses[0] - 1e-4, losses
    assert {"preference/chosen_log_probs", "preference/chosen_rewards", "preference/chosen_lengths"} <= set(rows[0])
    if name != "poft":
        more = {"margins", "accuracy", "rejected_log_probs", "rejected_rewards", "rejected_lengths"}
        assert {f"preference/{what}" for what in more} <= set(rows[0])
        assert rows[-1]["preference/margins"] > rows[0]["preference/margins"]
    assert not any("frozen" in name for name in one.state_dict())


class _Data(TextDataModule):
    """The same batches again and again."""

    def __init__(self, batches, file):
        super().__init__(file)
        self.batches = batches

    def train_dataloader(self):
        return Listed(self.batches)


def test_the_loss_is_the_function_on_the_models_log_probs(start, file):
    """Token by token, one response at a time, with transformers alone."""
    one = module(start, LossConfig("cpo", {"sft_weight": 0.0}), sft_weight=0.5)
    rows = trained(one, data(file))
    fresh = module(start, LossConfig("cpo"))
    sides: dict[str, list[torch.Tensor]] = {"chosen": [], "rejected": []}
    for prompt, (good, bad) in PROMPTS.items():
        for worse in bad:
            for side, response in (("chosen", good), ("rejected", worse)):
                begin, tokens = fresh.tokenizer.prompt(prompt), [*fresh.tokenizer.response(response), 0]
                with torch.no_grad():
                    logits = fresh.language_model(torch.tensor([[*begin, *tokens]])).logits[0].log_softmax(-1)
                scores = logits[len(begin) - 1 : -1]
                sides[side].append(scores[torch.arange(len(tokens)), torch.tensor(tokens)])
    tensors = {}
    for side, scores in sides.items():
        tensors[f"{side}_mask"] = torch.nn.utils.rnn.pad_sequence([torch.ones(len(s)) for s in scores], True)
        tensors[f"{side}_log_probs"] = torch.nn.utils.rnn.pad_sequence(scores, True)
    result = cpo_loss(**tensors, sft_weight=0.0)
    cost = float(-torch.cat(sides["chosen"]).mean())
    assert rows[0]["preference/loss"] == pytest.approx(float(result.loss), rel=1e-5)
    assert rows[0]["preference/chosen_cost"] == pytest.approx(cost, rel=1e-5)
    assert rows[0]["loss"] == pytest.approx(float(result.loss) + 0.5 * cost, rel=1e-5)


def test_supervised_fine_tuning_is_a_weight_of_zero(start, file):
    one = module(start, LossConfig("dpo", weight=0.0), sft_weight=1.0)
    rows = trained(
        one, _Data(list(data(file)._batches(read_examples(file, "prompt"), shuffle=False, epoch=0, start=0)) * 8, file)
    )
    assert rows[-1]["loss"] < 0.9 * rows[0]["loss"]
    assert rows[0]["loss"] == pytest.approx(rows[0]["preference/chosen_cost"])
    assert one.frozen.models.reference is None


def stored(start: str, file: str, out: Path) -> str:
    one = module(start, LossConfig("simpo"))
    found = []
    for example in read_examples(file, "prompt"):
        responses = []
        for response in example.responses:
            begin, tokens = one.tokenizer.prompt(example.key), [*one.tokenizer.response(response.content), 0]
            with torch.no_grad():
                logits = one.language_model(torch.tensor([[*begin, *tokens]])).logits[0].log_softmax(-1)
            scores = logits[len(begin) - 1 : -1][torch.arange(len(tokens)), torch.tensor(tokens)]
            responses.append(Response(response.content, {"reference_log_probs": tuple(scores.tolist())}))
        found.append(Example(example.key, responses[0], tuple(responses[1:])))
    write_examples(out, found, "prompt")
    return str(out)


@pytest.mark.parametrize("name", ["dpo", "bco"])
def test_stored_reference_scores_are_those_of_the_live_model(name, start, file, folder):
    runs = []
    for source in (file, stored(start, file, folder / "stored.jsonl")):
        one = module(start, LossConfig(name))
        runs.append(trained(one, data(source, size=2)))
        assert (one.frozen.models.reference is None) == (source != file)
    for live, cached in zip(*runs, strict=True):
        for row in (live, cached):  # at the start policy and reference are equal: which reward is higher is rounding
            row.pop("preference/accuracy", None)
        assert cached == pytest.approx(live, abs=1e-5)


def test_two_ways_to_ask_give_rewards_of_tokens(start, file):
    rows = []
    for prefix in ("9+", "9=9 "):
        contrast = TextContrast(better_prefix="1+1=2 ", worse_prefix=prefix)
        rows.append(trained(module(start, LossConfig("treg"), contrast=contrast), data(file))[0])
    assert rows[0]["preference/regulariser"] != rows[1]["preference/regulariser"]
    with pytest.raises(UsageError, match="the same model with the same prefix"):
        trained(module(start, LossConfig("treg")), data(file))


def test_prompts_that_only_have_bad_responses_weigh_less(start, folder):
    """Underlying distribution matching: the classifier knows prompts by the reference model's hidden states."""
    rows = [Example(f"{n}+{n}=", Response("2"), ()) for n in range(1, 5)]
    rows += [Example("0" * n, None, (Response("7"),)) for n in range(1, 5)]
    write_examples(folder / "matching.jsonl", rows, "prompt")
    losses = []
    for matching in (False, True):
        one = module(start, LossConfig("bco"), matching=matching)
        losses.append(trained(one, data(str(folder / "matching.jsonl"), size=8))[0]["preference/loss"])
    assert losses[1] < losses[0]  # weights below 1, at least 0.5
    assert losses[1] >= 0.75 * losses[0] - 1e-6
    with pytest.raises(UsageError, match="dpo does not use it"):
        module(start, LossConfig("dpo"), matching=True)


def test_what_is_left_out_is_counted(start, folder):
    rows = [
        Example("1+1=", Response("2"), (Response("2"), Response("3"), Response("4" * 20))),
        Example("1" * 20, Response("2"), (Response("3"),)),
        Example("5+5=", Response("5" * 20), ()),
    ]
    write_examples(folder / "long.jsonl", rows, "prompt")
    one = module(start, LossConfig("dpo"), longest=12)
    trained(one, data(str(folder / "long.jsonl")))
    assert one.dropped == {"identical": 1, "infeasible": 3}


def test_a_folder_without_a_model(folder, start):
    with pytest.raises(ModelError, match="cannot be loaded as a causal language model"):
        module(str(folder), LossConfig("dpo"))
    with pytest.raises(UsageError, match="a fresh model cannot be the reference"):
        module(start, LossConfig("dpo"), fresh=True)


def test_the_exported_folder_is_a_model(start, file, tmp_path):
    one = module(start, LossConfig("simpo"))
    trained(one, data(file))
    again = TextPreferenceModule(str(one.export(tmp_path / "model")), loss=LossConfig("simpo"))
    for key, value in one.language_model.state_dict().items():
        assert torch.equal(again.language_model.state_dict()[key], value)
    assert again.tokenizer.response("12+3") == one.tokenizer.response("12+3")
    assert again.tokenizer.text(again.tokenizer.response("12+3=")) == "12+3="


def test_inputs_that_a_model_cannot_read_are_reported_before_training(start, file, tmp_path):
    write_language_model(tmp_path / "short", "0123456789+= ", dim=16, layers=1, positions=8)
    assert module(start, LossConfig("simpo")).tokenizer.longest == 16  # all of its positions
    assert module(start, LossConfig("simpo"), longest=12).tokenizer.longest == 12
    with pytest.raises(UsageError, match=r"inputs of up to 17 tokens .* do not fit into the 16 positions of .*start"):
        module(start, LossConfig("simpo"), longest=17)
    policy = module(start, LossConfig("dpo"), reference=str(tmp_path / "short"))
    with pytest.raises(UsageError, match=r"inputs of up to 16 tokens .* do not fit into the 8 positions of .*short"):
        trained(policy, data(file))
    prefixed = module(start, LossConfig("cdpo"), contrast=TextContrast(better_prefix="1+1", worse_prefix="1"))
    assert prefixed.tokenizer.longest == 13
    contrast = TextContrast(better_prefix="1+", worse_prefix="")
    with pytest.raises(UsageError, match=r"up to 18 tokens .* 16 positions"):
        trained(module(start, LossConfig("cdpo"), contrast=contrast, longest=16), data(file))


def test_tokens_without_an_embedding_are_reported(start, tmp_path):
    import transformers

    for name in (start, str(tmp_path / "more")):
        tokenizer = transformers.AutoTokenizer.from_pretrained(start)
        if name != start:
            transformers.AutoModelForCausalLM.from_pretrained(start).save_pretrained(name)
            tokenizer.add_tokens(["new", "newer"])
            tokenizer.save_pretrained(name)
        size = len(tokenizer)
    module(start, LossConfig("simpo"))
    with pytest.raises(ModelError, match=rf"the tokenizer has {size} tokens but .*more has embeddings for {size - 2}"):
        module(str(tmp_path / "more"), LossConfig("simpo"))


def test_language_models_are_loaded_whole_and_in_single_precision(start, tmp_path):
    import transformers
    from safetensors.torch import load_file, save_file

    half = tmp_path / "half"
    transformers.AutoModelForCausalLM.from_pretrained(start).bfloat16().save_pretrained(half)
    transformers.AutoTokenizer.from_pretrained(start).save_pretrained(half)
    for fresh in (False, True):
        kinds = {one.dtype for one in module(str(half), LossConfig("simpo"), fresh=fresh).language_model.parameters()}
        assert kinds == {torch.float32}
    weights = load_file(half / "model.safetensors")
    some = next(name for name in weights if "attn" in name and name.endswith("weight"))
    save_file({n: v for n, v in weights.items() if n != some}, half / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=f"1 of .* weights are missing and would be random .*{some}"):
        module(str(half), LossConfig("simpo"))
