#!/usr/bin/env python3
"""Compare losses and gradients of ctcalign.preference with an installed TRL, on the same random logits.

  compare_trl.py [BATCHES]

TRL's methods run unchanged, on models that return the given logits. Each line of output is one loss. Exit status 1: a
value or gradient differs by more than 1e-9 relative (exo_pair: 1e-6, since TRL keeps its label smoothing in float32).
69: TRL is not installed; `pip install trl==1.16.0` in a separate environment. TRL 1.16 no longer has a BCO trainer.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from ctcalign.preference import cpo_loss, dpo_loss, kto_loss, lm_token_scores, simpo_loss

os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")  # CPO is in trl.experimental, which warns on import
try:
    import trl
    from trl.experimental.cpo.cpo_trainer import CPOTrainer
    from trl.trainer.dpo_trainer import DPOTrainer
    from trl.trainer.kto_trainer import KTOTrainer
except ImportError as error:
    print(f"TRL cannot be imported ({error}); install trl 1.16 or newer in a separate environment", file=sys.stderr)
    sys.exit(69)

VOCABULARY, LENGTH, PAIRS = 11, 9, 4
DPO = [{"variant": name} for name in ("sigmoid", "hinge", "ipo", "sigmoid_norm", "nca_pair", "bco_pair", "sppo_hard",
                                      "aot", "aot_unpaired", "apo_zero", "apo_down", "discopop", "sft")]  # fmt: skip
DPO += [{"variant": name, "label_smoothing": 0.1} for name in ("robust", "exo_pair", "aot", "aot_unpaired")]
DPO += [{"divergence": name} for name in ("forward_kl", "js_divergence")]
DPO += [{"variant": "ipo", "divergence": "js_divergence"}, {"ld_alpha": 0.3}, {"ld_alpha": 0.3, "variant": "ipo"}]
DPO += [{"wpo": True}, {"wpo": True, "variant": "apo_zero"}, {"beta": 0.7}]
CPO = [{}, {"label_smoothing": 0.2}, {"variant": "hinge"}, {"variant": "ipo"}]
SIMPO = [{}, {"gamma": 1.6, "label_smoothing": 0.1}, {"alpha": 0.25}, {"alpha": -0.5}]
KTO = [{}, {"undesirable_weight": 1.33, "beta": 0.5}, {"variant": "apo_zero_unpaired"}]


class Model(nn.Module):
    """Returns the given logits in the format of TRL's fused head, or `far_logits` for the mismatched tokens of KTO."""

    is_gradient_checkpointing = False

    def __init__(self, logits: Tensor, far_logits: Tensor | None = None, far_tokens: Tensor | None = None) -> None:
        super().__init__()
        self.logits, self.far_logits, self.far_tokens = logits, far_logits, far_tokens

    def forward(self, input_ids: Tensor, labels: Tensor, **_: Any) -> SimpleNamespace:
        logits = self.logits
        if self.far_logits is not None and input_ids is self.far_tokens:
            logits = self.far_logits
        full = logits[:, :-1].log_softmax(-1)
        kept, tokens = labels[:, 1:] != -100, labels[:, 1:].clamp(min=0)
        zeros = torch.zeros(kept.shape)
        return SimpleNamespace(
            log_probs=full.gather(-1, tokens[..., None])[..., 0] * kept,
            log_sum_sq_probs=(2 * full).logsumexp(-1),
            entropy=zeros,
            mean_logits=zeros,
            is_top1=zeros.bool(),
        )


def trainer(options: dict[str, Any], policy: Model, reference: Model, **more: Any) -> Any:
    """A stub with the attributes of a trainer that TRL's methods read."""

    def same(values: Tensor) -> Tensor:
        return values

    return SimpleNamespace(
        model=policy,
        ref_model=reference,
        accelerator=SimpleNamespace(device=torch.device("cpu"), gather=same, gather_for_metrics=same),
        args=SimpleNamespace(gradient_checkpointing_kwargs=None, discopop_tau=0.05),
        aux_loss_enabled=False,
        precompute_ref_logps=False,
        beta=options.get("beta", 0.1),
        label_smoothing=options.get("label_smoothing", 0.0),
        _metrics={"train": defaultdict(list), "eval": defaultdict(list)},
        _total_train_tokens=0,
        _tp_size=1,
        **more,
    )


