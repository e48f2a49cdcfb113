"""Language models that stand beside the one in training and never change, and the classifier of prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from ctcalign.errors import UsageError
from ctcalign.preference.prompt_classifier import PromptClassifier
from ctcalign.train.preference.examples import Example
from ctcalign.train.preference.scorer import Models
from ctcalign.train.preference.text.models import Speaker, load_causal_model
from ctcalign.train.preference.text.tokens import TextTokenizer

_PROMPTS = 32  # embedded at a time


@dataclass
class TextContrast:
    """What critical-token DPO and T-REG weigh tokens by.

    Attributes:
        kind: "models": how likely each token is under a better and a worse model, or under one model that is asked in
            two ways. "edits": whether the token is right, by the edit alignment with the chosen response.
        better, worse: folders or hub names; the reference model where left out.
        better_prefix, worse_prefix: what the prompt begins with for either.
        strength: of the contrast of critical tokens, >= 0.
    """

    kind: Literal["models", "edits"] = "models"
    better: str | None = None
    worse: str | None = None
    better_prefix: str = ""
    worse_prefix: str = ""
    strength: float = 1.0

    def __post_init__(self) -> None:
        if not self.strength >= 0:
            raise UsageError(f"contrast: strength must be 0 or more, got {self.strength}")


def roles_of(
    asked: set[str], contrast: TextContrast, aligned: Sequence[str], reference: str, matching: bool
) -> dict[str, list[str]]:
    """Folders or hub names by what they are for.

    Args:
        asked: what must be computed of responses.  matching: whether prompts are embedded.
    Raises:
        UsageError: better and worse would be the same.
    """
    roles: dict[str, list[str]] = {}
    if {"kl", "reference_log_probs"} & asked or matching:
        roles["reference"] = [reference]
    if {"scores", "token_rewards"} & asked and contrast.kind == "models":
        roles["better"], roles["worse"] = [contrast.better or reference], [contrast.worse or reference]
        if roles["better"] == roles["worse"] and contrast.better_prefix == contrast.worse_prefix:
            raise UsageError(
                "contrast: better and worse are one model that is asked in one way; give another model or prefix, or "
                "kind: edits"
            )
    if "aligned_scores" in asked:
        roles["aligned"] = list(aligned) or [reference]
    return roles


class FrozenSpeakers:
    """The frozen models by what they are for; one that serves several is loaded once.

    Args:
        roles: see `roles_of`.  contrast: prefixes of the better and the worse one.
        tokenizer: of all of them.  device: where they are to be.
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
        found: dict[str, list[Speaker]] = {}
        for role, names in roles.items():
            prefix = prefixes.get(role, "")
            tokens = tuple(tokenizer.response(prefix)) if prefix else ()
            found[role] = [Speaker(loaded[name], tokens) for name in names]
        first = {role: speakers[0] for role, speakers in found.items() if role != "aligned"}
        self.models: Models[Speaker] = Models(**first, aligned=found.get("aligned", ()))

    def embedded(self, prompts: Sequence[str]) -> Tensor:
        """Mean of the reference model's last hidden states over each prompt, (N, D) float32."""
        assert self.models.reference is not None
        network = self.models.reference.network
        found = []
        for begin in range(0, len(prompts), _PROMPTS):
            rows = [self.tokenizer.prompt(one) for one in prompts[begin : begin + _PROMPTS]]
            ids, mask = (one.to(network.device) for one in self.tokenizer.padded(rows))
            with torch.no_grad():
                hidden = network(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states[-1]
            weights = mask[..., None].to(hidden.dtype)
            found.append(((hidden * weights).sum(1) / weights.sum(1)).float())
        return torch.cat(found)

    def classifier(self, examples: Sequence[Example]) -> PromptClassifier:
        """A classifier of prompts, fitted on examples: one row for each response."""
        rows = [(one.key, response is one.chosen) for one in examples for response in one.responses]
        prompts = sorted({prompt for prompt, _ in rows})
        where = {prompt: place for place, prompt in enumerate(prompts)}
        embedded = self.embedded(prompts)[[where[prompt] for prompt, _ in rows]]
        return PromptClassifier.fitted(embedded, torch.tensor([good for _, good in rows]))
