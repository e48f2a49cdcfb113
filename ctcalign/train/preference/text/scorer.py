"""Input tensors of a preference loss from causal language models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ctcalign.preference import TokenScores, contrast_rewards, critical_token_scores, lm_token_scores
from ctcalign.preference.token_scores.language_model import IGNORED
from ctcalign.train.preference.scorer import Scorer
from ctcalign.train.preference.sides import Side
from ctcalign.train.preference.term import PreferenceTerm
from ctcalign.train.preference.text.models import PromptedModel, TextTokenizer
from ctcalign.train.processes import padded


@dataclass(frozen=True)
class Texts:
    """The N responses of a side as tokens, without their end, and their prompts."""

    prompts: list[list[int]]
    responses: list[tuple[int, ...]]


class TextScorer(Scorer[PromptedModel, Texts]):
    """Tensors of responses to prompts, with one position for each token and one for the end.

    Args:
        term, scored, edits: see `Scorer`.
        tokenizer: of the model.
        strength: of the contrast of critical tokens.
    """

    def __init__(
        self,
        term: PreferenceTerm,
        tokenizer: TextTokenizer,
        scored: str = "all",
        edits: bool = False,
        strength: float = 1.0,
    ) -> None:
        super().__init__(term, scored, edits)
        self.tokenizer, self.strength = tokenizer, strength

    def texts_of(self, side: Side, batch: Sequence[list[int]]) -> Texts:
        """Tokens of a side. `batch`: prompts of the batch."""
        return Texts([batch[place] for place in side.places], side.texts)

    def scores(
        self, source: PromptedModel, texts: Texts, reference: PromptedModel | None = None, collision: bool = False
    ) -> TokenScores:
        """Scores (N, L + 1), where L is the length of the longest response."""
        labels, begins, counts = self._labels(source, texts)
        logits = self._logits(source, texts)
        others = None
        if reference is not None:
            with torch.no_grad():
                others = self._logits(reference, texts)
        found = lm_token_scores(logits, labels.to(logits.device), reference_logits=others, log_collision=collision)
        place = torch.arange(int(counts.max()))[None]
        mask = (place < counts[:, None]).to(logits.device)
        # lm_token_scores shifts: the score of the label at i is at i - 1.
        where = (begins[:, None] - 1 + place).clamp(max=labels.shape[1] - 2).to(logits.device)

        def own(values: Tensor | None) -> Tensor | None:
            return None if values is None else values.gather(1, where).masked_fill(~mask, 0.0)

        scores = own(found.log_probs)
        assert scores is not None
        return TokenScores(scores, mask, own(found.kl), own(found.log_collision))

    def contrast(self, names: set[str], better: PromptedModel, worse: PromptedModel, texts: Texts) -> dict[str, Tensor]:
        """Scores of critical tokens from the distributions of both models, token rewards from their scores."""
        found: dict[str, Tensor] = {}
        if "scores" in names:
            rows = [(*response, self.tokenizer.end) for response in texts.responses]
            good, bad = self._nexts(better, texts), self._nexts(worse, texts)
            labels = padded(rows, IGNORED, torch.int64).to(good.device)
            found["scores"] = critical_token_scores(good, bad, labels, strength=self.strength, shift=False)
        if "token_rewards" in names:
            found["token_rewards"] = contrast_rewards(*(self.scores(one, texts).log_probs for one in (better, worse)))
        return found

    def lengths(self, texts: Texts, always: bool = False) -> Tensor | None:
        """None: averages divide by the number of scored tokens."""
        return None

    def end(self, batch: Sequence[list[int]]) -> int:
        """The end token."""
        return self.tokenizer.end

    def _rows(self, source: PromptedModel, texts: Texts) -> list[list[int]]:
        return [
            [*source.prefix, *prompt, *response, self.tokenizer.end]
            for prompt, response in zip(texts.prompts, texts.responses, strict=True)
        ]

    def _labels(self, source: PromptedModel, texts: Texts) -> tuple[Tensor, Tensor, Tensor]:
        """Labels (N, P), -100 outside the response and its end; first place and number of the others, (N,)."""
        begins = torch.tensor([len(source.prefix) + len(prompt) for prompt in texts.prompts])
        counts = torch.tensor([len(response) + 1 for response in texts.responses])
        ids, mask = self.tokenizer.padded(self._rows(source, texts))
        place = torch.arange(ids.shape[1])[None]
        return ids.masked_fill((place < begins[:, None]) | (mask == 0), IGNORED), begins, counts

    def _logits(self, source: PromptedModel, texts: Texts) -> Tensor:
        ids, mask = self.tokenizer.padded(self._rows(source, texts))
        device = source.network.device
        found: Tensor = source.network(input_ids=ids.to(device), attention_mask=mask.to(device)).logits
        return found

    def _nexts(self, source: PromptedModel, texts: Texts) -> Tensor:
        """Logits that predict the response and its end, (N, L + 1, V)."""
        _, begins, counts = self._labels(source, texts)
        logits = self._logits(source, texts)
        where = (begins[:, None] - 1 + torch.arange(int(counts.max()))[None]).clamp(max=logits.shape[1] - 1)
        return logits.gather(1, where.to(logits.device)[..., None].expand(-1, -1, logits.shape[-1]))
