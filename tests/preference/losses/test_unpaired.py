"""BCO, KTO and PoFT: results of TRL and of the authors' code, the state of BCO, several processes."""

from __future__ import annotations

import io
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from ctcalign.errors import ShapeError, UsageError
from ctcalign.preference import BatchError, RewardShift, bco_loss, kto_loss, matching_weights, poft_loss
from tests.preference.batches import doubles, golden, near, random_rows, rows_of

BCO = golden("trl_bco")
KTO = golden("trl_kto")
POFT = golden("poft")
GOOD = torch.tensor([True, False, True, False])


def bco_batch(step: dict) -> dict:
    policy = doubles([*step["policy_chosen"], *step["policy_rejected"]])[:, None].requires_grad_()
    good, bad = len(step["policy_chosen"]), len(step["policy_rejected"])
    return {
        "log_probs": policy,
        "reference_log_probs": doubles([*step["ref_chosen"], *step["ref_rejected"]])[:, None],
        "desirable": torch.tensor([True] * good + [False] * bad),
        "mask": torch.ones(good + bad, 1),
    }


@pytest.mark.parametrize(
    "run", BCO["results"], ids=lambda run: f"{run['beta']}_{run['underlying_distribution_matching']}"
)
def test_bco_of_trl(run):
    shift = RewardShift()
    for step in run["steps"]:
        batch = bco_batch(step)
        if run["underlying_distribution_matching"]:
            probability = [math.nan] * len(step["policy_chosen"]) + step["prob_desirable_of_rejected"]
            batch["desirable_probability"] = doubles(probability)
            batch |= {"min_weight": run["min_density_ratio"], "max_weight": run["max_density_ratio"]}
        result = bco_loss(**batch, shift=shift, beta=run["beta"])
        result.loss.backward()
        near(result.losses.detach(), step["losses"])
        near(result.loss.detach(), step["mean_loss"])
        near(batch["log_probs"].grad[:, 0], [*step["grad_chosen"], *step["grad_rejected"]])
        assert shift.value == pytest.approx(step["delta"], rel=1e-6)
        assert shift.deviation == pytest.approx(step["running_std"], rel=1e-6)
        assert shift.count == step["running_count"]


@pytest.mark.parametrize("average", ["rows", "classes"])
def test_the_shift_is_the_mean_of_all_rewards(average):
    shift = RewardShift(average)
    assert shift.value == 0.0
    generator = torch.Generator().manual_seed(0)
    rewards, labels = torch.randn(40, generator=generator) * 3 + 100, torch.rand(40, generator=generator) < 0.7
    for part in (slice(0, 1), slice(1, 17), slice(17, 17), slice(17, 40)):
        shift.update(rewards[part], labels[part])
    classes = (rewards[labels].double().mean() + rewards[~labels].double().mean()) / 2
    assert shift.value == pytest.approx(float(rewards.double().mean() if average == "rows" else classes), rel=1e-12)
    assert shift.deviation == pytest.approx(float(rewards.double().std()), rel=1e-9)


def test_a_class_without_rewards_does_not_count():
    shift = RewardShift("classes")
    shift.update(torch.tensor([4.0, 2.0]), torch.tensor([True, True]))
    assert shift.value == 3.0


def test_validation_and_invalid_batches_do_not_change_the_shift():
    shift, rows = RewardShift(), random_rows(0)
    bco_loss(**rows, desirable=GOOD, shift=shift, update=False)
    bad = {**rows, "log_probs": torch.full((4, 5), math.nan)}
    with pytest.raises(BatchError, match="log_probs: nan in row 0 at position"):
        bco_loss(**bad, desirable=GOOD, shift=shift)
    assert shift.count == 0


