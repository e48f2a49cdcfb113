"""Utterances that a training skips: counts by reason with examples, a warning for many, an error if none is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ctcalign.errors import TrainingError
from ctcalign.train.notices import warn
from ctcalign.train.processes import gather_objects

EXAMPLES = 3  # examples named per reason
FIRST_BATCHES = 50  # this many batches without a usable utterance are an error, even within the first epoch
_LEAST = 20  # utterances to see before a warning about a low usable fraction
_REMEDIES = {
    "unreadable": "check the paths and files of the recordings",
    "untranscribed": "give the supervisions texts",
    "partial": "cut the recordings at supervisions (CutSet.trim_to_supervisions)",
    "unsayable": "set model.text: normalised if it is as-is, or model.vocabulary: from-data for symbols of all letters",
    "unsayable_response": "choose a tokenizer with these characters, or set model.text: normalised",
    "too_short": "check that texts belong to their recordings, or use less subsampling",
    "unlisted": "use the ids of the cuts in the manifest of pairs",
    "infeasible": "shorten the responses, or allow longer ones",
    "identical": "give chosen and rejected responses that differ",
}


class LeftOut(dict[str, int]):
    """Numbers of utterances or responses left out, by reason.

    Attributes:
        examples: the first few of each reason, in words.
    """

    def __init__(self, counts: Mapping[str, int] | Iterable[tuple[str, int]] = ()) -> None:
        super().__init__(counts)
        self.examples: dict[str, list[str]] = {}

    def add(self, reason: str, example: str = "", number: int = 1) -> None:
        """Add to the count of a reason, and keep the example if there are few so far."""
        if number:
            self[reason] = self.get(reason, 0) + number
            if example:
                self._keep(reason, [example])

    def include(self, other: Mapping[str, int]) -> None:
        """Add the counts of another mapping, and its examples if it has any."""
        for reason, number in other.items():
            self[reason] = self.get(reason, 0) + number
        if isinstance(other, LeftOut):
            self.keep_examples(other)

    def keep_examples(self, other: LeftOut) -> None:
        """Add the examples of another `LeftOut`."""
        for reason, examples in other.examples.items():
            self._keep(reason, examples)

    def _keep(self, reason: str, examples: Iterable[str]) -> None:
        known = self.examples.setdefault(reason, [])
        known.extend([one for one in examples if one not in known][: EXAMPLES - len(known)])

    def __str__(self) -> str:
        """The reasons, most frequent first: '20 unsayable (cut a: no symbol for "9"; …), 2 too_short'."""
        parts = []
        for reason, number in sorted(self.items(), key=lambda entry: -entry[1]):
            if number:
                more = "; …" if number > len(self.examples.get(reason, ())) else ""
                known = "; ".join(self.examples.get(reason, ()))
                parts.append(f"{number} {reason}" + (f" ({known}{more})" if known else ""))
        return ", ".join(parts) or "no reason known"


def warn_of_validation(left_out: LeftOut) -> None:
    """Warn that no validation utterance can be used. Every process must call it.

    Args:
        left_out: what this process skipped.
    """
    found = LeftOut()
    for one in gather_objects(left_out):
        found.include(one)
    warn(f"validation: nothing can be measured, so no best.ckpt is chosen: {found}")


class Usage:
    """Counts what a training can use, batch by batch: warns if it is little, and stops the training if it is nothing.

    Args:
        what: the noun for what is counted, such as "utterances".
    Attributes:
        left_out: what was skipped since the start, by reason; the examples are those of this process.
    """

    def __init__(self, what: str = "utterances") -> None:
        self.what = what
        self.left_out = LeftOut()
        self._seen = self._used = self._batches = 0
        self._of_epoch = [0, 0]
        self._warned = False

    def batch(self, seen: int, used: int, last: bool, made_by_model: bool = False) -> None:
        """Count a batch. Every process must call it with the same numbers.

        Args:
            seen: number of utterances (or prompts) in the batch of all processes.  used: number that the loss uses.
            last: whether the batch is the last of its epoch.
            made_by_model: whether the used number depends on the model; a trained model may then leave nothing to use.
        Raises:
            TrainingError: an epoch, or the first batches, had no usable utterance.
        """
        self._seen, self._used, self._batches = self._seen + seen, self._used + used, self._batches + 1
        self._of_epoch = [self._of_epoch[0] + seen, self._of_epoch[1] + used]
        epoch_seen, epoch_used = self._of_epoch
        if last:
            self._of_epoch = [0, 0]
        if last and epoch_seen and not epoch_used and not (made_by_model and self._used):
            raise TrainingError(self._nothing(epoch_seen, "the epoch"))
        if self._batches >= FIRST_BATCHES and not self._used:
            raise TrainingError(self._nothing(self._seen, f"the first {self._batches} batches"))
        if not self._warned and (self._seen >= _LEAST or last) and 2 * self._used < self._seen:
            self._warned = True
            warn(f"{self._seen - self._used} of {self._seen} {self.what} so far cannot be trained on: {self.named()}")

    def end(self) -> None:
        """Check the counts at the end of a training.

        Raises:
            TrainingError: there were batches, but no usable utterance.
        """
        if self._seen and not self._used:
            raise TrainingError(self._nothing(self._seen, "the training"))

    def named(self) -> LeftOut:
        """What was left out since the start, with examples of all processes. Every process must call it."""
        found = LeftOut(self.left_out)
        for one in gather_objects(self.left_out):
            found.keep_examples(one)
        return found

    def _nothing(self, seen: int, where: str) -> str:
        named = self.named()
        most = max(named, key=lambda reason: named[reason], default="")
        remedy = f"; {_REMEDIES[most]}" if most in _REMEDIES else ""
        return f"training: none of the {seen} {self.what} of {where} can be used: {named}{remedy}"
