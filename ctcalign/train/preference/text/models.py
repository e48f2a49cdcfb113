"""Causal language models of Hugging Face, and their scores of responses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ctcalign.errors import ModelError
from ctcalign.preference import TokenScores, contrast_rewards, critical_token_scores, lm_token_scores
from ctcalign.preference.token_scores.language_model import IGNORED
from ctcalign.train.preference.scorer import Scorer
from ctcalign.train.preference.sides import Side
from ctcalign.train.preference.term import PreferenceTerm
from ctcalign.train.preference.text.tokens import TextTokenizer, transformers
from ctcalign.train.processes import padded


def load_causal_model(name: str, fresh: bool = False) -> nn.Module:
    """A causal language model.

    Args:
        name: folder or hub name.  fresh: draw its weights anew.
    Raises:
        ModelError: it cannot be loaded.
    """
    library = transformers()
    try:
        if fresh:
            found: nn.Module = library.AutoModelForCausalLM.from_config(library.AutoConfig.from_pretrained(name))
        else:
            found = library.AutoModelForCausalLM.from_pretrained(name, dtype=torch.float32)
    except (OSError, ValueError, KeyError) as error:
        line = next(iter(str(error).splitlines()), "")
        raise ModelError(f"model: {name} cannot be loaded as a causal language model ({line[:200]})") from error
    return found


@dataclass(frozen=True)
class Speaker:
    """A language model that is asked in some way.

    Attributes:
        network: of Hugging Face.  prefix: tokens before every prompt.
    """

    network: Any
    prefix: tuple[int, ...] = ()


@dataclass(frozen=True)
class Texts:
    """Responses of a side as tokens, N of them; the responses without their end."""

    prompts: list[list[int]]
    responses: list[tuple[int, ...]]


class TextScorer(Scorer[Speaker, Texts]):
    """Tensors of responses to prompts: one position for each token and one for the end.

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
        """Tokens. `batch`: the prompts of all places."""
        return Texts([batch[place] for place in side.places], side.texts)

    def scores(
        self, source: Speaker, texts: Texts, reference: Speaker | None = None, collision: bool = False
    ) -> TokenScores:
        """Scores (N, L + 1), L tokens of the longest response."""
        labels, begins, counts = self._labels(source, texts)
        logits = self._logits(source, texts)
        others = None
        if reference is not None:
            with torch.no_grad():
                others = self._logits(reference, texts)
        found = lm_token_scores(logits, labels.to(logits.device), reference_logits=others, log_collision=collision)
        place = torch.arange(int(counts.max()))[None]
        mask = (place < counts[:, None]).to(logits.device)
        # After the shift the score of the label at i stands at i - 1.
        where = (begins[:, None] - 1 + place).clamp(max=labels.shape[1] - 2).to(logits.device)

        def own(values: Tensor | None) -> Tensor | None:
            return None if values is None else values.gather(1, where).masked_fill(~mask, 0.0)

        scores = own(found.log_probs)
        assert scores is not None
        return TokenScores(scores, mask, own(found.kl), own(found.log_collision))

    def contrast(self, wanted: set[str], better: Speaker, worse: Speaker, texts: Texts) -> dict[str, Tensor]:
        """Critical tokens from both models' distributions, rewards from their scores."""
        found: dict[str, Tensor] = {}
        if "scores" in wanted:
            rows = [(*response, self.tokenizer.end) for response in texts.responses]
            good, bad = self._nexts(better, texts), self._nexts(worse, texts)
            labels = padded(rows, IGNORED, torch.int64).to(good.device)
            found["scores"] = critical_token_scores(good, bad, labels, strength=self.strength, shift=False)
        if "token_rewards" in wanted:
            found["token_rewards"] = contrast_rewards(*(self.scores(one, texts).log_probs for one in (better, worse)))
        return found

    def lengths(self, texts: Texts, always: bool = False) -> Tensor | None:
        """Averages divide by the scored tokens."""
        return None

    def end(self, batch: Sequence[list[int]]) -> int:
        """The end token."""
        return self.tokenizer.end

    def _rows(self, source: Speaker, texts: Texts) -> list[list[int]]:
        return [
            [*source.prefix, *prompt, *response, self.tokenizer.end]
            for prompt, response in zip(texts.prompts, texts.responses, strict=True)
        ]

    def _labels(self, source: Speaker, texts: Texts) -> tuple[Tensor, Tensor, Tensor]:
        """Labels (N, P), -100 but for the response and its end; where they begin and how many they are, (N,)."""
        begins = torch.tensor([len(source.prefix) + len(prompt) for prompt in texts.prompts])
        counts = torch.tensor([len(response) + 1 for response in texts.responses])
        ids, mask = self.tokenizer.padded(self._rows(source, texts))
        place = torch.arange(ids.shape[1])[None]
        return ids.masked_fill((place < begins[:, None]) | (mask == 0), IGNORED), begins, counts

    def _logits(self, source: Speaker, texts: Texts) -> Tensor:
        ids, mask = self.tokenizer.padded(self._rows(source, texts))
        device = source.network.device
        found: Tensor = source.network(input_ids=ids.to(device), attention_mask=mask.to(device)).logits
        return found

    def _nexts(self, source: Speaker, texts: Texts) -> Tensor:
        """Logits where the response is predicted, (N, L + 1, V)."""
        _, begins, counts = self._labels(source, texts)
        logits = self._logits(source, texts)
        where = (begins[:, None] - 1 + torch.arange(int(counts.max()))[None]).clamp(max=logits.shape[1] - 1)
        return logits.gather(1, where.to(logits.device)[..., None].expand(-1, -1, logits.shape[-1]))
