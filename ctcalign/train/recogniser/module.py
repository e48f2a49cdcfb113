"""CTC training of a recogniser, with objectives that shape its alignments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from pytorch_lightning.strategies import DDPStrategy, SingleDeviceStrategy
from torch import Tensor, nn

from ctcalign.audio.cut_sources import NO_TRUST
from ctcalign.errors import TrainingError, UsageError
from ctcalign.models.encoders.base import Encoder
from ctcalign.models.encoders.frontend import Frontend
from ctcalign.models.training.inputs import InputMaker
from ctcalign.models.training.lora import LoraConfig
from ctcalign.models.training.tokenizers import Tokenizer
from ctcalign.text.languages import check_language
from ctcalign.train.base import StepLosses, TrainingModule, Weighted
from ctcalign.train.data.batch import REASONS, UNTRANSCRIBED, Batch, Emissions, select
from ctcalign.train.data.transcripts import TextMode, Transcripts
from ctcalign.train.evaluation.validation import SUMS, error_sums, validation_metrics
from ctcalign.train.left_out import LeftOut, warn_of_validation
from ctcalign.train.optimiser.config import OptimiserConfig
from ctcalign.train.optimiser.freezing import Freeze
from ctcalign.train.processes import gather_objects, sum_over_processes
from ctcalign.train.recogniser import consistency as views
from ctcalign.train.recogniser.consistency import ConsistencyConfig
from ctcalign.train.recogniser.export import header_of
from ctcalign.train.recogniser.mixing import LABEL as SHARE
from ctcalign.train.recogniser.mixing import MixingConfig, SourceShare, compared_weights
from ctcalign.train.recogniser.start import initial_model
from ctcalign.train.recogniser.teacher import LABEL, Teacher, TeacherConfig
from ctcalign.train.recogniser.terms import ObjectiveConfig, Term, mean_statistics
from ctcalign.train.resuming import check_same_symbols


class CTCModule(TrainingModule):
    """Train a recogniser with CTC and objectives.

    The loss is the mean over the utterances of the batch of all processes; the loss of a teacher is a mean over the
    utterances whose audio can be used. Utterances that cannot be trained on are skipped and counted by reason.

    Args:
        encoder: the hidden layers of a new network on log-mel energies; if omitted, the network of `init` is used.
        tokenizer: if omitted, the one of `init`, or for a new network the characters a-z, apostrophe and space. If its
            symbols differ from those of `init`, the model gets a new output layer, with rows from the old one.
        frontend: normalisation of the features of a new network.
        objectives: losses that are added to the CTC loss or replace it.
        optimiser: AdamW and its learning rate.
        init: the model to start from: hf:NAME, hf:FOLDER, torchaudio:BUNDLE, builtin:en, checkpoint:FILE or FILE (of
            `ctcalign fit` or exported). With `encoder`, a checkpoint with the weights of that network.
        seed: seed of all random numbers in the steps; the randomness of each utterance and step is derived from it.
        text: "normalised": transcripts that the tokenizer cannot write are normalised as `ctcalign align` does with
            captions (mark-up, punctuation, numbers, case); "as-is": they are left as they are, and skipped.
        language: code of the language of transcripts that name none, None for English; numbers are read in it.
        freeze: parts of the network that are not trained: patterns of names of modules and parameters ([head],
            ["blocks.[0-3]"]), or such parts with the update from which they are trained.
        gradient_checkpointing: recompute the activations of a layer in the backward pass instead of keeping them, which
            needs less memory and more time.
        options: entries of the configuration of a model of transformers, such as {mask_time_prob: 0.05}, and
            target_lang for a model with language adapters; {look_ahead: seconds, new_blocks: number} of builtin:en.
        allow_noncommercial: accept a licence of `init` that forbids commercial use.
        lora: low-rank adapters that are trained instead of the network (extra `lora`).
        teacher: a frozen model whose posteriors the model learns too, also from cuts without a transcript.
        consistency: divergence between the outputs for two views of each utterance, with different augmentation.
        mixing: a source domain whose share in the CTC loss is learnt.
        vocabulary: "from-data", instead of `tokenizer`: the letters of the training transcripts. Only
            `ctcalign fit` collects these; from Python, give a `tokenizer`.
    Raises:
        UsageError: options that do not fit; the message names them.  ModelError: `init` cannot be used.
    """

    def __init__(
        self,
        encoder: Encoder | None = None,
        tokenizer: Tokenizer | None = None,
        frontend: Frontend | None = None,
        objectives: list[ObjectiveConfig] | None = None,
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
        vocabulary: Literal["from-data"] | None = None,
        teacher: TeacherConfig | None = None,
        consistency: ConsistencyConfig | None = None,
        mixing: MixingConfig | None = None,
    ) -> None:
        if vocabulary is not None:
            raise UsageError("model.vocabulary: from-data is an option of ctcalign fit; from Python, give a tokenizer")
        super().__init__(optimiser or OptimiserConfig(), seed)
        self.model, self.tokenizer = initial_model(encoder, tokenizer, frontend, init, options, allow_noncommercial)
        self.vocabulary = self.model.vocabulary
        self.transcripts = Transcripts(self.tokenizer.encode, self.vocabulary, check_language(language), text)
        self.network = self.model.network
        self.ctc = Term(ObjectiveConfig("ctc", 1.0))
        self.terms = [Term(config) for config in objectives or []]
        _check_terms(self.terms)
        self.wer: float | None = None
        self.metrics: dict[str, float] = {}
        self.skipped = dict.fromkeys(REASONS, 0)
        self._sums = torch.zeros(len(SUMS), dtype=torch.float64)
        self._validation = LeftOut()
        if lora is not None and init is None:
            raise UsageError("model.lora: adapters need a trained model; give model.init")
        if lora is not None and self.model.new_symbols is not None:
            raise UsageError(
                "model.lora: adapters need a model with the symbols of the tokenizer; train its output layer first, "
                "without model.lora, and start from the result"
            )
        self.teacher = None if teacher is None else Teacher(teacher, self.model, allow_noncommercial)
        self.consistency = consistency
        if consistency is not None and any(term.prepares or term.objective.replaces_ctc for term in self.terms):
            raise UsageError(
                "model.consistency: expected no objective that replaces the CTC loss or cuts the input; "
                "leave one of the two out"
            )
        self.mixing = None if mixing is None else SourceShare(mixing)
        if mixing is not None and (consistency is not None or any(one.objective.replaces_ctc for one in self.terms)):
            raise UsageError(
                "model.mixing: expected neither model.consistency nor an objective that replaces the CTC loss; leave "
                "one of the two out"
            )
        self._init, self._options = init, options
        self.prepare(freeze, gradient_checkpointing, lora)

    @property
    def trained_network(self) -> nn.Module:
        """The recogniser."""
        return self.network

    @property
    def layers(self) -> list[str]:
        """The symbols of the model."""
        return self.model.layers()

    @property
    def inputs(self) -> InputMaker:
        """Makes the inputs of the network from samples."""
        return self.model.inputs

    def forward(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, T, F) or waveforms (B, N), lengths (B,) -> log-probabilities (B, T', C), lengths (B,)."""
        found: tuple[Tensor, Tensor] = self.network(inputs, lengths)
        return found

    def losses(self, batch: Batch) -> StepLosses:
        """CTC loss and objectives; zero if the weight is zero or there is no usable utterance.

        Raises:
            TrainingError: the network's output is NaN.
        """
        place = (self.seed, batch.epoch, batch.index)
        for term in self.terms:
            term.schedule.update(batch.epoch, self.global_step, self.wer)
        factors = self._factors()
        batch = batch.without_nan()
        inputs, lengths = batch.inputs, batch.lengths
        for term, factor in zip(self.terms, factors, strict=True):
            if factor > 0 and term.prepares:
                inputs, lengths = term.prepare(inputs, lengths, batch.ids, *place, rate=self.inputs.sample_rate)
        log_probs, frames, emissions, skipped = self.emissions(batch, inputs, lengths)
        second = None if self.consistency is None else self._second_view(batch)
        weights = self._weights(factors)
        shared = None if self.mixing is None else self._mixed(self.mixing, batch, emissions)
        outputs = [
            term.loss(emissions, *place) if emissions is not None and weight > 0 else None
            for term, weight in zip([self.ctc, *self.terms], weights, strict=True)
        ]
        names = ["ctc", *(term.label for term in self.terms)]
        count = 0 if emissions is None else len(emissions.ids)
        # Weights as the loss uses them, in single precision.
        used = torch.tensor(weights).tolist()
        terms = {
            name: Weighted(log_probs.new_tensor(0.0) if output is None else output.loss, weight)
            for name, output, weight in zip(names, outputs, used, strict=True)
        }
        if shared is not None:
            terms["ctc"] = terms["ctc"]._replace(value=shared)
        if self.consistency is not None:
            value = log_probs.new_tensor(0.0)
            if emissions is not None and second is not None:
                value = views.divergence(emissions, second)
                if weights[0] > 0:
                    both = (terms["ctc"].value + self.ctc.loss(second).loss) / 2
                    terms["ctc"] = terms["ctc"]._replace(value=both)
            terms[views.LABEL] = Weighted(value, self.consistency.weight)
        usable = None
        if self.teacher is not None:
            terms[LABEL], usable = self._distilled(self.teacher, batch, log_probs, frames, count, skipped)
        return StepLosses(
            terms,
            count,
            log_probs.sum(),
            skipped,
            used=usable,
            statistics=[(count, one.statistics, one.weights) if one else (0, {}, {}) for one in outputs[1:]],
        )

    def _mixed(self, mixing: SourceShare, batch: Batch, emissions: Emissions | None) -> Tensor | None:
        """The CTC loss with the learnt weights of both domains; None if there is no usable utterance."""
        own = mixing.divided(emissions)
        parts = {domain: (self.ctc.loss(one).loss, len(one.ids)) for domain, one in own.items()}
        if mixing.is_due(self.global_step, batch.part):
            compared = compared_weights(self.network, self.layers)
            mixing.change(self.global_step, self.network, compared, parts, self._held_out_loss)
        return mixing.loss(parts) if parts else None

    def _held_out_loss(self, batch: Batch) -> Tensor | None:
        """The mean CTC loss of a batch; None if there is no usable utterance."""
        emissions = self.emissions(batch, batch.inputs, batch.lengths)[2]
        return None if emissions is None else self.ctc.loss(emissions).loss

    def on_train_start(self) -> None:
        """Read the held-out speech of the domains.

        Raises:
            UsageError: the strategy shards the weights over processes.
        """
        super().on_train_start()
        if self.mixing is None:
            return
        if not isinstance(self.trainer.strategy, SingleDeviceStrategy | DDPStrategy):
            name = type(self.trainer.strategy).__name__
            raise UsageError(f"model.mixing: works on one device and with trainer.strategy ddp, got {name}")
        self.mixing.open(self.inputs, getattr(getattr(self.trainer, "datamodule", None), "trust", NO_TRUST))

    def _second_view(self, batch: Batch) -> Emissions | None:
        """The network's output for the usable utterances in the second view of a batch, None if there are none."""
        if batch.second is None:
            raise UsageError("model.consistency: the batches have no second view; make them with CutsDataModule")
        return self.emissions(batch, batch.second, batch.lengths)[2]

    def _distilled(
        self, teacher: Teacher, batch: Batch, log_probs: Tensor, frames: Tensor, count: int, skipped: LeftOut
    ) -> tuple[Weighted, int]:
        """The divergence from the teacher over all processes, and the number of utterances that the loss uses.

        Args:
            count: of the utterances of this process that the CTC loss uses.
            skipped: the others; those without a transcript are no longer among them.
        """
        own = teacher(batch, log_probs, frames)
        # These utterances are used by the teacher's loss only, if their audio can be used.
        untranscribed, skipped[UNTRANSCRIBED] = skipped[UNTRANSCRIBED], 0
        counted = [float(own.total.detach()), own.number, count + untranscribed]
        total, number, used = sum_over_processes(
            torch.tensor(counted, dtype=torch.float64, device=self.device)
        ).tolist()
        mean = own.total / max(1.0, number)
        # The value of all processes, the gradient of this one's utterances.
        mean = mean + (total / max(1.0, number) - mean.detach())
        return Weighted(mean, teacher.config.weight, True, int(number)), int(used)

    def emissions(
        self, batch: Batch, inputs: Tensor, lengths: Tensor
    ) -> tuple[Tensor, Tensor, Emissions | None, LeftOut]:
        """The network's output (B, T, C) and its frames (B,), that of the usable utterances, and the others by reason.

        Raises:
            TrainingError: the output is NaN.
        """
        log_probs, frames = self(inputs, lengths)
        if torch.isnan(log_probs.detach().sum()):
            raise TrainingError(
                f"step {self.global_step}: the network's output is NaN (batch of {', '.join(batch.ids[:3])} …); "
                "lower the learning rate or clip gradients (trainer.gradient_clip_val)"
            )
        return log_probs, frames, *select(batch, log_probs, frames, self.tokenizer, self.transcripts)

    def _factors(self) -> list[float]:
        """Factor of each objective's weight now, in [0, 1]."""
        return [term.schedule.factor(self.global_step) for term in self.terms]

    def _weights(self, factors: list[float]) -> list[float]:
        """Weights of the CTC loss and of each objective. One that replaces the CTC loss takes over its weight."""
        ctc = 1.0 - sum(f for term, f in zip(self.terms, factors, strict=True) if term.objective.replaces_ctc)
        return [ctc, *(term.config.weight * factor for term, factor in zip(self.terms, factors, strict=True))]

    def log_row(self, step: StepLosses, count: int, means: Mapping[str, float]) -> dict[str, float]:
        """Losses, weights and statistics of the objectives, and utterances skipped so far."""
        row = {"loss": sum(term.weight * means[name] for name, term in step.terms.items()), "utterances": float(count)}
        if step.terms["ctc"].weight > 0:
            row["ctc"] = means["ctc"]
        row |= {label: means[label] for label in (LABEL, views.LABEL) if label in means}
        if self.mixing is not None:
            row[SHARE] = self.mixing.value
        gathered = gather_objects(step.statistics)
        for place, (term, factor) in enumerate(zip(self.terms, self._factors(), strict=True)):
            row[f"{term.label}/weight"] = term.config.weight * factor
            if factor > 0:
                row[f"{term.label}/loss"] = means[term.label]
            statistics, _ = mean_statistics([one[place] for one in gathered])
            row |= {f"{term.label}/{name}": float(value) for name, value in sorted(statistics.items())}
        return row | self.skipped_row()

    def skipped_row(self) -> dict[str, float]:
        """Utterances skipped so far, by reason, for the log."""
        return {f"skipped/{reason}": float(number) for reason, number in self.skipped.items() if number}

    def on_validation_epoch_start(self) -> None:
        self._sums = torch.zeros(len(SUMS), dtype=torch.float64)
        self._validation = LeftOut()

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Add the errors of the greedy path."""
        batch = batch.without_nan()
        log_probs, frames = self(batch.inputs, batch.lengths)
        emissions, left = select(batch, log_probs, frames, self.tokenizer, self.transcripts)
        self._validation.include(left)
        loss = None if emissions is None else (self.ctc.loss(emissions).loss, len(emissions.ids))
        self._sums += error_sums(
            batch, log_probs, frames, self.tokenizer, self.model.frame_shift, loss, self.transcripts
        )

    def on_validation_epoch_end(self) -> None:
        """Log error rates of all processes; schedules and guard use the WER."""
        found = validation_metrics(sum_over_processes(self._sums.to(self.device)))
        for name, value in found.items():
            self.log(name, value, prog_bar=name == "val_wer")
        if "val_wer" not in found and not self.trainer.sanity_checking:
            warn_of_validation(self._validation)
        if not self.trainer.sanity_checking and "val_wer" in found:
            self.wer, self.metrics = found["val_wer"], found

    def stop_objectives(self) -> list[str]:
        """Set the weight of all objectives to zero for the rest of the training; labels of those that were active."""
        running = [term for term in self.terms if term.schedule.factor(self.global_step) > 0]
        for term in self.terms:
            term.schedule.stop(self.global_step)
        return [term.label for term in running]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the header that makes the file a model, and the state of the schedules."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["ctcalign"] = header_of(self.model, self.training_config, self.resumed, self.metrics)
        if self.teacher is not None:
            known = {"name": self.teacher.config.name, "weights": self.teacher.weights, "shift": self.teacher.shift}
            checkpoint["ctcalign"]["teacher"] = known
        if self.mixing is not None:
            checkpoint["ctcalign"][SHARE] = self.mixing.state()
        if self._lora is not None and self._init is not None:
            checkpoint["ctcalign"] |= self._lora.header(self._init, self._options)
        checkpoint["ctcalign_training"] = {
            "schedules": {term.label: term.schedule.state() for term in self.terms},
            "wer": self.wer,
            "skipped": self.skipped,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Continue from a checkpoint.

        Raises:
            UsageError: it was trained with other symbols or other objectives.
        """
        check_same_symbols(tuple(checkpoint.get("ctcalign", {}).get("symbols", ())), self.vocabulary.symbols)
        super().on_load_checkpoint(checkpoint)
        state = checkpoint.get("ctcalign_training", {})
        schedules = state.get("schedules", {})
        if set(schedules) != {term.label for term in self.terms}:
            raise UsageError(
                f"resume: the checkpoint was trained with the objectives {sorted(schedules)}, the configuration has "
                f"{sorted(term.label for term in self.terms)}; to start a new training from its weights use model.init"
            )
        for term in self.terms:
            term.schedule.restore(schedules[term.label])
        if self.mixing is not None and SHARE in checkpoint.get("ctcalign", {}):
            self.mixing.restore(checkpoint["ctcalign"][SHARE])
        self.wer = state["wer"]
        self.metrics = dict(checkpoint["ctcalign"].get("metrics", {}))
        self.skipped = {**dict.fromkeys(REASONS, 0), **state["skipped"]}


def _check_terms(terms: list[Term]) -> None:
    labels = [term.label for term in terms]
    twice = sorted({label for label in labels if labels.count(label) > 1} | ({"ctc", LABEL, views.LABEL} & set(labels)))
    if twice:
        raise UsageError(f"objectives: the name {twice[0]!r} is already used; give each a label of its own")
    replacing = [term.label for term in terms if term.objective.replaces_ctc]
    if len(replacing) > 1:
        raise UsageError(f"objectives: only one can replace the CTC loss, got {', '.join(replacing)}")