@pytest.mark.parametrize("average", ["rows", "classes"])
def test_a_resumed_run_equals_an_uninterrupted_one(average):
    batches = [{**random_rows(seed), "desirable": GOOD} for seed in range(6)]
    whole = RewardShift(average)
    expected = [bco_loss(**batch, shift=whole).losses for batch in batches]
    first, saved = RewardShift(average), io.BytesIO()
    for batch in batches[:3]:
        bco_loss(**batch, shift=first)
    torch.save(first.state_dict(), saved)
    bco_loss(**batches[0], shift=first)  # updates after saving are not in the file
    saved.seek(0)
    second = RewardShift(average)
    second.load_state_dict(torch.load(saved))
    for batch, losses in zip(batches[3:], expected[3:], strict=True):
        assert torch.equal(bco_loss(**batch, shift=second).losses, losses)
    assert second.value == whole.value


def test_invalid_state():
    with pytest.raises(UsageError, match="state: expected average and moments"):
        RewardShift().load_state_dict({"mean": 1.0})
    with pytest.raises(UsageError, match=r"expected one of RewardShift\('classes'\), got one of RewardShift\('rows'\)"):
        RewardShift("classes").load_state_dict(RewardShift().state_dict())


TWO_PROCESSES = """
import json, sys, torch
from torch import distributed
from tests.preference.batches import random_rows, rows_of
from ctcalign.preference import RewardShift, bco_loss, kto_loss
rank, meeting = int(sys.argv[1]), sys.argv[2]
distributed.init_process_group("gloo", init_method="file://" + meeting, rank=rank, world_size=2)
shift, found = RewardShift(), []
for seed in range(2):
    batch = {**random_rows(seed), "desirable": torch.tensor([True, False, True, False])}
    mine = rows_of({name: batch[name] for name in batch}, slice(2 * rank, 2 * rank + 2))
    far = {"mismatched_" + name: value for name, value in rows_of(random_rows(seed + 9), slice(0, 4 * rank)).items()}
    kto = kto_loss(**mine, **far)
    found += [bco_loss(**mine, shift=shift).loss.item(), kto.loss.item()]
print(json.dumps([found, shift.value, shift.deviation]))
"""


def test_two_processes_equal_one(tmp_path):
    command = [sys.executable, "-c", TWO_PROCESSES]
    root = Path(__file__).parents[3]
    runs = [
        subprocess.Popen([*command, str(rank), str(tmp_path / "meeting")], stdout=subprocess.PIPE, cwd=root)
        for rank in (0, 1)
    ]
    outputs = [json.loads(run.communicate(timeout=120)[0]) for run in runs]
    shift, expected = RewardShift(), []
    for seed in range(2):
        batch = {**random_rows(seed), "desirable": GOOD}
        far = {f"mismatched_{name}": value for name, value in random_rows(seed + 9).items()}
        expected += [bco_loss(**batch, shift=shift).loss.item(), kto_loss(**batch, **far).loss.item()]
    near(doubles([output[0] for output in outputs]).mean(0), expected, rtol=1e-12)
    for output in outputs:
        assert output[1:] == pytest.approx([shift.value, shift.deviation], rel=1e-12)


@pytest.mark.parametrize("row", KTO["results"], ids=range(len(KTO["results"])))
def test_kto_of_trl(row):
    policy = doubles(KTO["policy"]).requires_grad_()
    result = kto_loss(
        policy,
        doubles(KTO["ref"]),
        torch.tensor(row["labels"]),
        torch.tensor(KTO["mask"]),
        mismatched_log_probs=doubles(KTO["policy_kl"]) * row["kl_logp_scale"],
        mismatched_reference_log_probs=doubles(KTO["ref_kl"]),
        mismatched_mask=torch.tensor(KTO["kl_mask"]),
        beta=row["beta"],
        desirable_weight=row["desirable_weight"],
        undesirable_weight=row["undesirable_weight"],
        variant=row["loss_type"],
    )
    result.loss.backward()
    near(result.loss.detach(), row["loss"])
    near(result.extras["kl"], row["kl"])
    near(policy.grad, doubles(row["grad_per_token_logps"]).masked_fill(doubles(KTO["mask"]) == 0, 0.0))


