"""Training of a recogniser with the CTC loss and a preference loss on pairs of its hypotheses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor

from ctcalign.checks import check_number
from ctcalign.errors import UsageError
from ctcalign.models.encoders.base import Encoder
from ctcalign.models.encoders.frontend import Frontend
from ctcalign.models.stored import fingerprint
from ctcalign.models.training.lora import LoraConfig
from ctcalign.models.training.tokenizers import Tokenizer
from ctcalign.train.base import StepLosses, Weighted
from ctcalign.train.data.augmentation import Augmentation
from ctcalign.train.data.batch import Batch, Emissions, frames_needed, part_of
from ctcalign.train.data.transcripts import TextMode
from ctcalign.train.left_out import LeftOut
from ctcalign.train.optimiser.config import OptimiserConfig
from ctcalign.train.optimiser.freezing import Freeze
from ctcalign.train.preference.examples import VALUES, check_kind
from ctcalign.train.preference.sides import Labels, usable
from ctcalign.train.preference.speech.frozen import (
    ALIGNED,
    BETTER,
    REFERENCE,
    WORSE,
    ContrastConfig,
    FrozenModel,
    FrozenModels,
)
from ctcalign.train.preference.speech.pairs import PairMaker, PairsConfig
from ctcalign.train.preference.speech.scorer import CtcScorer
from ctcalign.train.preference.term import LossConfig, PreferenceTerm, loss_metrics
from ctcalign.train.processes import gather_objects, gather_rows, torch_generator
from ctcalign.train.recogniser.module import CTCModule

MISMATCHED = "mismatched_infeasible"


@dataclass
class PreferenceConfig:
    """The preference loss of a recogniser and its pairs.

    Attributes:
        loss: the preference loss.
        pairs: source and selection of pairs.
        tokens: what a token is: "prefix": one of the text, given those before it (exact; token-level losses need it).
            "sequence": the text as a whole. "frames": a frame of a path.
        norm: divisor of losses that average: "labels" (tokens and the end), "frames" or "none"; None: by `tokens`.
        ctc_weight: weight of the CTC loss of the transcripts, >= 0; it keeps the recogniser from drifting.
        ctc_on: "all": the CTC loss is computed on all utterances. "unlisted": only on those that the manifest of pairs
            does not list; the texts of the others are then only compared. Needs `pairs.source: manifest`.
        reference: checkpoint of the frozen reference model; default: `init`.
        contrast: weights of tokens for critical-token DPO and T-REG.
        aligned: checkpoints of strong models for PoFT; default: the reference.
    """

    loss: LossConfig = field(default_factory=LossConfig)
    pairs: PairsConfig = field(default_factory=PairsConfig)
    tokens: Literal["prefix", "sequence", "frames"] = "prefix"
    norm: Literal["labels", "frames", "none"] | None = None
    ctc_weight: float = 1.0
    ctc_on: Literal["all", "unlisted"] = "all"
    reference: str | None = None
    contrast: ContrastConfig = field(default_factory=ContrastConfig)
    aligned: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        check_number("ctc_weight", self.ctc_weight)
        if self.ctc_on == "unlisted" and self.pairs.source != "manifest":
            raise UsageError(
                f"ctc_on: got 'unlisted' with pairs.source {self.pairs.source}, which has no list; set pairs.source: "
                "manifest"
            )


class CtcPreferenceModule(CTCModule):
    """Continue the training of a recogniser with a preference loss.

    The loss is ctc_weight * CTC + loss.weight * preference, each over the batch of all processes. Responses that cannot
    be used are dropped and counted by reason.

    Args:
        encoder, tokenizer, frontend, optimiser, seed, text, language: see `CTCModule`.
        freeze, gradient_checkpointing, options, allow_noncommercial, lora: see `CTCModule`.
        preference: the loss and its pairs.
        init: see `CTCModule`.
    Raises:
        UsageError: options that do not fit; the message names them.  ModelError: a checkpoint cannot be used.
    """

    def __init__(
        self,
        encoder: Encoder | None = None,
        tokenizer: Tokenizer | None = None,
        frontend: Frontend | None = None,
        preference: PreferenceConfig | None = None,
        optimiser: OptimiserConfig | None = None,
        init: str | None = None,
        seed: int = 1,
        text: TextMode = "normalised",
        language: str | None = None,
        freeze: list[Freeze | str] | None = None,
        gradient_checkpointing: bool = False,
        options: dict[str, Any] | None = None,
        allow_noncommercial: bool = False,
        lora: LoraConfig | None = None,
    ) -> None:
        super().__init__(
            encoder,
            tokenizer,
            frontend,
            None,
            optimiser,
            init,
            seed,
            text,
            language,
            freeze,
            gradient_checkpointing,
            options,
            allow_noncommercial,
            lora,
        )
        config = self.preference = preference or PreferenceConfig()
        self.term = PreferenceTerm(config.loss, config.pairs.together)
        edits = config.contrast.kind == "edits"
        self.scorer = CtcScorer(
            self.term, config.tokens, config.norm, config.pairs.scored, edits, config.contrast.strength
        )
        self.pair_maker = PairMaker(
            config.pairs, self.tokenizer, config.tokens == "frames", self.transcripts, config.ctc_on == "all"
        )
        if self.term.weight:
            listed_examples = (one for listed in self.pair_maker.examples.values() for one in listed)
            check_kind("pairs.file", listed_examples, self.term.kind, self.term.loss.name)
        responses = [
            one for listed in self.pair_maker.examples.values() for example in listed for one in example.responses
        ]
        needed = self.scorer.needed
        # Inputs of the loss that the manifest contains for every response.
        self._stored = {n for n in VALUES if n in needed and responses and all(n in one.values for one in responses)}
        reference = config.reference or init
        files: dict[str, list[str | None]] = {}
        if "kl" in needed or "reference_log_probs" in needed - self._stored or config.pairs.of == REFERENCE:
            files[REFERENCE] = [reference]
        if not edits and {"scores", "token_rewards"} & needed - self._stored:
            files[BETTER], files[WORSE] = [config.contrast.better or reference], [config.contrast.worse or reference]
        if "aligned_scores" in needed - self._stored:
            files[ALIGNED] = [*config.aligned] or [reference]
        self.frozen = FrozenModels(files, self.model, config.contrast.noise, {init: options}, allow_noncommercial)
        if "reference_log_probs" in self._stored and reference is not None:
            opened = FrozenModel(self.model, reference, options if reference == init else None, allow_noncommercial)
            self._check_stored(reference, opened)

    def _check_stored(self, file: str, opened: FrozenModel) -> None:
        """Stored scores must be those of the reference model in the configuration."""
        stored = {one.reference for listed in self.pair_maker.examples.values() for one in listed} - {None}
        if stored and stored != {fingerprint(opened.network)}:
            raise UsageError(
                f"pairs: the stored reference scores are of another model than {file}; create the manifest again, or "
                "give preference.reference"
            )

    def on_fit_start(self) -> None:
        """Check that training does not change the utterances that stored scores belong to.

        Raises:
            UsageError: there are stored scores and augmentation.
        """
        augmentation = getattr(getattr(self.trainer, "datamodule", None), "augmentation", Augmentation())
        if self._stored and augmentation != Augmentation():
            raise UsageError(
                f"pairs: the manifest contains {', '.join(sorted(self._stored))} of the original utterances, but "
                "data.augmentation changes them; remove one of the two"
            )

    def losses(self, batch: Batch) -> StepLosses:
        """CTC loss of this process's utterances, and the preference loss over all processes.

        Raises:
            TrainingError: the network's output is NaN.
        """
        place = (self.seed, batch.epoch, batch.index)
        batch = batch.without_nan()
        log_probs, _, emissions, skipped = self.emissions(batch, batch.inputs, batch.lengths)
        own, own_dropped, own_used = self._loss_inputs(batch, emissions, place)
        result = self.term(gather_rows(own, self.device))
        dropped, used = LeftOut(), 0
        for left, number in gather_objects((own_dropped, own_used)):
            dropped.include(left)
            used += number
        transcribed = emissions if self.preference.ctc_on == "all" else self._unlisted(emissions)
        ctc = log_probs.new_zeros(()) if transcribed is None else self.ctc.loss(transcribed).loss
        terms = {"ctc": Weighted(ctc, self.preference.ctc_weight)}
        if result is not None:
            terms["preference"] = Weighted(result.loss, self.term.weight, True, len(result.losses))
        count = 0 if transcribed is None else len(transcribed.ids)
        if self.preference.ctc_on == "unlisted" and self.preference.ctc_weight:
            used += sum(gather_objects(count))
        made = self.preference.pairs.source != "manifest"
        return StepLosses(
            terms,
            count,
            log_probs.sum(),
            skipped,
            dropped,
            used if self.term.weight else None,
            made,
            loss_metrics(result, dropped),
        )

    def _unlisted(self, emissions: Emissions | None) -> Emissions | None:
        """The utterances that are not in the manifest of pairs; None if there are none."""
        if emissions is None:
            return None
        places = [place for place, name in enumerate(emissions.ids) if name not in self.pair_maker.examples]
        if not places:
            return None
        return emissions if len(places) == len(emissions.ids) else part_of(emissions, places)

    def _loss_inputs(
        self, batch: Batch, emissions: Emissions | None, place: tuple[int, int, int]
    ) -> tuple[dict[str, Tensor], LeftOut, int]:
        """Inputs of the loss from this process's responses, those dropped, and the number of utterances used."""
        dropped, used = LeftOut(), 0
        own: dict[str, Tensor] = {}
        targets: list[tuple[str, Labels]] = []
        if self.scorer.inputs["mismatched"]:
            listed = [] if emissions is None else [(n, _target(emissions, i)) for i, n in enumerate(emissions.ids)]
            targets = sorted(one for part in gather_objects(listed) for one in part)
        if emissions is not None and self.term.weight:
            models = self.frozen.emissions(batch, emissions.ids, *place)
            source = models.reference if self.preference.pairs.of == REFERENCE else emissions.log_probs.detach()
            assert source is not None
            generators = [torch_generator(source.device, "pairs", name, *place) for name in emissions.ids]
            made, dropped = self.pair_maker(emissions, source, generators)
            preferences, left = usable(made, self.term.kind)
            dropped.include(left)
            used = len({one.place for one in preferences})
            own = self.scorer(preferences, emissions.log_probs, models, emissions)
            if own:
                pairs = self._mismatched(emissions, targets, dropped)
                own |= self.scorer.mismatched(pairs, emissions.log_probs, models, emissions, self.device)
        return own, dropped, used

    def _mismatched(
        self, emissions: Emissions, targets: list[tuple[str, Labels]], dropped: LeftOut
    ) -> list[tuple[int, Labels]]:
        """Each utterance with the target of the next one in the batch of all processes, if it fits into the frames."""
        found = []
        names = [name for name, _ in targets]
        for place, name in enumerate(emissions.ids if targets else ()):
            labels = targets[(names.index(name) + 1) % len(targets)][1]
            if labels == _target(emissions, place):
                continue
            if frames_needed(labels) > int(emissions.lengths[place]):
                dropped.add(MISMATCHED, f"cut {name}")
            else:
                found.append((place, labels))
        return found

    def log_row(self, step: StepLosses, count: int, means: Mapping[str, float]) -> dict[str, float]:
        """Losses, metrics of the preference loss, and utterances skipped so far."""
        loss = self.preference.ctc_weight * means["ctc"] + self.term.weight * means.get("preference", 0.0)
        row = {"utterances": float(count), "ctc": means["ctc"], "loss": loss}
        return row | {f"preference/{name}": value for name, value in step.statistics.items()} | self.skipped_row()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the state of the loss, such as the running shift of BCO."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["ctcalign_preference"] = {**self.term.state_dict(), "dropped": dict(self.dropped)}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Continue from a checkpoint.

        Raises:
            UsageError: it was trained with another loss.
        """
        super().on_load_checkpoint(checkpoint)
        state = checkpoint.get("ctcalign_preference", {})
        self.term.load_state_dict(state)
        self.dropped = Counter(state["dropped"])


def _target(emissions: Emissions, place: int) -> Labels:
    return tuple(emissions.targets[place, : int(emissions.target_lengths[place])].tolist())
