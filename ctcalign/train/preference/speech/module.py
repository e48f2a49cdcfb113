"""A recogniser that learns from comparisons: a preference loss on its own mistakes, beside the CTC loss."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

import pytorch_lightning as pl
import torch
from torch import Tensor

from ctcalign.errors import TrainingError, UsageError
from ctcalign.models.encoders.base import Encoder
from ctcalign.models.encoders.frontend import Frontend
from ctcalign.train.data.augmentation import Augmentation
from ctcalign.train.data.batch import REASONS, Batch, Heard, frames_needed, select
from ctcalign.train.data.tokenizers import Tokenizer
from ctcalign.train.keys import key, torch_generator
from ctcalign.train.optimisation import OptimiserConfig
from ctcalign.train.preference.choices import Labels
from ctcalign.train.preference.examples import VALUES
from ctcalign.train.preference.speech.contrast import ContrastConfig
from ctcalign.train.preference.speech.frozen import ALIGNED, BETTER, REFERENCE, WORSE, Frozen, FrozenModels, fingerprint
from ctcalign.train.preference.speech.pairs import PairMaker, PairsConfig
from ctcalign.train.preference.speech.scorer import CtcScorer
from ctcalign.train.preference.term import LossConfig, PreferenceTerm, told_of
from ctcalign.train.processes import of_all_processes, of_each_process
from ctcalign.train.recogniser.module import CTCModule, without_nan

MISMATCHED = "mismatched_infeasible"


@dataclass
class PreferenceConfig:
    """What is preferred to what, and how that is told to the recogniser.

    Attributes:
        loss: the loss.
        pairs: where pairs come from.
        tokens: what a token is: "prefix": one of the text, given those before it; exact, and what token-level losses
            need. "sequence": the text as a whole. "frames": a frame of a path.
        norm: what losses that average divide by: "labels" (tokens and the end), "frames" or "none"; None: the tokens.
        ctc_weight: of the CTC loss of the transcripts, >= 0; it keeps the recogniser from drifting.
        reference: checkpoint of the frozen reference model; `init` when left out.
        contrast: what critical-token DPO and T-REG weigh tokens by.
        aligned: checkpoints of strong models for PoFT; the reference where there are none.
    """

    loss: LossConfig = field(default_factory=LossConfig)
    pairs: PairsConfig = field(default_factory=PairsConfig)
    tokens: Literal["prefix", "sequence", "frames"] = "prefix"
    norm: Literal["labels", "frames", "none"] | None = None
    ctc_weight: float = 1.0
    reference: str | None = None
    contrast: ContrastConfig = field(default_factory=ContrastConfig)
    aligned: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.ctc_weight >= 0:
            raise UsageError(f"ctc_weight: must be 0 or more, got {self.ctc_weight}")


class CtcPreferenceModule(CTCModule):
    """Go on training a recogniser with a preference loss.

    The loss is ctc_weight * CTC + loss.weight * preference, each over the batch of all processes, so that one process
    and several with the same batch follow the same way. Responses that cannot be used are left out and counted.

    Args:
        encoder, tokenizer, frontend, optimiser, seed: see `CTCModule`.
        preference: the loss and its pairs.
        init: checkpoint whose weights training begins with.
    Raises:
        UsageError: options that do not fit; the message names them.  ModelError: a checkpoint cannot be used.
    """

    def __init__(
        self,
        encoder: Encoder,
        tokenizer: Tokenizer | None = None,
        frontend: Frontend | None = None,
        preference: PreferenceConfig | None = None,
        optimiser: OptimiserConfig | None = None,
        init: str | None = None,
        seed: int = 1,
    ) -> None:
        super().__init__(encoder, tokenizer, frontend, None, optimiser, init, seed)
        config = self.preference = preference or PreferenceConfig()
        self.term = PreferenceTerm(config.loss, config.pairs.together)
        edits = config.contrast.kind == "edits"
        self.scorer = CtcScorer(
            self.term, config.tokens, config.norm, config.pairs.scored, edits, config.contrast.strength
        )
        self.maker = PairMaker(config.pairs, self.tokenizer, config.tokens == "frames")
        self.dropped: Counter[str] = Counter()
        responses = [one for listed in self.maker.examples.values() for example in listed for one in example.responses]
        asked = self.scorer.asked
        # What the manifest has of every response, and nobody need compute.
        self._stored = {n for n in VALUES if n in asked and responses and all(n in one.values for one in responses)}
        reference = config.reference or init
        files: dict[str, list[str | None]] = {}
        if "kl" in asked or "reference_log_probs" in asked - self._stored or config.pairs.of == REFERENCE:
            files[REFERENCE] = [reference]
        if not edits and {"scores", "token_rewards"} & asked - self._stored:
            files[BETTER], files[WORSE] = [config.contrast.better or reference], [config.contrast.worse or reference]
        if "aligned_scores" in asked - self._stored:
            files[ALIGNED] = [*config.aligned] or [reference]
        self.frozen = FrozenModels(files, self.network, self.vocabulary, config.contrast.noise)
        if "reference_log_probs" in self._stored and reference is not None:
            self._check_stored(reference)

    def _check_stored(self, file: str) -> None:
        """Stored scores must be of the reference model that the configuration names."""
        told = {one.reference for listed in self.maker.examples.values() for one in listed} - {None}
        if told and told != {fingerprint(Frozen(self.network, self.vocabulary, file).network)}:
            raise UsageError(
                f"pairs: the stored reference scores are of another model than {file}; make the manifest again, or "
                "give preference.reference"
            )

    def on_fit_start(self) -> None:
        """Stored scores are those of utterances as they are.

        Raises:
            UsageError: training changes them.
        """
        augmentation = getattr(getattr(self.trainer, "datamodule", None), "augmentation", Augmentation())
        if self._stored and augmentation != Augmentation():
            raise UsageError(
                f"pairs: the manifest holds {', '.join(sorted(self._stored))} of the utterances as they are, but "
                "data.augmentation changes them; leave one of the two out"
            )

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The loss of this process's share, scaled so that the mean of the gradients over the processes is that of the
        whole batch.

        Raises:
            TrainingError: the network's output is NaN.
        """
        place = (self.seed, batch.epoch, batch.index)
        torch.manual_seed(key("step", *place, self.global_rank))
        batch = without_nan(batch)
        log_probs, frames = self(batch.features, batch.lengths)
        if torch.isnan(log_probs.detach().sum()):
            raise TrainingError(
                f"step {self.global_step}: the network's output is NaN (batch of {', '.join(batch.ids[:3])} …); "
                "lower the learning rate or clip gradients (trainer.gradient_clip_val)"
            )
        heard, skipped = select(batch, log_probs, frames, self.tokenizer)
        own, counted = self._rows(batch, heard, place)
        result = self.term(of_all_processes(own, self.device))
        count = 0 if heard is None else len(heard.ids)
        ctc = log_probs.new_zeros(()) if heard is None else self.ctc.loss(heard).loss
        together = self._summed(
            torch.tensor(
                [count, float(ctc.detach()) * count, *skipped.values()], dtype=torch.float64, device=self.device
            )
        )
        whole = max(1.0, float(together[0]))
        loss = self.preference.ctc_weight * ctc * count / whole
        if result is not None:
            loss = loss + self.term.weight * result.loss
        told = told_of(result, [counted])
        self._tell(together.tolist(), told, batch.epoch)
        # Gradients are averaged over the processes: undo it. The zero keeps a process without utterances in step.
        found: Tensor = loss * self.trainer.world_size + 0.0 * log_probs.sum()
        return found

    def _rows(
        self, batch: Batch, heard: Heard | None, place: tuple[int, int, int]
    ) -> tuple[dict[str, Tensor], Counter[str]]:
        """Tensors of this process's responses for the loss, and the responses left out in all processes."""
        dropped: Counter[str] = Counter()
        own: dict[str, Tensor] = {}
        others: list[tuple[str, Labels]] = []
        if self.scorer.wanted["mismatched"]:
            told = [] if heard is None else [(n, _target(heard, i)) for i, n in enumerate(heard.ids)]
            others = sorted(one for part in of_each_process(told) for one in part)
        if heard is not None and self.term.weight:
            models = self.frozen.hear(batch, heard.ids, *place)
            source = models.reference if self.preference.pairs.of == REFERENCE else heard.log_probs.detach()
            assert source is not None
            generators = [torch_generator(source.device, "pairs", name, *place) for name in heard.ids]
            choices, dropped = self.maker(heard, source, generators)
            own = self.scorer(choices, heard.log_probs, models, heard)
            if own:
                pairs = self._mismatched(heard, others, dropped)
                own |= self.scorer.mismatched(pairs, heard.log_probs, models, heard, self.device)
        return own, sum(of_each_process(dropped), Counter())

    def _mismatched(
        self, heard: Heard, others: list[tuple[str, Labels]], dropped: Counter[str]
    ) -> list[tuple[int, Labels]]:
        """Each utterance with the text of the next one of the whole batch, where it fits."""
        found = []
        names = [name for name, _ in others]
        for place, name in enumerate(heard.ids if others else ()):
            text = others[(names.index(name) + 1) % len(others)][1]
            if text == _target(heard, place):
                continue
            if frames_needed(text) > int(heard.lengths[place]):
                dropped[MISMATCHED] += 1
            else:
                found.append((place, text))
        return found

    def _tell(self, together: list[float], told: dict[str, float], epoch: int) -> None:
        """Log values of the whole batch. `together`: utterances, sum of their CTC losses, those skipped by reason."""
        count, ctc, *skipped = together
        for reason, more in zip(REASONS, skipped, strict=True):
            self.skipped[reason] += int(more)
        self.dropped.update({n.removeprefix("dropped/"): int(v) for n, v in told.items() if n.startswith("dropped/")})
        every: int = getattr(self.trainer, "log_every_n_steps", 1)  # set, but not declared, by Lightning
        if (self.global_step + 1) % max(1, every):
            return
        found = {"utterances": count, "ctc": ctc / max(1.0, count)}
        preferred = told.get("loss", 0.0)
        found["loss"] = self.preference.ctc_weight * found["ctc"] + self.term.weight * preferred
        found |= {f"preference/{name}": value for name, value in told.items()}
        found |= {f"skipped/{reason}": float(number) for reason, number in self.skipped.items() if number}
        for logger in self.trainer.loggers:
            logger.log_metrics({"epoch": float(epoch), **found}, step=self.global_step)
        self.log("loss", found["loss"], prog_bar=True, logger=False, batch_size=max(1, int(count)))

    def on_train_end(self) -> None:
        """Say what was left out."""
        super().on_train_end()
        left_out = ", ".join(f"{number} {reason}" for reason, number in sorted(self.dropped.items()))
        if left_out:
            pl.utilities.rank_zero_info(f"responses left out of pairs: {left_out}")

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the state of the loss, such as BCO's running shift."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["ctcalign_preference"] = {**self.term.state_dict(), "dropped": dict(self.dropped)}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on from a checkpoint.

        Raises:
            UsageError: it was trained with another loss.
        """
        super().on_load_checkpoint(checkpoint)
        state = checkpoint.get("ctcalign_preference", {})
        self.term.load_state_dict(state)
        self.dropped = Counter(state["dropped"])


def _target(heard: Heard, place: int) -> Labels:
    return tuple(heard.targets[place, : int(heard.target_lengths[place])].tolist())
