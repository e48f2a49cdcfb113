"""Prompts with good and bad responses, in batches over all processes; a stopped training goes on where it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytorch_lightning as pl

from ctcalign.errors import UsageError
from ctcalign.preference.pairs import INFEASIBLE, Candidate, pick_pairs
from ctcalign.train.keys import numpy_generator
from ctcalign.train.preference.choices import Choice, Labels
from ctcalign.train.preference.examples import Example, read_examples
from ctcalign.train.preference.text.tokens import TextTokenizer


@dataclass
class TextBatch:
    """A process's share of a batch.

    Attributes:
        examples: may be empty.  numbers: the place of each in the batch of all processes.
        epoch, index: which batch it is.  last: it is the last of its epoch.
    """

    examples: list[Example]
    numbers: list[int]
    epoch: int
    index: int
    last: bool

    def to(self, device: Any) -> TextBatch:
        """Nothing of it is on a device; without this Lightning would take it apart."""
        return self


class TextDataModule(pl.LightningDataModule):
    """Examples from JSON lines with prompt, chosen and rejected; or prompt, completion and label.

    Args:
        train, validation: files, one or several; see `ctcalign.train.preference.examples`.
        batch_size: examples of a batch of all processes.
        seed: of the order.
    Raises:
        UsageError: batch_size is not positive.
    """

    def __init__(
        self,
        train: str | list[str] | None = None,
        validation: str | list[str] | None = None,
        batch_size: int = 32,
        seed: int = 1,
    ) -> None:
        super().__init__()
        if batch_size < 1:
            raise UsageError(f"batch_size: must be 1 or more, got {batch_size}")
        self.train, self.validation, self.batch_size, self.seed = train, validation, batch_size, seed
        self._position = (0, 0)
        if validation is None:
            # Lightning takes the hook's presence for the wish to validate.
            self.val_dataloader = None  # type: ignore[method-assign,assignment]

    @cached_property
    def examples(self) -> list[Example]:
        """What is trained on.

        Raises:
            UsageError: there is nothing.
        """
        found = read_examples(self.train, "prompt") if self.train else []
        if not found:
            raise UsageError(f"data.train: expected JSON lines with prompts to train on, got {self.train}")
        return found

    def train_dataloader(self) -> Any:
        """Training batches; each pass goes on where training is."""
        return _Batches(lambda: self._batches(self.examples, *self._position, shuffle=True))

    def val_dataloader(self) -> Any:
        """Validation batches, in order."""
        assert self.validation is not None  # __init__ takes the hook away
        examples = read_examples(self.validation, "prompt")
        return _Batches(lambda: self._batches(examples, 0, 0, shuffle=False))

    def _batches(self, examples: list[Example], epoch: int, start: int, shuffle: bool) -> Iterator[TextBatch]:
        order = list(range(len(examples)))
        if shuffle:
            order = numpy_generator(self.seed, "order", epoch).permutation(len(order)).tolist()
        rank, count = (0, 1) if self.trainer is None else (self.trainer.global_rank, self.trainer.world_size)
        begins = range(0, len(order), self.batch_size)
        for index, begin in enumerate(begins):
            if index < start:
                continue
            numbers = range(len(order[begin : begin + self.batch_size]))[rank::count]
            own = [examples[order[begin + number]] for number in numbers]
            yield TextBatch(own, list(numbers), epoch, index, index == len(begins) - 1)

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Remember how far training is."""
        if isinstance(batch, TextBatch) and self.trainer is not None and self.trainer.training:
            self._position = (batch.epoch + 1, 0) if batch.last else (batch.epoch, batch.index + 1)
        return batch

    def state_dict(self) -> dict[str, Any]:
        """Where training is, for a checkpoint."""
        return {"epoch": self._position[0], "batch": self._position[1]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self._position = (state_dict["epoch"], state_dict["batch"])


class _Batches:
    """Whatever `begin` gives, from the start. Not a torch DataLoader, so Lightning leaves its order alone."""

    def __init__(self, begin: Callable[[], Iterator[TextBatch]]) -> None:
        self._begin = begin

    def __iter__(self) -> Iterator[TextBatch]:
        return self._begin()


def choices_of(
    examples: list[Example], prompts: list[list[int]], tokenizer: TextTokenizer, together: int
) -> tuple[list[Choice], Counter[str]]:
    """Examples as labels, and the responses left out by reason: identical ones, and those that are too long.

    Args:
        prompts: tokens of each example's prompt.
        together: rejected responses that stand together.
    """
    found: list[Choice] = []
    dropped: Counter[str] = Counter()
    for place, one in enumerate(examples):
        responses = {str(response.content): response for response in reversed(one.responses)}
        labels = {text: tokenizer.response(text) for text in responses}
        fitting = {text for text in responses if tokenizer.fits(prompts[place], labels[text])}

        def choice(
            chosen: str | None, rejected: tuple[str, ...], place: int = place, labels: dict[str, Labels] = labels,
            responses: dict[str, Any] = responses, one: Example = one,
        ) -> Choice:  # fmt: skip
            texts = rejected if chosen is None else (chosen, *rejected)
            return Choice(
                place,
                None if chosen is None else labels[chosen],
                tuple(labels[text] for text in rejected),
                tuple(responses[text].values for text in texts),
                one.desirable_probability,
            )

        if one.chosen is not None and one.rejected:
            good = str(one.chosen.content)
            candidates = [Candidate(str(r.content), 1.0, feasible=str(r.content) in fitting) for r in one.rejected]
            pairs, left = pick_pairs(
                candidates, Candidate(good, 0.0, feasible=good in fitting), pairs=len(candidates), together=together
            )
            dropped += left
            found += [choice(pair.chosen, pair.rejected) for pair in pairs]
            continue
        dropped[INFEASIBLE] += len(responses) - len(fitting)
        texts = tuple(text for text in dict.fromkeys(str(r.content) for r in one.responses) if text in fitting)
        if texts:
            found.append(choice(texts[0], ()) if one.chosen is not None else choice(None, texts))
    return found, +dropped