@given(seed=st.integers(0, 2**16))
@settings(max_examples=10, deadline=None)
def test_a_batch_of_two_is_two_batches_of_one(seed):
    batch = {**random_rows(seed, rows=2), "desirable": torch.tensor([True, False])}
    shift = RewardShift()
    shift.update(torch.tensor([0.3]), torch.tensor([True]))
    far = {f"mismatched_{name}": value for name, value in random_rows(seed + 1).items()}
    for run in (
        lambda part: bco_loss(**part, shift=shift, update=False).losses,
        lambda part: kto_loss(**part, **far).losses,
    ):
        alone = [run(rows_of(batch, slice(i, i + 1))) for i in range(2)]
        near(run(batch).detach(), torch.cat(alone).detach())


def test_policy_equal_to_reference():
    rows = random_rows(0)
    rows["reference_log_probs"] = rows["log_probs"].detach()
    near(bco_loss(**rows, desirable=GOOD, shift=RewardShift()).losses.detach(), torch.full((4,), math.log(2)))
    near(kto_loss(**rows, desirable=GOOD, variant="apo_zero_unpaired").losses.detach(), torch.full((4,), 0.5))


def test_metrics_by_class():
    rows = random_rows(2)
    metrics = bco_loss(**rows, desirable=torch.tensor([1, 0, 1, 1]), shift=RewardShift()).metrics
    ratio = ((rows["log_probs"] - rows["reference_log_probs"]) * rows["mask"]).sum(-1).detach()
    near(metrics["chosen_rewards"], 0.1 * ratio[[0, 2, 3]].mean())
    near(metrics["rejected_rewards"], 0.1 * ratio[1])
    near(metrics["accuracy"], (ratio[[0, 2, 3]] > ratio[1]).double().mean())
    alone = bco_loss(**rows, desirable=torch.ones(4), shift=RewardShift()).metrics
    assert "rejected_rewards" not in alone
    assert "accuracy" not in alone


def test_without_mismatched_rows_the_reference_point_is_zero():
    nothing = {"mismatched_log_probs": torch.zeros(0, 3), "mismatched_reference_log_probs": torch.zeros(0, 3)}
    near(kto_loss(**random_rows(0), desirable=GOOD, **nothing, mismatched_mask=torch.zeros(0, 3)).extras["kl"], 0.0)


def test_the_reference_point_is_never_negative():
    far = {"mismatched_log_probs": torch.full((2, 3), -9.0), "mismatched_reference_log_probs": torch.zeros(2, 3)}
    near(kto_loss(**random_rows(0), desirable=GOOD, **far, mismatched_mask=torch.ones(2, 3)).extras["kl"], 0.0)


def test_matching_weights():
    p = doubles([0.9, 0.0, 1.0, 0.75])
    near(matching_weights(p, torch.tensor([True, False, False, False]), 0.5, 10.0), [1.0, 0.5, 10.0, 3.0])


@pytest.mark.parametrize(
    ("run", "error", "message"),
    [
        (lambda r: kto_loss(**r, desirable=GOOD), UsageError, "mismatched_log_probs: kto needs it"),
        (lambda r: kto_loss(**r, desirable=GOOD[:3]), ShapeError, r"desirable: .* shape \(4,\), got \(3,\)"),
        (lambda r: kto_loss(**r, desirable=torch.full((4,), 2)), BatchError, "desirable: expected True and False"),
        (lambda r: kto_loss(**r, desirable=GOOD, variant="bco"), UsageError, "variant: got 'bco'"),
        (
            lambda r: poft_loss(r["log_probs"], torch.ones(3), r["mask"]),
            ShapeError,
            "aligned_scores: .* one value per row",
        ),
        (
            lambda r: poft_loss(r["log_probs"], torch.full((4,), math.nan), r["mask"]),
            BatchError,
            "aligned_scores: expected finite values",
        ),
        (lambda r: RewardShift("mean"), UsageError, "average: got 'mean', expected one of rows, classes"),
        (
            lambda r: bco_loss(**r, desirable=GOOD, shift=RewardShift(), desirable_probability=torch.full((4,), 1.5)),
            BatchError,
            r"desirable_probability: expected values in \[0, 1\]",
        ),
        (
            lambda r: bco_loss(**r, desirable=GOOD, shift=RewardShift(), min_weight=2.0, max_weight=1.0),
            UsageError,
            "max_weight: got 1.0, expected at least min_weight",
        ),
    ],
)
def test_invalid_arguments(run, error, message):
    with pytest.raises(error, match=message) as caught:
        run(random_rows(0))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("row", POFT["results"], ids=range(len(POFT["results"])))
