"""The options of commands that decode with a language model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ctcalign.cli.decoding_options import check_alone, check_beam_search

if TYPE_CHECKING:
    from ctcalign.models.language_model.fusion import Fusion

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--beam",
        type=click.IntRange(1, 1_000_000),  # as `ctcalign.ctc.prefixes.beam.check_beam`, which is slow to import
        help="Beam width in prefixes.  [default: 16; 64 with --lm and no --guide]",
    ),
    click.option(
        "--lm",
        metavar="FILE",
        help="n-gram model of words (ARPA or kenlm binary). It scores each finished word in the beam search; with "
        "--guide it rescores the texts of the beam.",
    ),
    click.option("--lm-weight", type=float, help="Weight of the language model's score, with --lm.  [default: 0.5]"),
    click.option("--word-bonus", type=float, help="Nats added per word, with --lm.  [default: 1.0]"),
    click.option(
        "--unknown-word-score",
        type=float,
        help="Nats added per word that the language model does not know, with --lm.  [default: -10.0]",
    ),
)
_WEIGHTS = {"lm_weight": "weight", "word_bonus": "bonus", "unknown_word_score": "unknown_word_score"}


def language_model_options(function: F) -> F:
    """--beam, and --lm with its weights: the arguments of `fusion_from`."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def fusion_from(given: dict[str, Any], decoding: tuple[str, str]) -> Fusion | None:
    """The language model of the options, which are taken out of the keywords of a command; None without --lm.

    Args:
        decoding: the option for the decoding, and its value: a language model needs "beam".
    """
    file = given.pop("lm")
    weights = {_WEIGHTS[name]: value for name in _WEIGHTS if (value := given.pop(name)) is not None}
    if file is None:
        options = {f"--{name.replace('_', '-')}": weights.get(argument) for name, argument in _WEIGHTS.items()}
        check_alone("--lm", "name a language model", options)
        return None
    check_beam_search("--lm", decoding)
    from ctcalign.models.language_model.fusion import UNKNOWN_WORD_SCORE, WEIGHT, WORD_BONUS, Fusion, check_weights
    from ctcalign.models.language_model.n_gram import load_language_model

    chosen = {"weight": WEIGHT, "bonus": WORD_BONUS, "unknown_word_score": UNKNOWN_WORD_SCORE, **weights}
    check_weights(**chosen)
    return Fusion(load_language_model(file), **chosen)
