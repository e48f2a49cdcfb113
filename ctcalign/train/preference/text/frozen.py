"""Frozen language models next to the one in training, and the classifier of prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from ctcalign.checks import check_number
from ctcalign.errors import UsageError
from ctcalign.preference.prompt_classifier import PromptClassifier
from ctcalign.train.preference.examples import Example
from ctcalign.train.preference.scorer import Models
from ctcalign.train.preference.text.models import PromptedModel, TextTokenizer, check_tokens, load_causal_model

_PROMPTS = 32  # embedded in one batch


@dataclass
class TextContrast:
    """Weights of tokens for critical-token DPO and T-REG.

    Attributes:
        kind: "models": from the probabilities of each token under a better and a worse model, or under one model with
            two prompt prefixes. "edits": by the edit alignment with the chosen response, correct or wrong.
        better, worse: folders or hub names; default: the reference model.
        better_prefix, worse_prefix: text put before the prompts in the better and the worse condition.
        strength: strength of the contrast for critical tokens, >= 0.
    """

    kind: Literal["models", "edits"] = "models"
    better: str | None = None
    worse: str | None = None
    better_prefix: str = ""
    worse_prefix: str = ""
    strength: float = 1.0

    def __post_init__(self) -> None:
        check_number("contrast.strength", self.strength)


def roles_of(
    needed: set[str], contrast: TextContrast, aligned: Sequence[str], reference: str, matching: bool
) -> dict[str, list[str]]:
    """Folders or hub names of the frozen models by role.

    Args:
        needed: inputs of the loss that are computed.  matching: whether prompts are embedded.
    Raises:
        UsageError: the better and the worse model would be the same.
    """
    roles: dict[str, list[str]] = {}
    if {"kl", "reference_log_probs"} & needed or matching:
        roles["reference"] = [reference]
    if {"scores", "token_rewards"} & needed and contrast.kind == "models":
        roles["better"], roles["worse"] = [contrast.better or reference], [contrast.worse or reference]
        if roles["better"] == roles["worse"] and contrast.better_prefix == contrast.worse_prefix:
            raise UsageError(
                "contrast: better and worse are the same model with the same prefix; give another model or prefix, or "
                "use kind: edits"
            )
    if "aligned_scores" in needed:
        roles["aligned"] = list(aligned) or [reference]
    return roles


class FrozenLanguageModels:
    """The frozen models by role; a model with several roles is loaded once.

    Args:
        roles: see `roles_of`.  contrast: prefixes of the better and the worse model.
        tokenizer: of all of them.  device: of all of them.
    Raises:
        UsageError, ModelError: a model cannot be loaded, or not read all tokens.
    """

    def __init__(
        self,
        roles: Mapping[str, Sequence[str]],
        contrast: TextContrast,
        tokenizer: TextTokenizer,
        device: torch.device,
    ) -> None:
        self.tokenizer = tokenizer
        loaded: dict[str, Any] = {}
        for name in dict.fromkeys(name for names in roles.values() for name in names):
            loaded[name] = load_causal_model(name).eval().requires_grad_(False).to(device)
        prefixes = {"better": contrast.better_prefix, "worse": contrast.worse_prefix}
        found: dict[str, list[PromptedModel]] = {}
        for role, names in roles.items():
            prefix = prefixes.get(role, "")
            tokens = tuple(tokenizer.response(prefix)) if prefix else ()
            for name in names:
                check_tokens(name, loaded[name], tokenizer, tokenizer.longest + len(tokens))
            found[role] = [PromptedModel(loaded[name], tokens) for name in names]
        first = {role: models[0] for role, models in found.items() if role != "aligned"}
        self.models: Models[PromptedModel] = Models(**first, aligned=found.get("aligned", ()))

    def embedded(self, prompts: Sequence[str]) -> Tensor:
        """Mean over each prompt (its last `longest` tokens) of the reference model's last hidden states, (N, D)."""
        assert self.models.reference is not None
        network = self.models.reference.network
        found = []
        for begin in range(0, len(prompts), _PROMPTS):
            batch = prompts[begin : begin + _PROMPTS]
            rows = [self.tokenizer.prompt(one)[-self.tokenizer.longest :] for one in batch]
            ids, mask = (one.to(network.device) for one in self.tokenizer.padded(rows))
            with torch.no_grad():
                hidden = network(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states[-1]
            weights = mask[..., None].to(hidden.dtype)
            found.append(((hidden * weights).sum(1) / weights.sum(1)).float())
        return torch.cat(found)

    def classifier(self, examples: Sequence[Example]) -> PromptClassifier:
        """A classifier of prompts, fitted on one row for each response of the examples."""
        rows = [(one.key, response is one.chosen) for one in examples for response in one.responses]
        prompts = sorted({prompt for prompt, _ in rows})
        where = {prompt: place for place, prompt in enumerate(prompts)}
        embedded = self.embedded(prompts)[[where[prompt] for prompt, _ in rows]]
        return PromptClassifier.fitted(embedded, torch.tensor([good for _, good in rows]))