def test_poft_of_the_authors(row):
    logits = doubles(POFT["logits"]).requires_grad_()
    labels = torch.tensor(POFT["labels"])[:, 1:]
    log_probs = -cross_entropy(logits[:, :-1].transpose(1, 2), labels, reduction="none", ignore_index=-100)
    result = poft_loss(log_probs, doubles(row["mean_log_llm_probs"]).float(), labels != -100)
    near(result.losses.detach(), row["loss_per_sample"])
    near(result.loss.detach(), row["loss"])
    result.loss.backward()
    # The golden gradient is rounded to 1e-10.
    near(logits.grad, row["grad_wrt_logits"])


@given(seed=st.integers(0, 2**16))
@settings(max_examples=20, deadline=None)
def test_poft_weights_cross_entropy_by_the_probability_under_strong_models(seed):
    rows = random_rows(seed)
    del rows["reference_log_probs"]
    aligned = -torch.rand(4, 2, dtype=torch.float64) * 3
    poft_loss(**rows, aligned_scores=aligned).losses.sum().backward()
    mask = rows["mask"]
    average = (rows["log_probs"].detach() * mask).sum(-1) / mask.sum(-1)
    strong = aligned.mean(-1).exp()
    near(rows["log_probs"].grad, -(strong / (strong + average.exp()) / mask.sum(-1))[:, None] * mask)


def test_policy_equal_to_the_aligned_models_costs_log_two():
    rows = random_rows(3)
    average = (rows["log_probs"] * rows["mask"]).sum(-1) / rows["mask"].sum(-1)
    near(poft_loss(rows["log_probs"], average, rows["mask"]).losses.detach(), torch.full((4,), math.log(2)))


def test_aligned_scores_of_one_model_or_several():
    rows = random_rows(4)
    del rows["reference_log_probs"]
    several = torch.tensor([[-1.0, -2.0], [-0.5, -0.5], [-3.0, -1.0], [0.0, -0.25]], dtype=torch.float64)
    found = poft_loss(**rows, aligned_scores=several, beta=2.0, gamma=0.3)
    means = [-1.5, -0.5, -2.0, -0.125]
    near(found.extras["aligned_scores"], means)
    near(poft_loss(**rows, aligned_scores=doubles(means), beta=2.0, gamma=0.3).losses.detach(), found.losses.detach())
    near(poft_loss(**rows, aligned_scores=several[:, :1]).extras["aligned_scores"], several[:, 0])
    average = (rows["log_probs"].detach() * rows["mask"]).sum(-1) / rows["mask"].sum(-1)
    rewards = 2 * (average - doubles(means))
    near(found.rewards, rewards)
    near(found.losses.detach(), (1 + (0.3 - rewards).exp()).log())
    assert found.desirable.tolist() == [True] * 4
    for wrong in (several[..., None], several[:, :0], several.sum()):
        with pytest.raises(ShapeError, match=r"^aligned_scores: expected shape \(4,\) or \(4, M\), got"):
            poft_loss(**rows, aligned_scores=wrong)
    with pytest.raises(ShapeError, match=r"^aligned_scores: expected one value per row, shape \(4, 2\), got \(3, 2\)"):
        poft_loss(**rows, aligned_scores=several[:3])


