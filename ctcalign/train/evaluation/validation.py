"""Errors and delays of greedy paths as sums over batches and processes, and the rates computed from the sums."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ctcalign.ctc.paths import collapse
from ctcalign.edits import edit_distance
from ctcalign.metrics import EmittedToken, EmittedWord, TimedWord, emission_delays, emission_times, emitted_words
from ctcalign.models.training.tokenizers import Tokenizer, text_of
from ctcalign.text.vocabulary import Vocabulary, composed, joined
from ctcalign.train.data.batch import PARTIAL, SPARE, UNREADABLE, UNTRANSCRIBED, Batch
from ctcalign.train.data.transcripts import Piece, Transcripts, tokens_of

SUMS = ("loss", "losses", "word_errors", "words", "character_errors", "characters", "delay", "delays")


def normalised_reference(text: str, vocabulary: Vocabulary) -> str:
    """A reference in the symbols of a model (its case, é as e), composed (NFC); words without symbols are unchanged.

    Mark-up, punctuation and numbers are normalised before, by `Transcripts`.
    """
    words = []
    for word in composed(text).split():
        labels, lost = vocabulary.encode(word)
        words.append(word if lost or not labels else text_of(vocabulary, labels))
    return " ".join(words)


def spelled_words(tokens: Sequence[EmittedToken], vocabulary: Vocabulary) -> list[EmittedWord]:
    """The emitted words of a path's tokens, spelled as by `Vocabulary.text`."""
    words = emitted_words(tokens, vocabulary.spellings)
    return [word._replace(text=joined(word.text)) for word in words]


def normalised_words(
    words: Sequence[TimedWord], vocabulary: Vocabulary, transcripts: Transcripts | None, language: str | None = None
) -> list[TimedWord]:
    """Words of a cut with their times, as `normalised_reference` writes the reference.

    If one word becomes several ("25": "twenty", "five"), the first has its start and the last its end; nan is unknown.
    """
    text = " ".join(word.text for word in words)
    places = list(tokens_of(text))
    pieces = [Piece(text[a:b], a, b) for a, b in places] if transcripts is None else transcripts.pieces(text, language)
    nan, found = float("nan"), []
    for piece in pieces:
        own = [word for word, (a, b) in zip(words, places, strict=True) if a < piece.end and piece.start < b]
        spoken = normalised_reference(piece.words, vocabulary).split()
        for number, one in enumerate(spoken):
            last = number == len(spoken) - 1
            found.append(TimedWord(one, nan if number else own[0].start, own[-1].end if last else nan))
    return found


def error_sums(
    batch: Batch,
    log_probs: Tensor,
    lengths: Tensor,
    tokenizer: Tokenizer,
    frame_shift: float,
    loss: tuple[Tensor, int] | None,
    transcripts: Transcripts | None = None,
) -> Tensor:
    """The sums of a batch, (8,) float64 in the order of `SUMS`.

    Args:
        log_probs: (B, T, C).  lengths: (B,).  frame_shift: seconds.
        loss: its mean, and the number of utterances in the mean.
        transcripts: normalises the references and the words of the batch; None leaves them as they are.
    """
    sums = dict.fromkeys(SUMS, 0.0)
    if loss is not None:
        sums["loss"], sums["losses"] = float(loss[0]) * loss[1], loss[1]
    vocabulary = tokenizer.vocabulary
    paths, frames = log_probs.argmax(-1).cpu().numpy(), lengths.tolist()
    for place, text in enumerate(batch.texts):
        if batch.reason(place)[0] in (UNREADABLE, UNTRANSCRIBED, PARTIAL, SPARE):
            continue
        path = paths[place, : frames[place]]
        if transcripts is not None:
            text = transcripts(text, batch.language(place))
        ref_text = normalised_reference(text, vocabulary)
        hyp_text = tokenizer.decode(collapse(path, vocabulary.blank))
        sums["word_errors"] += edit_distance(ref_text.split(), hyp_text.split())
        sums["words"] += len(ref_text.split())
        sums["character_errors"] += edit_distance(ref_text, hyp_text)
        sums["characters"] += len(ref_text)
        words = batch.words[place] if batch.words else []
        if any(not math.isnan(word.end) for word in words):
            reference = normalised_words(words, vocabulary, transcripts, batch.language(place))
            emitted = spelled_words(emission_times(path, frame_shift, vocabulary.blank), vocabulary)
            delays = emission_delays(reference, emitted).values
            sums["delay"] += float(delays.sum())
            sums["delays"] += len(delays)
    return torch.tensor([sums[name] for name in SUMS], dtype=torch.float64)


def validation_metrics(sums: Tensor) -> dict[str, float]:
    """val_loss, val_wer, val_cer (fractions) and val_delay (mean, seconds); one without observations is skipped."""
    of = dict(zip(SUMS, sums.tolist(), strict=True))
    pairs = {
        "val_loss": ("loss", "losses"),
        "val_wer": ("word_errors", "words"),
        "val_cer": ("character_errors", "characters"),
        "val_delay": ("delay", "delays"),
    }
    return {name: of[top] / of[bottom] for name, (top, bottom) in pairs.items() if of[bottom]}
