"""Lightning data module of prompts with chosen and rejected responses, in batches over all processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from ctcalign.checks import check_count
from ctcalign.errors import UsageError
from ctcalign.preference.pairs import INFEASIBLE, Candidate, pick_pairs
from ctcalign.train.data.batch import shown
from ctcalign.train.data.resumable import ResumableData
from ctcalign.train.left_out import LeftOut
from ctcalign.train.preference.examples import Example, read_examples
from ctcalign.train.preference.sides import Labels, Preference, Values
from ctcalign.train.preference.text.models import TextTokenizer
from ctcalign.train.processes import numpy_generator


@dataclass
class TextBatch:
    """The examples of a batch that one process trains on.

    Attributes:
        examples: may be empty.  numbers: index of each in the batch of all processes.
        epoch, index: position of the batch in the training.  last: whether it is the last of its epoch.
    """

    examples: list[Example]
    numbers: list[int]
    epoch: int
    index: int
    last: bool

    def to(self, device: Any) -> TextBatch:
        """The batch itself, which has no tensors; without this method Lightning would move its parts."""
        return self


class TextDataModule(ResumableData):
    """Examples from JSON lines with prompt, chosen and rejected; or prompt, completion and label.

    Args:
        train, validation: files, one or several; see `ctcalign.train.preference.examples`.
        batch_size: examples in a batch of all processes, >= 1.
        seed: seed of the order.
    Raises:
        UsageError: batch_size is below 1.
    """

    def __init__(
        self,
        train: str | list[str] | None = None,
        validation: str | list[str] | None = None,
        batch_size: int = 32,
        seed: int = 1,
    ) -> None:
        super().__init__(train, validation)
        self.batch_size, self.seed = check_count("batch_size", batch_size), seed

    @cached_property
    def examples(self) -> list[Example]:
        """The training examples.

        Raises:
            UsageError: there are none.
        """
        found = read_examples(self.train, "prompt") if self.train else []
        if not found:
            raise UsageError(f"data.train: expected JSON lines with prompts to train on, got {self.train}")
        return found

    def train_dataloader(self) -> Any:
        """Training batches; each pass starts at the current position."""
        return _Batches(lambda: self.resumed(partial(self._batches, self.examples, True)))

    def val_dataloader(self) -> Any:
        """Validation batches, in order."""
        assert self.validation is not None  # without validation data the hook is removed
        examples = read_examples(self.validation, "prompt")
        return _Batches(lambda: self._batches(examples, False, 0, 0))

    def _batches(self, examples: list[Example], shuffle: bool, epoch: int, start: int) -> Iterator[TextBatch]:
        order = list(range(len(examples)))
        if shuffle:
            order = numpy_generator(self.seed, "order", epoch).permutation(len(order)).tolist()
        begins = range(0, len(order), self.batch_size)
        for index, begin in enumerate(begins):
            if index < start:
                continue
            numbers = range(len(order[begin : begin + self.batch_size]))[self.rank :: self.world_size]
            own = [examples[order[begin + number]] for number in numbers]
            yield TextBatch(own, list(numbers), epoch, index, index == len(begins) - 1)


class _Batches:
    """Calls `begin` for the batches of each pass. Not a torch DataLoader, whose order Lightning would change."""

    def __init__(self, begin: Callable[[], Iterator[TextBatch]]) -> None:
        self._begin = begin

    def __iter__(self) -> Iterator[TextBatch]:
        return self._begin()


def preferences_of(
    examples: list[Example], prompts: list[list[int]], tokenizer: TextTokenizer, together: int
) -> tuple[list[Preference], LeftOut]:
    """Preferences of examples as tokens, and the number of responses dropped by reason (identical, or too long).

    Args:
        prompts: tokens of the prompt of each example.
        together: rejected responses in each pair.
    """
    found: list[Preference] = []
    dropped = LeftOut()
    for place, one in enumerate(examples):
        # The first of several responses with the same tokens is kept.
        values: dict[Labels, Values] = {}
        labels = [tokenizer.response(str(response.content)) for response in one.responses]
        for tokens, response in zip(labels, one.responses, strict=True):
            values.setdefault(tokens, response.values)
        fitting = {tokens for tokens in values if tokenizer.fits(prompts[place], tokens)}
        example = f"prompt {shown(one.key)}"
        if one.chosen is not None and one.rejected:
            candidates = [Candidate(tokens, 1.0, feasible=tokens in fitting) for tokens in labels[1:]]
            pairs, left = pick_pairs(
                candidates,
                Candidate(labels[0], 0.0, feasible=labels[0] in fitting),
                pairs=len(candidates),
                together=together,
            )
            for reason, number in left.items():
                dropped.add(reason, example, number)
            sides: list[tuple[Labels | None, tuple[Labels, ...]]] = [(pair.chosen, pair.rejected) for pair in pairs]
        else:
            dropped.add(INFEASIBLE, f"{example}: longer than {tokenizer.longest} tokens", len(values) - len(fitting))
            kept = tuple(tokens for tokens in values if tokens in fitting)
            sides = [(kept[0], ()) if one.chosen is not None else (None, kept)] if kept else []
        for chosen, rejected in sides:
            texts = rejected if chosen is None else (chosen, *rejected)
            stored = tuple(values[tokens] for tokens in texts)
            found.append(Preference(place, chosen, rejected, stored, one.desirable_probability))
    return found, dropped
