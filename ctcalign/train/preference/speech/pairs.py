"""Preference pairs of utterances: transcripts against hypotheses, sampled paths, or pairs of a manifest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch

from ctcalign import ctc
from ctcalign.checks import check_count, check_number
from ctcalign.edits import edit_distance
from ctcalign.errors import OwnCodeError, UsageError
from ctcalign.models.training.tokenizers import Tokenizer
from ctcalign.objectives import PropertyContext, build_property, improve
from ctcalign.preference.pairs import IDENTICAL, INFEASIBLE, NO_CHOSEN, SURPLUS, Candidate, Pair, pick_pairs
from ctcalign.train.data.batch import Emissions, frames_needed, shown
from ctcalign.train.left_out import LeftOut
from ctcalign.train.preference.examples import Example, Response, read_examples
from ctcalign.train.preference.sides import Labels, Preference

UNLISTED, OTHER_FRAMES, UNSAYABLE = "unlisted", "other_frames", "unsayable_response"


@dataclass
class PairsConfig:
    """Source and selection of preference pairs.

    Attributes:
        source: "nbest": the best texts of a prefix beam search. "sample": texts of sampled paths. "paths": sampled
            paths as rejected ones, improved by a property to the chosen ones. "manifest": a file, see `file`.
        of: the model that generates the hypotheses: "policy", the model in training, or "reference", the frozen one.
        hypotheses: number of texts or paths.
        beam: beam of "nbest".  temperature: temperature of "sample" and "paths", > 0.
        chosen: "transcript", or "best": the hypothesis with the fewest errors.
        rejected: which of the worse hypotheses are used first: "worst", "best" or "likeliest".
        unit: unit of errors: "words" or "characters".
        pairs: largest number of pairs of an utterance.  together: rejected responses in each, 2 or more for LOGO.
        least_gap: a rejected response must have more than this number of errors beyond the chosen one.
        scored: "all" tokens, or the "differing" range alone: from the first to the last token that
            differs between the responses of a pair, as in LOGO.
        property: property for "paths": a name, a mapping of "name" and options, or "module:function".
        file: files for "manifest": one or several, in the format of `ctcalign.train.preference.examples`.
    """

    source: Literal["nbest", "sample", "paths", "manifest"] = "nbest"
    of: Literal["policy", "reference"] = "policy"
    hypotheses: int = 4
    beam: int = 8
    temperature: float = 1.0
    chosen: Literal["transcript", "best"] = "transcript"
    rejected: Literal["worst", "best", "likeliest"] = "worst"
    unit: Literal["words", "characters"] = "words"
    pairs: int = 1
    together: int = 1
    least_gap: float = 0.0
    scored: Literal["all", "differing"] = "all"
    property: Any = "low_latency"
    file: str | list[str] | None = None

    def __post_init__(self) -> None:
        for name in ("hypotheses", "beam", "pairs", "together"):
            check_count(f"pairs.{name}", getattr(self, name))
        check_number("pairs.temperature", self.temperature, positive=True)
        if (self.source == "manifest") != (self.file is not None):
            raise UsageError(
                f"pairs: source {self.source} and file {self.file} do not go together; file is for source: manifest"
            )


class PairMaker:
    """Selects the pairs of the utterances of a batch.

    Args:
        config: source and selection.
        tokenizer: of the model.
        frames: whether responses are paths, not texts.
        normalise: of the texts of the manifest, as `Transcripts` does; None leaves them as they are.
        whole: whether the manifest should list every cut; those that it does not are then counted as dropped.
    Attributes:
        examples: of the manifest by cut; empty for other sources.
    """

    def __init__(
        self,
        config: PairsConfig,
        tokenizer: Tokenizer,
        frames: bool = False,
        normalise: Callable[[str], str] | None = None,
        whole: bool = True,
    ) -> None:
        if frames != (config.source == "paths") and config.source != "manifest":
            raise UsageError(f"pairs: source {config.source!r} gives {'no paths' if frames else 'paths'}; set `tokens`")
        self.config, self.tokenizer, self.frames, self.normalise = config, tokenizer, frames, normalise
        self.whole = whole
        self.property = build_property(config.property) if config.source == "paths" else None
        self.examples: dict[str, list[Example]] = {}
        if config.file is not None:
            for one in read_examples(config.file):
                self.examples.setdefault(one.key, []).append(one)

    def __call__(
        self, emissions: Emissions, log_probs: torch.Tensor, generators: Sequence[torch.Generator]
    ) -> tuple[list[Preference], LeftOut]:
        """Pairs of a batch, and the number of responses dropped by reason.

        A response of the manifest that equals the chosen or an earlier one is dropped, and so is a chosen response that
        all rejected ones are equal to.

        Args:
            emissions: the utterances.
            log_probs: of the model that generates the hypotheses, (B, T, C), without gradient.
            generators: one for each utterance, on the device of log_probs.
        """
        found: list[Preference] = []
        dropped = LeftOut()
        for place, generator in enumerate(generators):
            frames = int(emissions.lengths[place])
            if self.config.source == "manifest":
                responses, left = self._listed(emissions.ids[place], frames)
            elif self.property is not None:
                responses, left = self._improved(emissions, place, log_probs[place : place + 1, :frames], generator)
            else:
                responses, left = self._hypotheses(emissions, place, log_probs[place : place + 1, :frames], generator)
            found += [Preference(place, *one) for one in responses]
            dropped.include(left)
        return found, dropped

    def _hypotheses(
        self, emissions: Emissions, place: int, emission: torch.Tensor, generator: torch.Generator
    ) -> tuple[list[Any], LeftOut]:
        """Hypotheses against the transcript, or against the best of them."""
        config, count = self.config, int(emissions.target_lengths[place])
        target = tuple(emissions.targets[place, :count].tolist())
        candidates = with_errors(
            texts_of(emission, config, emissions.blank, generator),
            target,
            self.tokenizer,
            config.unit,
            emission.shape[1],
        )
        # Different labels of the same text count as one text.
        written: dict[str, Labels] = {self.tokenizer.decode(target): target}
        for one in candidates:
            written.setdefault(self.tokenizer.decode(one.content), one.content)
        texts = [
            Candidate(self.tokenizer.decode(one.content), one.errors, one.score, one.feasible) for one in candidates
        ]
        transcript = Candidate(self.tokenizer.decode(target), 0.0) if config.chosen == "transcript" else None
        pairs, dropped = pick_pairs(
            texts,
            transcript,
            rejected=config.rejected,
            pairs=config.pairs,
            together=config.together,
            least_gap=config.least_gap,
        )
        return [
            _without_values(written[pair.chosen], [written[one] for one in pair.rejected]) for pair in pairs
        ], _named(dropped, emissions.ids[place])

    def _improved(
        self, emissions: Emissions, place: int, emission: torch.Tensor, generator: torch.Generator
    ) -> tuple[list[Any], LeftOut]:
        """Sampled paths against the paths improved by the property."""
        assert self.property is not None
        count = int(emissions.target_lengths[place])
        paths = ctc.sample_paths(emission, self.config.hypotheses, None, generator, self.config.temperature)
        context = PropertyContext(emissions.targets[place, :count].tolist(), emissions.symbols, emissions.blank)
        try:
            better, _ = improve(paths, self.property, context, None, generator)
        except OwnCodeError as error:
            raise OwnCodeError(f"{error} (utterance {emissions.ids[place]})") from error
        found: list[Pair[Labels]] = []
        dropped = LeftOut()
        for sampled, improved in zip(paths[0].tolist(), better[0].tolist(), strict=True):
            # The improved path is better by definition: errors of 1 and 0 express that.
            pairs, left = pick_pairs([Candidate(tuple(sampled), 1.0)], Candidate(tuple(improved), 0.0))
            found += pairs
            dropped.include(left)
        kept = found[: self.config.pairs]
        dropped.add(SURPLUS, number=len(found) - len(kept))
        return [_without_values(pair.chosen, pair.rejected) for pair in kept], _named(dropped, emissions.ids[place])

    def _listed(self, name: str, frames: int) -> tuple[list[Any], LeftOut]:
        """Pairs of the manifest whose responses fit into the frames of the cut."""
        examples = self.examples.get(name, [])
        dropped = LeftOut()
        if not examples and self.whole:
            dropped.add(UNLISTED, f"cut {name}")
        found: list[Any] = []
        for one in examples:
            kept: list[tuple[Labels, Response]] = []
            known: set[Any] = set()
            twice = 0
            for response in one.responses:
                labels, reason, detail = self._labels(response, frames)
                content = labels if self.frames else self.tokenizer.decode(labels)
                if not reason and content in known:
                    reason, detail = IDENTICAL, f"twice {shown(str(response.content))}"
                    twice += 1
                known.add(content)
                if reason:
                    dropped.add(reason, f"cut {name}: {detail}")
                else:
                    kept.append((labels, response))
            if one.chosen is not None and (not kept or kept[0][1] is not one.chosen):
                dropped.add(NO_CHOSEN, f"cut {name}", len(kept))
            elif kept and not (one.chosen is not None and one.rejected and twice == len(one.rejected)):
                first = 0 if one.chosen is None else 1
                texts, values = [labels for labels, _ in kept], [response.values for _, response in kept]
                chosen = texts[0] if first else None
                found.append((chosen, tuple(texts[first:]), tuple(values), one.desirable_probability))
        return found, dropped

    def _labels(self, response: Response, frames: int) -> tuple[Labels, str, str]:
        """Labels of a response; the reason why it is dropped, else "", and the same in words."""
        if isinstance(response.content, tuple) != self.frames:
            raise UsageError(
                f"pairs: the manifest has {'texts' if self.frames else 'paths'}, but tokens are "
                f"{'frames' if self.frames else 'those of texts'}; set `tokens`"
            )
        if isinstance(response.content, tuple):
            count = len(response.content)
            fits = count == frames
            return response.content, "" if fits else OTHER_FRAMES, f"a path of {count} frames, the cut has {frames}"
        text = response.content if self.normalise is None else self.normalise(response.content)
        labels, lost = self.tokenizer.encode(text)
        if lost:
            return (), UNSAYABLE, f"no symbol for {lost[0]!r} in {shown(response.content)}"
        needed = frames_needed(labels)
        detail = f"{shown(response.content)} needs {needed} frames, the cut has {frames}"
        return tuple(labels), "" if needed <= frames else INFEASIBLE, detail


def _named(dropped: Mapping[str, int], name: str) -> LeftOut:
    """Counts with the cut as their example."""
    found = LeftOut()
    for reason, number in dropped.items():
        found.add(reason, f"cut {name}", number)
    return found


def texts_of(
    emission: torch.Tensor, config: PairsConfig, blank: int, generator: torch.Generator
) -> list[tuple[Labels, float]]:
    """Texts of one emission (1, T, C) with their scores in nats; a sampled text has the score of its path."""
    if config.source == "nbest":
        found = ctc.nbest(emission, config.hypotheses, None, blank, max(config.beam, config.hypotheses))[0]
        return [(one.tokens, one.score) for one in found]
    paths = ctc.sample_paths(emission, config.hypotheses, None, generator, config.temperature)
    scores = ctc.path_log_probs(emission, paths)[0].tolist()
    return [(tuple(ctc.collapse(path, blank)), score) for path, score in zip(paths[0].tolist(), scores, strict=True)]


def with_errors(
    texts: Sequence[tuple[Labels, float]], target: Labels, tokenizer: Tokenizer, unit: str, frames: int
) -> list[Candidate[Labels]]:
    """Texts with their errors against the transcript, in words or characters, and whether they fit into the frames."""

    def units(labels: Labels) -> Sequence[str]:
        text = tokenizer.decode(labels)
        return text.split() if unit == "words" else text

    reference = units(target)
    return [
        Candidate(labels, float(edit_distance(reference, units(labels))), score, frames_needed(labels) <= frames)
        for labels, score in texts
    ]


def _without_values(chosen: Labels, rejected: Sequence[Labels]) -> tuple[Any, ...]:
    return chosen, tuple(rejected), tuple({} for _ in range(1 + len(rejected))), None