def batch_of(seed: int, rows: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Logits of policy (a leaf) and reference, tokens, and mask of the completions; prompts and lengths are random."""
    generator = torch.Generator().manual_seed(seed)
    logits, reference = (
        2 * torch.randn(rows, LENGTH, VOCABULARY, dtype=torch.float64, generator=generator) for _ in range(2)
    )
    tokens = torch.randint(0, VOCABULARY, (rows, LENGTH), generator=generator)
    first = torch.randint(1, 4, (rows, 1), generator=generator)
    last = torch.randint(5, LENGTH, (rows, 1), generator=generator)
    places = torch.arange(LENGTH)
    return logits.requires_grad_(), reference, tokens, ((places >= first) & (places <= last)).long()


def pair_tensors(logits: Tensor, reference: Tensor | None, tokens: Tensor, mask: Tensor) -> dict[str, Tensor]:
    """The batch as arguments of the losses: rows 0..B-1 chosen, the others rejected."""
    scores = lm_token_scores(logits, tokens, mask, log_collision=True, chunk_numbers=50)
    frozen = None if reference is None else lm_token_scores(reference, tokens, mask).log_probs
    found = {}
    for side, rows in (("chosen", slice(0, PAIRS)), ("rejected", slice(PAIRS, None))):
        found |= {f"{side}_log_probs": scores.log_probs[rows], f"{side}_mask": scores.mask[rows]}
        if frozen is not None and scores.log_collision is not None:
            found[f"{side}_reference_log_probs"] = frozen[rows]
            found[f"{side}_log_collision"] = scores.log_collision[rows]
    return found


def dpo(seed: int, options: dict[str, Any]) -> Iterator[tuple[Tensor, Tensor]]:
    logits, reference, tokens, mask = batch_of(seed, 2 * PAIRS)
    stub = trainer(
        options,
        Model(logits),
        Model(reference),
        ld_alpha=options.get("ld_alpha"),
        f_divergence_type=options.get("divergence", "reverse_kl"),
        loss_types=[options.get("variant", "sigmoid")],
        loss_weights=[1.0],
        use_weighting=options.get("wpo", False),
    )
    inputs = {"input_ids": tokens, "attention_mask": torch.ones_like(tokens), "completion_mask": mask}
    yield DPOTrainer._compute_loss(stub, stub.model, inputs, False), logits
    yield dpo_loss(**pair_tensors(logits, reference, tokens, mask), **options).loss, logits


def cpo(seed: int, options: dict[str, Any], loss: str) -> Iterator[tuple[Tensor, Tensor]]:
    logits, _, tokens, mask = batch_of(seed, 2 * PAIRS)
    variant = "simpo" if loss == "simpo" else options.get("variant", "sigmoid")
    defaults = {"beta": 2.0} if loss == "simpo" else {}
    stub = trainer(
        {**defaults, **options},
        Model(logits),
        Model(logits),
        loss_type=variant,
        simpo_gamma=options.get("gamma", 0.5),
        alpha=options.get("alpha", 0.0),
    )
    labels = tokens.masked_fill(mask == 0, -100)
    sums = CPOTrainer.get_batch_logps(logits, labels, average_log_prob=variant in ("ipo", "simpo"))
    yield CPOTrainer.cpo_loss(stub, sums[:PAIRS], sums[PAIRS:])[0].mean(), logits
    function = simpo_loss if loss == "simpo" else cpo_loss
    yield function(**pair_tensors(logits, None, tokens, mask), **options, sft_weight=0.0).loss, logits


def kto(seed: int, options: dict[str, Any]) -> Iterator[tuple[Tensor, Tensor]]:
    logits, reference, tokens, mask = batch_of(seed, 2 * PAIRS)
    far, far_reference, far_tokens, far_mask = batch_of(seed + 1, 2 * PAIRS)
    good = torch.arange(2 * PAIRS) % 3 == 0
    far = far.detach() / 3  # flatter than the reference, so random tokens are more likely and z > 0
    policy, frozen = Model(logits, far, far_tokens), Model(reference, far_reference, far_tokens)
    variant = options.get("variant", "kto")
    stub = trainer(
        options,
        policy,
        frozen,
        loss_type=variant,
        calculate_KL=variant == "kto",
        desirable_weight=options.get("desirable_weight", 1.0),
        undesirable_weight=options.get("undesirable_weight", 1.0),
    )
    stub._compute_kl_logps = lambda model, batch: KTOTrainer._compute_kl_logps(stub, model, batch)
    inputs = {"input_ids": tokens, "attention_mask": torch.ones_like(tokens), "completion_mask": mask, "label": good}
    inputs |= {"KL_input_ids": far_tokens, "KL_attention_mask": torch.ones_like(tokens), "KL_completion_mask": far_mask}
    yield KTOTrainer._compute_loss(stub, policy, inputs, False), logits
    own, base = lm_token_scores(logits, tokens, mask), lm_token_scores(reference, tokens, mask)
    mismatched = lm_token_scores(far, far_tokens, far_mask)
    mismatched_base = lm_token_scores(far_reference, far_tokens, far_mask).log_probs
    yield kto_loss(
        own.log_probs,
        base.log_probs,
        good,
        own.mask,
        mismatched_log_probs=mismatched.log_probs,
        mismatched_reference_log_probs=mismatched_base,
        mismatched_mask=mismatched.mask,
        **options,
    ).loss, logits  # fmt: skip


def difference(found: Iterator[tuple[Tensor, Tensor]]) -> tuple[float, float]:
    """Largest relative differences of value and gradient between TRL and ctcalign."""
    (theirs, logits), (ours, _) = found
    gradients = [torch.autograd.grad(loss, logits)[0] for loss in (theirs, ours)]
    gap = (gradients[0] - gradients[1]).abs().max() / gradients[0].abs().max()
    return float((theirs - ours).detach().abs() / theirs.detach().abs()), float(gap)


def main() -> None:
    batches = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    runs = [("dpo", options, dpo) for options in DPO]
    runs += [(name, options, lambda seed, options, name=name: cpo(seed, options, name))
             for name, several in (("cpo", CPO), ("simpo", SIMPO)) for options in several]  # fmt: skip
    runs += [("kto", options, kto) for options in KTO]
    print(f"TRL {trl.__version__}, torch {torch.__version__}, {batches} batches; largest relative differences:")

    agree = True
    for name, options, run in runs:
        gaps = [difference(run(seed, options)) for seed in range(batches)]
        value, gradient = (max(gap[place] for gap in gaps) for place in (0, 1))
        limit = 1e-6 if options.get("variant") == "exo_pair" else 1e-9
        agree &= value <= limit and gradient <= limit  # false for NaN too
        print(
            f"  {name:6}{' '.join(f'{k}={v}' for k, v in options.items()):50} value {value:.1e} gradient {gradient:.1e}"
        )
    sys.exit(not agree)


if __name__ == "__main__":
    main()
