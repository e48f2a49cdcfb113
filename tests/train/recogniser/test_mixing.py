"""The learnt share of a source domain: steps by hand, weights and gradients against plain tensors, trainings."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from ctcalign.errors import UsageError
from ctcalign.train.data.batch import select
from ctcalign.train.recogniser import mixing
from ctcalign.train.recogniser.consistency import ConsistencyConfig
from ctcalign.train.recogniser.mixing import LEAST, MOST, MixingConfig, compared_weights, moved
from ctcalign.train.recogniser.module import CTCModule
from ctcalign.train.run import fit
from tests.train.optimiser.cases import recogniser, utterances
from tests.train.tones import config, log_of, make_cuts
from tests.train.two_processes import fit_alone_and_together


def manifest(file: Path, names: list[str]) -> str:
    """A manifest of cuts of which only the names matter."""
    rows = [{"id": name, "start": 0, "duration": 1, "channel": 0, "type": "MonoCut"} for name in names]
    file.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    return str(file)


def module(folder: Path, **options: Any) -> CTCModule:
    """A recogniser for `utterances`: those with even numbers are of the source; 20, 21 and 22, 23 are held out."""
    source = manifest(folder / "source.jsonl.gz", [f"u{number}" for number in range(0, 20, 2)])
    given = {"share": 0.4, "every": 1} | options
    found = recogniser(mixing=MixingConfig(source, "unread", "unread", **given))
    assert found.mixing is not None
    found.mixing._held_out = {"target": utterances([21, 23]), "source": utterances([20, 22])}
    return found


def means(found: CTCModule, batch: Any) -> dict[str, torch.Tensor]:
    """The mean CTC loss of the utterances of each domain, each utterance on its own."""
    log_probs, frames = found(batch.inputs, batch.lengths)
    emissions, _ = select(batch, log_probs, frames, found.tokenizer, found.transcripts)
    assert emissions is not None
    values: dict[str, list[torch.Tensor]] = {"target": [], "source": []}
    for place, name in enumerate(emissions.ids):
        one = mixing.part_of(emissions, [place])
        values["target" if int(name[1:]) % 2 else "source"].append(found.ctc.loss(one).loss)
    return {domain: torch.stack(own).mean() for domain, own in values.items() if own}


def gradient(loss: torch.Tensor, weights: list[torch.Tensor]) -> torch.Tensor:
    return torch.cat([one.flatten() for one in torch.autograd.grad(loss, weights, retain_graph=True)])


def test_a_step_by_hand():
    # 0.3 * e^0.2 / (0.3 * e^0.2 + 0.7 * e^0.1)
    assert moved(0.3, 0.2, 0.4, 0.5) == pytest.approx(0.3 * math.exp(0.2) / (0.3 * math.exp(0.2) + 0.7 * math.exp(0.1)))
    assert moved(0.3, 0.7, 0.7, 0.5) == pytest.approx(0.3)
    assert moved(0.3, 1.0, -1.0, 0.0) == pytest.approx(0.3)
    assert moved(0.06, 1.0, -1.0, 0.5) == LEAST
    assert moved(0.89, -1.0, 1.0, 0.5) == MOST


def test_the_loss_is_weighted_so_that_the_share_is_what_it_would_be_if_it_were_drawn(tmp_path):
    found = module(tmp_path, every=1000)
    assert found.mixing is not None
    batch = utterances(range(5))
    found.mixing.value = 0.1
    found.mixing.is_due = lambda step, part: False  # type: ignore[method-assign]
    own = means(found, batch)
    expected = (3 * 0.1 / 0.4 * own["source"] + 2 * 0.9 / 0.6 * own["target"]) / 5
    step = found.losses(batch)
    assert float(step.terms["ctc"].value.detach()) == pytest.approx(float(expected.detach()))
    assert step.count == 5
    found.mixing.value = 0.4  # that of the data: the plain mean
    plain = recogniser()
    plain.load_state_dict(found.state_dict())
    assert float(found.losses(batch).terms["ctc"].value) == pytest.approx(float(plain.losses(batch).terms["ctc"].value))


@pytest.mark.parametrize("exceeds", [False, True])
def test_the_share_follows_the_gradient_of_the_domain_whose_loss_is_to_fall(exceeds, tmp_path):
    found = module(tmp_path, budget=0.05, rate=0.7)
    assert found.mixing is not None
    batch, held_out = utterances(range(6)), dict(found.mixing._held_out)
    losses = {domain: means(found, one)[domain] for domain, one in held_out.items()}
    found.mixing.first = float(losses["source"].detach()) / (1.06 if exceeds else 1.04)
    weights = compared_weights(found.network, found.layers)
    wanted = gradient(losses["source" if exceeds else "target"], weights)
    own = {domain: gradient(loss, weights) for domain, loss in means(found, batch).items()}
    cosines = {domain: float(torch.cosine_similarity(one, wanted, 0)) for domain, one in own.items()}
    assert cosines["target"] != pytest.approx(cosines["source"], abs=0.01)
    found.losses(batch)
    assert found.mixing.value == pytest.approx(moved(0.4, cosines["target"], cosines["source"], 0.7))
    [row] = found.mixing.history
    assert row["source_cosine"] == pytest.approx(cosines["source"])
    assert row["source_loss"] == pytest.approx(float(losses["source"].detach()))
    assert row["target_loss"] == pytest.approx(float(losses["target"].detach()))


def test_the_change_leaves_no_gradients_and_the_network_as_it_was(tmp_path):
    found = module(tmp_path)
    found.losses(utterances(range(6)))
    assert all(one.grad is None for one in found.parameters())
    assert all(one.training for one in found.network.modules())


def test_a_batch_of_one_domain_leaves_the_change_to_the_next(tmp_path):
    found = module(tmp_path, every=3)
    assert found.mixing is not None
    step = found.losses(utterances([1, 3]))
    assert found.mixing.value == 0.4
    assert found.mixing.history == []
    assert float(step.terms["ctc"].value.detach()) == pytest.approx(
        float(means(found, utterances([1, 3]))["target"].detach())
    )
    assert found.mixing.is_due(1, 0)
    assert not found.mixing.is_due(1, 1)
    found.losses(utterances([0, 1]))
    assert [row["update"] for row in found.mixing.history] == [0]
    assert [step for step in range(5) if found.mixing.is_due(step, 0)] == [3, 4]
    empty = utterances([0, 1])
    empty.reasons = ["unreadable", "unreadable"]
    assert float(found.losses(empty).terms["ctc"].value) == 0.0


def test_only_trained_weights_of_the_last_layers_are_compared():
    found = recogniser()
    names = {id(one): name for name, one in found.network.named_parameters()}
    compared = [names[id(one)] for one in compared_weights(found.network, found.layers)]
    last = found.layers[-mixing.LAYERS :]
    assert compared == [name for name in names.values() if name.startswith(tuple(last))]
    assert 0 < len(compared) < len(names)
    for name, one in found.network.named_parameters():
        one.requires_grad_(not name.startswith(last[-1]))
    compared = [names[id(one)] for one in compared_weights(found.network, found.layers)]
    assert compared
    assert not any(name.startswith(last[-1]) for name in compared)


@pytest.fixture(scope="module")
def domains(tmp_path_factory) -> dict[str, Path]:
    """Manifests: `train` has `source` and other cuts; `target` and `kept` are held out."""
    root = tmp_path_factory.mktemp("domains")
    source, other = make_cuts(root / "source", 6, 1), make_cuts(root / "other", 10, 2)
    train = root / "train.jsonl.gz"
    train.write_bytes(gzip.compress(gzip.decompress(source.read_bytes()) + gzip.decompress(other.read_bytes())))
    target, kept = make_cuts(root / "target", 4, 3), make_cuts(root / "kept", 4, 4)
    return {"train": train, "source": source, "target": target, "kept": kept}


def configured(folder: Path, domains: dict[str, Path], **options: Any) -> Path:
    given = {"source": str(domains["source"]), "held_out_target": str(domains["target"])}
    given |= {"held_out_source": str(domains["kept"]), "share": 0.375, "every": 2, **options}
    data = {"train": str(domains["train"]), "max_duration": 8, "buckets": 1, "workers": 0}
    return config(folder, domains["train"], model={"mixing": given}, data=data, trainer={"max_steps": 8})


def state_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = torch.load(folder / "last.ckpt", weights_only=True)["ctcalign"]["source_share"]
    return found


def test_a_training_that_was_stopped_is_the_same(domains, tmp_path):
    fit(["--config", str(configured(tmp_path / "whole", domains))])
    file = configured(tmp_path / "parts", domains)
    for steps in ("3", "4", "8"):
        fit(["--config", str(file), "--trainer.max_steps", steps, "--resume", "last"])
    whole, parts = (state_of(tmp_path / name) for name in ("whole", "parts"))
    assert [row["update"] for row in whole["history"]] == [0, 2, 4, 6]
    assert whole == parts
    assert whole["share"] != 0.375
    assert whole["first"] == whole["history"][0]["source_loss"]
    assert [row["source_share"] for row in log_of(tmp_path / "whole")][-1] == whole["share"]
    weights = [
        torch.load(tmp_path / name / "last.ckpt", weights_only=True)["state_dict"] for name in ("whole", "parts")
    ]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_two_processes_are_one(domains, tmp_path):
    for name in ("one", "two"):
        configured(tmp_path / name, domains)
    file = tmp_path / "two" / "train.yaml"
    given = json.loads(file.read_text(encoding="utf-8"))
    given["trainer"] |= {"devices": 2, "strategy": "ddp"}
    file.write_text(json.dumps(given), encoding="utf-8")
    fit_alone_and_together([tmp_path / "one"], [tmp_path / "two"])
    one, two = (state_of(tmp_path / name)["history"] for name in ("one", "two"))
    assert len(one) == len(two) == 4
    for row, other in zip(one, two, strict=True):
        assert other == pytest.approx(row, rel=1e-3, abs=1e-4)


def test_wrong_use(domains, tmp_path):
    with pytest.raises(UsageError, match=r"model.mixing.share: got 1, expected a fraction between 0 and 1"):
        MixingConfig("a", "b", "c", share=1.0)
    with pytest.raises(UsageError, match=r"model.mixing.budget: got -1"):
        MixingConfig("a", "b", "c", budget=-1)
    given = MixingConfig(str(domains["source"]), "b", "c")
    with pytest.raises(UsageError, match=r"model.mixing: expected neither model.consistency nor"):
        recogniser(mixing=given, consistency=ConsistencyConfig())
    file = configured(tmp_path / "missing", domains, held_out_target=str(tmp_path / "no.jsonl"))
    with pytest.raises(UsageError, match=r"model.mixing.held_out_target: .*no.jsonl: no such file"):
        fit(["--config", str(file)])
