"""Recognisers that steer the decoding of another one: a guide, and the model that it was before its adaptation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ctcalign.checks import check_number
from ctcalign.ctc.guided.search import guided_beam_search
from ctcalign.ctc.prefixes.beam import Hypothesis
from ctcalign.errors import UsageError
from ctcalign.models.protocol import AcousticModel
from ctcalign.models.registry import load_model
from ctcalign.text.vocabulary import Vocabulary, composed

WEIGHT = 0.5


@dataclass(frozen=True)
class Guide:
    """A guide, its base and its weight; see `ctcalign.ctc.guided.search.guided_beam_search`.

    Attributes:
        model: the recogniser that steers.
        base: what it was before its adaptation; None: without its term.
        weight: >= 0.
        device: for which models of torch were loaded; see `load_model`.
    """

    model: AcousticModel
    base: AcousticModel | None = None
    weight: float = WEIGHT
    device: str = "auto"

    def __post_init__(self) -> None:
        check_number("guide_weight", self.weight)

    @property
    def models(self) -> list[AcousticModel]:
        """The guide and, if there is one, its base."""
        return [self.model] if self.base is None else [self.model, self.base]

    def check(self, model: AcousticModel) -> None:
        """Raise UsageError unless all models have the symbols of `model`, up to order and case."""
        for role, one in zip(("guide", "guide_base"), self.models, strict=False):
            _columns(role, one, model.vocabulary, model.name)

    def search(
        self,
        log_probs: npt.NDArray[np.floating],
        log_probs_of: Callable[[AcousticModel], npt.NDArray[np.floating]],
        vocabulary: Vocabulary,
        beam: int,
    ) -> list[Hypothesis]:
        """The best texts of an emission, guided.

        Args:
            log_probs: of the model that is steered, (T, C), with the columns of `vocabulary`.
            log_probs_of: the log-probs of a model of `models` on the same audio, in its own columns.
            vocabulary: of the model that is steered.
            beam: prefixes kept.
        Returns:
            Labels in the columns of `vocabulary`, and guided scores.
        Raises: as `guided_beam_search` and `check`.
        """
        rows = [
            log_probs_of(one)[:, _columns(role, one, vocabulary)]
            for role, one in zip(("guide", "guide_base"), self.models, strict=False)
        ]
        return guided_beam_search(log_probs, *rows, weight=self.weight, beam=beam, blank=vocabulary.blank)

    def about(self) -> dict[str, Any]:
        """Names of the models, and the weight, for JSON."""
        return {
            "guide": self.model.name,
            "guide_base": None if self.base is None else self.base.name,
            "guide_weight": self.weight,
        }


def load_guide(
    guide: str,
    base: str | None = None,
    weight: float = WEIGHT,
    device: str = "auto",
    allow_noncommercial: bool = False,
) -> Guide:
    """Load a guide and its base by their names; see `load_model` for names, the other arguments and errors."""
    check_number("guide_weight", weight)
    model = _loaded("guide", guide, device, allow_noncommercial)
    if base is None or base == guide:
        return Guide(model, None if base is None else model, weight, device)
    return Guide(model, _loaded("guide_base", base, device, allow_noncommercial), weight, device)


def _loaded(role: str, name: str, device: str, allow_noncommercial: bool) -> AcousticModel:
    """A model; the message about a wrong name says which of the names it is."""
    try:
        return load_model(name, device, allow_noncommercial)
    except UsageError as error:
        raise UsageError(f"{role}: {str(error).removeprefix('model: ')}") from None


def _columns(role: str, model: AcousticModel, vocabulary: Vocabulary, name: str = "the recogniser") -> list[int]:
    """The column of a model for each symbol of `vocabulary`, which belongs to `name`."""
    own, wanted = _symbols(model.vocabulary, str), _symbols(vocabulary, str)
    if set(own) != set(wanted):
        own, wanted = _symbols(model.vocabulary, str.lower), _symbols(vocabulary, str.lower)
    if sorted(own) != sorted(wanted):
        raise UsageError(
            f"{role}: the symbols of {model.name} are not those of {name} ({_difference(wanted, own)}); use models "
            "that were trained with the same symbols (their order and case may differ)"
        )
    place = {symbol: column for column, symbol in enumerate(own)}
    return [place[symbol] for symbol in wanted]


def _symbols(vocabulary: Vocabulary, case: Callable[[str], str]) -> list[str]:
    """The symbols in the order of their columns, composed; those without a text by their role or name."""
    roles = {vocabulary.blank: "<blank>", vocabulary.separator: " ", vocabulary.unknown: "<unknown>"}
    return [
        roles.get(column) or composed(case(spelling or symbol))
        for column, (symbol, spelling) in enumerate(zip(vocabulary.symbols, vocabulary.spellings, strict=True))
    ]


def _difference(wanted: list[str], own: list[str]) -> str:
    """Which symbols one list lacks and which it has in addition, a few of each."""
    parts = []
    for verb, more, less in (("lacks", wanted, own), ("also has", own, wanted)):
        left = list((Counter(more) - Counter(less)).elements())
        if left:
            rest = f" and {len(left) - 3} more" if len(left) > 3 else ""
            parts.append(f"{verb} {', '.join(map(repr, left[:3]))}{rest}")
    return "; ".join(parts)
