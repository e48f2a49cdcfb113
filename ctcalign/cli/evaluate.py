"""`ctcalign evaluate`: error rates and delay of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ctcalign.train.evaluation.evaluate import Evaluation

EPILOG = """\b
Examples:
  ctcalign evaluate exp/data/test --model checkpoint:exp/1/model.safetensors
  ctcalign evaluate test.jsonl.gz --model builtin:en --decode beam --beam 32 --json
  ctcalign evaluate test.jsonl.gz --model checkpoint:exp/1/best.ckpt --decode beam --lm 4gram.arpa"""


@click.command("evaluate", epilog=EPILOG)
@click.argument("cuts", nargs=-1, required=True)
@click.option("--model", default="builtin:en", show_default=True, help="Model; 'ctcalign models' lists them.")
@click.option("--decode", type=click.Choice(["greedy", "beam"]), default="greedy", show_default=True)
@click.option("--beam", default=16, show_default=True, type=click.IntRange(min=1), help="Prefixes that beam keeps.")
@click.option("--lm", metavar="FILE", help="n-gram model (ARPA or kenlm's binary) that chooses among the beam's texts.")
@click.option("--lm-weight", default=0.5, show_default=True, help="Share of the language model's score.")
@click.option("--word-bonus", default=0.0, show_default=True, help="Nats for each word, with --lm.")
@click.option("--min-word-score", type=float, help="Leave words out of the delay whose times score less (nats).")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1, mps.")
@click.option("--allow-noncommercial", is_flag=True, help="Accept models whose licence forbids commercial use.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(
    cuts: tuple[str, ...],
    model: str,
    decode: str,
    beam: int,
    lm: str | None,
    lm_weight: float,
    word_bonus: float,
    min_word_score: float | None,
    device: str,
    allow_noncommercial: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Recognise CUTS (Shar folders or cut manifests of lhotse) and compare with their texts.

    Prints word and character error rate with 95 % intervals and, where the cuts hold word times, how long after the end
    of a word the model says it.
    """
    from ctcalign.train.data.cuts import open_cuts
    from ctcalign.train.evaluation.decoding import Decoder, load_language_model
    from ctcalign.train.evaluation.evaluate import evaluate_cuts

    opened = open_cuts("cuts", list(cuts))
    decoder = Decoder(decode, beam, load_language_model(lm) if lm else None, lm_weight, word_bonus)
    least = float("-inf") if min_word_score is None else min_word_score

    from rich.console import Console

    log = Console(stderr=True)
    with log.status("") as status:

        def progress(number: int) -> None:
            status.update(f"{number} utterances")

        found = evaluate_cuts(
            model,
            opened,
            decoder,
            device=device,
            least_score=least,
            allow_noncommercial=allow_noncommercial,
            progress=None if quiet else progress,
        )
    if as_json:
        import json

        click.echo(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
    else:
        _print(found)


def _print(found: Evaluation) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    for name, rate in (("WER", found.wer), ("CER", found.cer)):
        table.add_row(name, f"{100 * rate.value:.2f} %", f"95 %: {100 * rate.low:.2f} to {100 * rate.high:.2f}")
    errors = found.words
    table.add_row(
        "words",
        str(errors.reference_length),
        f"{errors.substitutions} substituted, {errors.deletions} deleted, {errors.insertions} inserted",
    )
    table.add_row("utterances", str(len(found.utterances)), _left_out(found.skipped))
    if found.delay is not None:
        for name in ("mean", "median", "p90", "p99", "first", "last"):
            note = ""
            if name == "mean" and found.mean_delay is not None:
                note = f"95 %: {1000 * found.mean_delay.low:.0f} to {1000 * found.mean_delay.high:.0f}"
            value = found.delay[name]
            table.add_row(f"{name} delay", f"{1000 * value:.0f} ms" if value == value else "-", note)
        unmatched = f"{found.delay['unmatched_reference']} words without a partner or time"
        table.add_row("words timed", str(found.delay["matched"]), unmatched)
    if found.look_ahead is not None:
        table.add_row("look-ahead", f"{1000 * found.look_ahead:.0f} ms", "not in the delays")
    console = Console(highlight=False)
    (console if console.is_terminal else Console(width=120, highlight=False)).print(table)


def _left_out(skipped: dict[str, int]) -> str:
    return ", ".join(f"{number} {reason}" for reason, number in skipped.items())