def test_arguments_of_matching_weights():
    p, good = doubles([0.5, 0.5]), torch.tensor([True, False])
    for wrong in ((torch.tensor([1, 0]), good), (p, torch.tensor([1, 0]))):
        with pytest.raises(ShapeError, match=r"^probability, desirable: expected floats and bool"):
            matching_weights(*wrong, 0.5, 10.0)
    with pytest.raises(
        ShapeError, match=r"^desirable_probability: expected one value per row, shape \(2,\), got \(1,\)"
    ):
        matching_weights(p[:1], good, 0.5, 10.0)
    for bad in (-0.1, 1.1, math.nan):
        with pytest.raises(BatchError, match=r"^desirable_probability: expected values in \[0, 1\]"):
            matching_weights(doubles([0.5, bad]), good, 0.5, 10.0)
        assert matching_weights(doubles([bad, 0.5]), good, 0.5, 10.0).tolist() == pytest.approx([1.0, 1.0])
    for least, most in ((-1.0, 1.0), (0.0, -1.0)):
        with pytest.raises(UsageError, match=r"^(least|most): got -1"):
            matching_weights(p, good, least, most)
    narrow = matching_weights(torch.tensor([0.5, 0.75], dtype=torch.float16), good, 0.5, 10.0)
    assert narrow.dtype == torch.float32
    assert narrow[1].item() == pytest.approx(3.0)


def test_bco_by_hand():
    rows = {"log_probs": doubles([[-1.0], [-2.0], [-3.0]]), "reference_log_probs": doubles([[-2.0], [-1.0], [-1.0]])}
    rows |= {"mask": torch.ones(3, 1), "desirable": torch.tensor([True, False, False])}
    shift = RewardShift()
    found = bco_loss(**rows, shift=shift, beta=0.5, desirable_probability=doubles([0.1, 0.75, 0.99]), max_weight=4.0)
    rewards = [0.5, -0.5, -1.0]
    d = sum(rewards) / 3
    near(found.rewards, rewards)
    assert found.extras["shift"].item() == pytest.approx(d)
    costs = [math.log(1 + math.exp(d - rewards[0])), *(math.log(1 + math.exp(r - d)) for r in rewards[1:])]
    near(found.losses, [costs[0], 3.0 * costs[1], 4.0 * costs[2]], rtol=1e-6)
    plain = bco_loss(**rows, shift=RewardShift(), beta=0.5)
    near(plain.losses, costs)
    assert shift.count == 3


def test_kto_by_hand():
    rows = {"log_probs": doubles([[-1.0], [-2.0]]), "reference_log_probs": doubles([[-2.0], [-1.0]])}
    rows |= {"mask": torch.ones(2, 1), "desirable": torch.tensor([True, False])}
    far = {"mismatched_log_probs": doubles([[-1.0, -1.0], [-3.0, -9.0]]),
           "mismatched_mask": torch.tensor([[1, 1], [1, 0]]),
           "mismatched_reference_log_probs": doubles([[-2.0, -2.0], [-2.0, 0.0]])}  # fmt: skip
    z = (2.0 - 1.0) / 2
    found = kto_loss(**rows, **far, beta=0.5, desirable_weight=2.0, undesirable_weight=3.0)
    assert found.extras["kl"].item() == z
    near(found.losses, [2 / (1 + math.exp(0.5 * (1 - z))), 3 / (1 + math.exp(0.5 * (z + 1)))])
    near(found.rewards, [0.5, -0.5])
    free = kto_loss(**rows, **far, variant="apo_zero_unpaired", beta=0.5)
    assert free.extras["kl"].item() == 0.0
    near(free.losses, [1 / (1 + math.exp(0.5))] * 2)
    for missing in far:
        with pytest.raises(UsageError, match=r"^mismatched_log_probs: kto needs it with its reference and mask"):
            kto_loss(**rows, **{**far, missing: None})
    with pytest.raises(ShapeError, match=r"^mismatched_log_probs: expected floats of shape \(B, L\)"):
        kto_loss(**rows, **{**far, "mismatched_log_probs": torch.zeros(0)})
