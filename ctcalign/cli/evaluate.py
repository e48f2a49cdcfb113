"""`ctcalign evaluate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ctcalign.cli.guide_options import guide_from, guide_options
from ctcalign.cli.language_model_options import fusion_from, language_model_options
from ctcalign.cli.options import (
    EXIT_STATUS,
    device_option,
    licence_option,
    model_option,
    needs,
    precision_option,
    threads_option,
    trust_options,
)
from ctcalign.extras import require

if TYPE_CHECKING:
    from ctcalign.models.precision import Precision
    from ctcalign.train.evaluation.evaluate import Evaluation

EPILOG = f"""\b
Examples:
  ctcalign evaluate exp/data/test --model checkpoint:exp/1/model.safetensors
  ctcalign evaluate test.jsonl.gz --model builtin:en --decode beam --beam 32 --json
  ctcalign evaluate test.jsonl.gz --model checkpoint:exp/1/best.ckpt --decode beam --lm 4gram.arpa
  ctcalign evaluate test.jsonl.gz --model builtin:en-robust --decode beam \\
    --guide checkpoint:exp/small/model.safetensors --guide-weight 0.5

{needs("train")}
{EXIT_STATUS}"""


@click.command("evaluate", epilog=EPILOG)
@click.argument("cuts", nargs=-1, required=True)
@model_option
@click.option(
    "--decode",
    type=click.Choice(["greedy", "beam"]),
    default="greedy",
    show_default=True,
    help="greedy: the best label of each frame; beam: prefix beam search.",
)
@language_model_options
@guide_options
@click.option(
    "--min-word-score", type=float, help="Exclude words whose times have a lower score (nats) from the delays."
)
@click.option(
    "--text",
    type=click.Choice(["normalised", "as-is"]),
    default="normalised",
    show_default=True,
    help="Reference texts. normalised: as `align` does if the model lacks symbols (mark-up, punctuation, numbers); "
    "as-is: unchanged.",
)
@device_option
@precision_option
@threads_option
@licence_option
@trust_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("-q", "--quiet", is_flag=True, help="Print no progress.")
def command(
    cuts: tuple[str, ...],
    model: str,
    decode: str,
    beam: int | None,
    min_word_score: float | None,
    text: str,
    device: str,
    precision: Precision,
    allow_noncommercial: bool,
    allow_commands: bool,
    allow_remote: bool,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Measure the error rates of a model on CUTS (Shar folders or cut manifests of lhotse).

    Reports word and character error rates with 95 % confidence intervals. If the cuts have word times, it also reports
    the emission delay: from the end of a word to its emission.
    """
    require("torch", "lhotse", extra="train")
    from ctcalign.audio.cut_sources import Trust
    from ctcalign.train.data.cuts import open_cuts
    from ctcalign.train.evaluation.decoding import Decoder
    from ctcalign.train.evaluation.evaluate import evaluate_cuts

    opened = open_cuts("cuts", list(cuts), trust=Trust(allow_commands, allow_remote))
    fusion = fusion_from(given, ("--decode", decode))
    steered = guide_from(given, ("--decode", decode), device, allow_noncommercial)
    decoder = Decoder(decode, beam, guide=steered) if fusion is None else Decoder.of(fusion, beam, steered)
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
            precision=precision,
            progress=None if quiet else progress,
            allow_commands=allow_commands,
            allow_remote=allow_remote,
            text=text,
        )
    from ctcalign.cli.console import warn

    warn(found.warnings)
    if found.skipped:
        warn([f"cuts left out: {found.skipped}"])
    if as_json:
        from ctcalign.cli.console import print_json

        print_json(found.to_dict())
    else:
        _print(found)


def _print(found: Evaluation) -> None:
    from rich.table import Table

    from ctcalign.cli.console import table_console

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
    if "lm" in found.about:
        way = "in the search" if found.about["lm_in_search"] else "rescores the beam"
        table.add_row("lm", f"{found.about['lm_weight']:g}", f"times {found.about['lm']}, {way}")
    if "guide" in found.about:
        base = f" minus {found.about['guide_base']}" if found.about["guide_base"] else ""
        table.add_row("guide", f"{found.about['guide_weight']:g}", f"times {found.about['guide']}{base}")
    if found.unwritable:
        some = ", ".join(dict.fromkeys(found.unwritable[:3]))
        table.add_row("unwritable", str(len(found.unwritable)), f"words the model has no symbols for, such as {some}")
    table.add_row("references", str(found.about["text"]), "")
    table.add_row("utterances", str(len(found.utterances)), _skipped(found.skipped))
    if found.delay is not None:
        for name in ("mean", "median", "p90", "p99", "first", "last"):
            note = ""
            if name == "mean" and found.mean_delay is not None:
                note = f"95 %: {1000 * found.mean_delay.low:.0f} to {1000 * found.mean_delay.high:.0f}"
            value = found.delay[name]
            table.add_row(f"{name} delay", f"{1000 * value:.0f} ms" if value == value else "-", note)
        unmatched = f"{found.delay['unmatched_reference']} words unmatched or without a time"
        table.add_row("words timed", str(found.delay["matched"]), unmatched)
    if found.look_ahead is not None:
        table.add_row("look-ahead", f"{1000 * found.look_ahead:.0f} ms", "not in the delays")
    table_console(120).print(table)


def _skipped(skipped: dict[str, int]) -> str:
    return ", ".join(f"{number} {reason}" for reason, number in skipped.items())
