"""Error rates and delay of a validation set, as sums that add up over batches and processes."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ctcalign.ctc.paths import collapse
from ctcalign.edits import edit_distance
from ctcalign.metrics import TimedWord, emission_delays, emission_times, emitted_words
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.train.data.batch import SPARE, UNREADABLE, UNTRANSCRIBED, Batch
from ctcalign.train.data.tokenizers import Tokenizer, text_of

SUMS = ("loss", "losses", "word_errors", "words", "character_errors", "characters", "delay", "delays")


def sayable(text: str, vocabulary: Vocabulary) -> str:
    """A reference as a model would write it (its case, é as e); a word that it cannot write stays as it is."""
    words = []
    for word in text.split():
        labels, lost = vocabulary.encode(word)
        words.append(word if lost or not labels else text_of(vocabulary, labels))
    return " ".join(words)


def count_up(
    batch: Batch,
    log_probs: Tensor,
    lengths: Tensor,
    tokenizer: Tokenizer,
    frame_shift: float,
    losses: tuple[Tensor, int] | None,
) -> Tensor:
    """The sums of a batch, (8,) float64 in the order of `SUMS`.

    Args:
        log_probs: (B, T, C).  lengths: (B,).  frame_shift: seconds.
        losses: mean loss and how many utterances it is of.
    """
    sums = dict.fromkeys(SUMS, 0.0)
    if losses is not None:
        sums["loss"], sums["losses"] = float(losses[0]) * losses[1], losses[1]
    vocabulary = tokenizer.vocabulary
    paths, frames = log_probs.argmax(-1).cpu().numpy(), lengths.tolist()
    reasons = batch.reasons or [""] * len(batch.ids)
    for place, text in enumerate(batch.texts):
        if reasons[place] in (UNREADABLE, UNTRANSCRIBED, SPARE):
            continue
        path = paths[place, : frames[place]]
        wanted, said = sayable(text, vocabulary), tokenizer.decode(collapse(path, vocabulary.blank))
        sums["word_errors"] += edit_distance(wanted.split(), said.split())
        sums["words"] += len(wanted.split())
        sums["character_errors"] += edit_distance(wanted, said)
        sums["characters"] += len(wanted)
        words = batch.words[place] if batch.words else []
        if any(not math.isnan(word.end) for word in words):
            reference = [TimedWord(sayable(word.text, vocabulary), word.start, word.end) for word in words]
            heard = emitted_words(emission_times(path, frame_shift, vocabulary.blank), vocabulary.symbols)
            delays = emission_delays(reference, heard).values
            sums["delay"] += float(delays.sum())
            sums["delays"] += len(delays)
    return torch.tensor([sums[name] for name in SUMS], dtype=torch.float64)


def rates(sums: Tensor) -> dict[str, float]:
    """val_loss, val_wer, val_cer (fractions) and val_delay (mean, seconds), each where there was something to count."""
    of = dict(zip(SUMS, sums.tolist(), strict=True))
    pairs = {
        "val_loss": ("loss", "losses"),
        "val_wer": ("word_errors", "words"),
        "val_cer": ("character_errors", "characters"),
        "val_delay": ("delay", "delays"),
    }
    return {name: of[top] / of[bottom] for name, (top, bottom) in pairs.items() if of[bottom]}
