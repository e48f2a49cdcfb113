"""Evaluate a recogniser on cuts with word times: a row for each utterance, and the numbers of a whole set.

As a command: write the rows of a fixed offline model on each part. Its emission times are the reference of drift
latency.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ctcalign.audio.cut_sources import check_sources
from ctcalign.edits import edit_distance
from ctcalign.files import atomic_write, read_json_lines
from ctcalign.metrics import (
    Delays,
    EmittedToken,
    TimedWord,
    edit_counts,
    emission_delays,
    emission_drifts,
    emission_times,
    emitted_words,
    summarise_delays,
    total_counts,
    total_latency,
)
from recipes.awp.cuts import read_shar, timed_words
from recipes.errors import one_line

if TYPE_CHECKING:
    from ctcalign.train.evaluation.decoding import Decoder


@dataclass(frozen=True)
class Row:
    """One utterance. Times in seconds; `tokens` are (symbol, first frame, last frame) of the decoded path."""

    id: str
    ref_text: str
    hyp_text: str
    errors: int
    words: int
    character_errors: int
    characters: int
    delays: list[float]
    first_delay: float | None
    last_delay: float | None
    unmatched_reference: int
    unmatched_hypothesis: int
    tokens: list[tuple[str, float, float]]


def evaluate(
    model: Any, folder: Path, min_word_score: float, device: str = "cpu", decoder: Decoder | None = None
) -> list[Row]:
    """The rows of a model on the cuts of a Shar folder; times of words below `min_word_score` are ignored.

    Args:
        decoder: greedy if omitted; such as `decoder_of("4gram.arpa")`.
    """
    return [recognise(model, cut, min_word_score, device, decoder) for cut in read_shar(folder)]


def decoder_of(lm: str | None, beam: int | None = None, **weights: float) -> Decoder:
    """Beam decoding with the n-gram model of a file; greedy without one.

    Args:
        beam: prefixes kept; None: the default of `Decoder`.
        weights: `weight`, `bonus`, `unknown_word_score` of `ctcalign.models.language_model.fusion.Fusion`.
    """
    from ctcalign.models.language_model.fusion import Fusion
    from ctcalign.models.language_model.n_gram import load_language_model
    from ctcalign.train.evaluation.decoding import Decoder

    return Decoder() if lm is None else Decoder.of(Fusion(load_language_model(lm), **weights), beam)


def recognise(model: Any, cut: Any, min_word_score: float, device: str, decoder: Decoder | None = None) -> Row:
    """The row of the decoded path of one cut."""
    import torch

    check_sources(cut)
    audio = torch.from_numpy(cut.resample(model.sample_rate).load_audio()).to(device)
    with torch.inference_mode():
        log_probs, lengths = model(audio, torch.tensor([audio.shape[1]], device=device))
    emission = log_probs[0, : int(lengths[0])].cpu()
    path = emission.argmax(-1).numpy() if decoder is None else decoder.path(emission, model.vocabulary)
    tokens = emission_times(path, model.frame_shift, model.vocabulary.blank)
    return score(cut.id, timed_words(cut, min_word_score), tokens, model.vocabulary.symbols)


def score(name: str, words: Sequence[TimedWord], tokens: Sequence[EmittedToken], symbols: Sequence[str]) -> Row:
    """Compare the tokens of a path with the spoken words."""
    emitted = emitted_words(tokens, symbols)
    ref_text, hyp_text = " ".join(w.text for w in words), " ".join(w.text for w in emitted)
    delays = emission_delays(words, emitted)
    return Row(
        name,
        ref_text,
        hyp_text,
        edit_distance(ref_text.split(), hyp_text.split()),
        len(words),
        edit_distance(ref_text, hyp_text),
        len(ref_text),
        [round(float(value), 4) for value in delays.values],
        delays.first,
        delays.last,
        delays.unmatched_reference,
        delays.unmatched_hypothesis,
        [(symbols[t.token], round(t.first, 4), round(t.last, 4)) for t in tokens],
    )


def delays_of(row: Row) -> Delays:
    return Delays(
        np.array(row.delays), row.first_delay, row.last_delay, row.unmatched_reference, row.unmatched_hypothesis
    )


def drift(rows: Sequence[Row], reference: Sequence[Row]) -> Delays:
    """Drift of every matched token against a fixed model, pooled over the utterances that both have recognised."""
    fixed = {row.id: row for row in reference}
    numbers: dict[str, int] = {}

    def coded(row: Row) -> list[EmittedToken]:
        return [EmittedToken(numbers.setdefault(s, len(numbers)), a, b) for s, a, b in row.tokens if s.strip(" ▁")]

    found = [emission_drifts(coded(fixed[row.id]), coded(row)) for row in rows if row.id in fixed]
    values = np.concatenate([d.values for d in found]) if found else np.empty(0)
    return Delays(
        values, None, None, sum(d.unmatched_reference for d in found), sum(d.unmatched_hypothesis for d in found)
    )


def summary(rows: Sequence[Row], look_ahead: float, reference: Sequence[Row] | None = None) -> dict[str, Any]:
    """The numbers of a set. Rates as fractions, times in seconds; None if nothing can be measured."""
    counts = total_counts([edit_counts(row.ref_text.split(), row.hyp_text.split()) for row in rows])
    found: dict[str, Any] = {
        "utterances": len(rows),
        "words": counts.reference_length,
        "wer": counts.rate,
        "substitutions": counts.substitutions,
        "deletions": counts.deletions,
        "insertions": counts.insertions,
        "cer": sum(r.character_errors for r in rows) / max(1, sum(r.characters for r in rows)),
        "delay": asdict(summarise_delays([delays_of(row) for row in rows])),
        "look_ahead": look_ahead,
    }
    if reference is not None:
        drifted = drift(rows, reference)
        mean = float(drifted.values.mean()) if drifted.values.size else math.nan
        found["drift"] = {
            "mean": mean,
            "total_latency": total_latency(mean, look_ahead),
            "matched": int(drifted.values.size),
            "unmatched_reference": drifted.unmatched_reference,
            "unmatched_hypothesis": drifted.unmatched_hypothesis,
        }
    return without_nan(found)


def without_nan(value: Any) -> Any:
    """JSON has no NaN: values that were not measured become None."""
    if isinstance(value, dict):
        return {key: without_nan(inner) for key, inner in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    with atomic_write(path, fsync=False) as stream:
        stream.writelines(json.dumps(asdict(row)) + "\n" for row in rows)


def read_rows(path: Path) -> list[Row]:
    rows = []
    for fields in read_json_lines(path):
        fields["tokens"] = [(symbol, first, last) for symbol, first, last in fields["tokens"]]
        rows.append(Row(**fields))
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    import ctcalign

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of Shar folders")
    parser.add_argument("--parts", nargs="+", default=["dev", "test"])
    parser.add_argument("--model", default="builtin:en", help="an offline model whose symbols are of the same kind")
    parser.add_argument(
        "--min-word-score", type=float, default=-2.0, help="times of words below this score are ignored"
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--lm", metavar="FILE", help="n-gram model: decode with it by beam search, not greedily")
    parser.add_argument("--beam", type=int, help="prefixes kept, with --lm")
    parser.add_argument("--lm-weight", type=float, help="with --lm")
    parser.add_argument("--word-bonus", type=float, help="nats per word, with --lm")
    parser.add_argument("--unknown-word-score", type=float, help="nats per unknown word, with --lm")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    weights = {"weight": args.lm_weight, "bonus": args.word_bonus, "unknown_word_score": args.unknown_word_score}
    decoder = decoder_of(args.lm, args.beam, **{name: value for name, value in weights.items() if value is not None})
    model = ctcalign.load_model(args.model, args.device)
    args.out.mkdir(parents=True, exist_ok=True)
    for part in args.parts:
        file = args.out / f"{part}.jsonl"
        if file.exists():
            continue
        rows = evaluate(model, args.data / part, args.min_word_score, args.device, decoder)
        write_rows(file, rows)
        found = summary(rows, 0.0)
        sys.stderr.write(f"{part}: {args.model} WER {found['wer']:.4f}, delay {found['delay']}\n")


if __name__ == "__main__":
    one_line(main)
