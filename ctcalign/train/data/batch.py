"""A batch of utterances, and the network's output for the utterances that can be trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from ctcalign.metrics import TimedWord
from ctcalign.models.training.tokenizers import Tokenizer
from ctcalign.train.data.transcripts import Transcripts
from ctcalign.train.left_out import LeftOut
from ctcalign.train.processes import padded

# Reasons for skipping an utterance in a step. SPARE: it belongs to another process; this one has none of its own.
UNREADABLE, UNTRANSCRIBED, SPARE = "unreadable", "untranscribed", "spare"
TOO_SHORT, UNSAYABLE, PARTIAL = "too_short", "unsayable", "partial"
TOO_LONG = "too_long"  # in evaluation alone: training has data.longest
REASONS = (UNREADABLE, UNTRANSCRIBED, PARTIAL, UNSAYABLE, TOO_SHORT)


@dataclass
class Batch:
    """Utterances as the data module returns them.

    Attributes:
        inputs: input of the network: features (B, T, F) or waveforms (B, N).  lengths: frames or samples, (B,).
        texts: transcripts as they are in the cuts.  languages: language of each, None if unknown; may be empty.
        ids: ids of the cuts.
        words: the words of each utterance with their times, nan if unknown; empty in training.
        reasons: reason for skipping each utterance, "" if it is used.  details: the reason in words; may be empty.
        second: a second view of the inputs, of the same shape: the same speech with other augmentation, if needed.
        teacher_inputs, teacher_lengths: inputs and lengths of the teacher's network, if there is one.
        seconds: duration of the audio of the utterances that belong to this step.
        epoch, index: position of the batch in the training.  part: which accumulated step of it this is, from 0.
        last: whether it is the last step of its epoch.
    """

    inputs: Tensor
    lengths: Tensor
    texts: list[str]
    ids: list[str]
    words: list[list[TimedWord]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    languages: list[str | None] = field(default_factory=list)
    second: Tensor | None = None
    teacher_inputs: Tensor | None = None
    teacher_lengths: Tensor | None = None
    seconds: float = 0.0
    epoch: int = 0
    index: int = 0
    part: int = 0
    last: bool = False

    def __getstate__(self) -> dict[str, Any]:
        """The state for another process, lengths as lists: each tensor would cost a file descriptor and a handshake."""
        counts = {name: getattr(self, name) for name in ("lengths", "teacher_lengths")}
        return self.__dict__ | {name: one if one is None else one.tolist() for name, one in counts.items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for name in ("lengths", "teacher_lengths"):
            if state[name] is not None:
                setattr(self, name, torch.tensor(state[name], dtype=torch.int64, device=self.inputs.device))

    def to(self, device: torch.device | str) -> Batch:
        """The batch with its tensors on a device."""
        tensors: dict[str, Any] = {
            name: value.to(device) for name, value in self.__dict__.items() if isinstance(value, Tensor)
        }
        return replace(self, **tensors)

    def reason(self, place: int) -> tuple[str, str]:
        """Why an utterance is skipped ("" if it is not), and the same in words."""
        reason = self.reasons[place] if self.reasons else ""
        return reason, self.details[place] if reason and self.details else ""

    def language(self, place: int) -> str | None:
        """Language of an utterance, None if unknown."""
        return self.languages[place] if self.languages else None

    def without_nan(self) -> Batch:
        """The batch with utterances whose inputs are not all finite set to zero and marked as unreadable."""
        inputs = {name: getattr(self, name) for name in ("inputs", "second", "teacher_inputs")}
        inputs = {name: one for name, one in inputs.items() if one is not None}
        # A sum would overflow in half precision.
        bad = torch.stack([~torch.isfinite(one).flatten(1).all(1) for one in inputs.values()]).any(0)
        if not bad.any():
            return self
        reasons = self.reasons or [""] * len(self.ids)
        named = [reason or (UNREADABLE if one else "") for reason, one in zip(reasons, bad.tolist(), strict=True)]
        zeroed: dict[str, Any] = {name: _zeroed(one, bad) for name, one in inputs.items()}
        return replace(self, reasons=named, **zeroed)


def _zeroed(inputs: Tensor, rows: Tensor) -> Tensor:
    return inputs.masked_fill(rows.view(-1, *[1] * (inputs.ndim - 1)), 0.0)


@dataclass(frozen=True)
class Emissions:
    """The network's output for the utterances of a batch that can be trained on, with their targets.

    Attributes:
        log_probs: (B, T, C).  lengths: frames, (B,).
        targets: labels, (B, L), padded with a label that is not the blank.  target_lengths: (B,).
        ids: ids of the cuts.  symbols: text of each label.  blank: label of the blank.
    """

    log_probs: Tensor
    lengths: Tensor
    targets: Tensor
    target_lengths: Tensor
    ids: list[str]
    symbols: tuple[str, ...]
    blank: int


def part_of(emissions: Emissions, places: Sequence[int]) -> Emissions:
    """Some of the utterances, by their places."""
    chosen = torch.tensor(places, device=emissions.log_probs.device)
    return Emissions(
        emissions.log_probs.index_select(0, chosen),
        emissions.lengths.index_select(0, chosen),
        emissions.targets.index_select(0, chosen),
        emissions.target_lengths.index_select(0, chosen),
        [emissions.ids[place] for place in places],
        emissions.symbols,
        emissions.blank,
    )


def frames_needed(labels: Sequence[int]) -> int:
    """Minimum number of frames of an alignment: one for each label, and a blank between equal neighbours."""
    return len(labels) + sum(a == b for a, b in pairwise(labels))


def select(
    batch: Batch, log_probs: Tensor, lengths: Tensor, tokenizer: Tokenizer, transcripts: Transcripts | None = None
) -> tuple[Emissions | None, LeftOut]:
    """Select the utterances that can be trained on.

    Args:
        log_probs: (B, T, C) of the whole batch.  lengths: output frames, (B,).
        transcripts: normalises the texts; None leaves them as they are.
    Returns:
        Their emissions, None if there are none; and the number of the others by reason.
    """
    skipped = LeftOut(dict.fromkeys(REASONS, 0))
    kept: list[int] = []
    labels: list[list[int]] = []
    frames = lengths.tolist()
    for place, (text, name) in enumerate(zip(batch.texts, batch.ids, strict=True)):
        reason, detail = batch.reason(place)
        encoded: list[int] = []
        if not reason:
            written = text if transcripts is None else transcripts(text, batch.language(place))
            encoded, lost = tokenizer.encode(written)
            reason, detail = _obstacle(text, written, encoded, lost, frames[place])
        if not reason:
            kept.append(place)
            labels.append(encoded)
        elif reason != SPARE:
            skipped.add(reason, f"cut {name}: {detail}" if detail else f"cut {name}")
    if not kept:
        return None, skipped
    vocabulary, device = tokenizer.vocabulary, log_probs.device
    filler = next(label for label in range(len(vocabulary)) if label != vocabulary.blank)
    chosen = torch.tensor(kept, device=device)
    emissions = Emissions(
        log_probs if len(kept) == len(batch.ids) else log_probs.index_select(0, chosen),
        lengths.index_select(0, chosen),
        padded(labels, filler, torch.int64, least=0).to(device),
        torch.tensor([len(one) for one in labels], device=device),
        [batch.ids[place] for place in kept],
        vocabulary.symbols,
        vocabulary.blank,
    )
    return emissions, skipped


def _obstacle(text: str, written: str, labels: Sequence[int], lost: Sequence[str], frames: int) -> tuple[str, str]:
    """Why a transcript cannot be trained on ("" if it can), and the same in words."""
    if text.strip() and not written:
        return UNTRANSCRIBED, f"no word is spoken in {shown(text)}"
    if lost:
        return UNSAYABLE, f"no symbol for {lost[0]!r} in {shown(text)}"
    if not frames or frames_needed(labels) > frames:
        return TOO_SHORT, f"{frames} frames, but {len(labels)} labels need {frames_needed(labels)}"
    return "", ""


def shown(text: str) -> str:
    """The beginning of a text in quotation marks, on one line."""
    line = " ".join(text.split())
    return repr(line if len(line) <= 40 else line[:39] + "…")
