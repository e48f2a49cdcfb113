"""Examples for preference training from one cut after the other, with any recogniser."""

from __future__ import annotations

import argparse
from collections import Counter
from typing import Any

import torch
from torch import Tensor

import ctcalign
from ctcalign.errors import AudioError, UsageError
from ctcalign.preference import ctc_path_scores, ctc_token_scores
from ctcalign.preference.pairs import label_responses
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.train.data.batch import Heard, frames_needed
from ctcalign.train.data.cuts import read_samples, text_of_cut
from ctcalign.train.data.tokenizers import Tokenizer
from ctcalign.train.keys import torch_generator
from ctcalign.train.preference.choices import Choice
from ctcalign.train.preference.examples import Example, Response
from ctcalign.train.preference.sides import edit_scores
from ctcalign.train.preference.speech.contrast import contrast_nouns
from ctcalign.train.preference.speech.frozen import fingerprint
from ctcalign.train.preference.speech.pairs import PairMaker, PairsConfig


class ModelTokenizer(Tokenizer):
    """Transcripts in the symbols of any model."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    def encode(self, text: str) -> tuple[list[int], tuple[str, ...]]:
        labels: list[int] = []
        lost: tuple[str, ...] = ()
        for word in text.split():
            ids, left = self.vocabulary.encode(word)
            lost += left
            if ids and labels and self.vocabulary.separator is not None:
                labels.append(self.vocabulary.separator)
            labels.extend(ids)
        return labels, lost


class Maker:
    """Examples of one cut after the other."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.model = ctcalign.load_model(args.model, args.device)
        self.vocabulary = self.model.vocabulary
        self.tokenizer = ModelTokenizer(self.vocabulary)
        self.worse = self.model if args.worse is None else ctcalign.load_model(args.worse, args.device)
        if self.worse.vocabulary.symbols != self.vocabulary.symbols:
            raise UsageError(f"--worse: {args.worse} has other symbols than {args.model}")
        self.frames = args.source == "paths"
        self.pairs = None
        if args.source != "labels":
            config = PairsConfig(
                args.source,
                hypotheses=args.hypotheses,
                beam=args.beam,
                temperature=args.temperature,
                chosen=args.chosen,
                rejected=args.rejected,
                unit=args.unit,
                pairs=args.pairs,
                together=args.together,
                least_gap=args.least_gap,
                property=args.property,
            )
            self.pairs = PairMaker(config, self.tokenizer, self.frames)
        network = getattr(self.model, "network", None)
        # What a training asks for: scores of a model of another family are not those of its own reference.
        self.fingerprint = fingerprint(network) if args.reference_scores and network is not None else None

    def hear(self, model: Any, samples: Tensor) -> Tensor:
        """Log-probs (1, T, C) of samples (N,)."""
        with torch.inference_mode():
            log_probs, lengths = model(
                samples[None].to(self.args.device), torch.tensor([len(samples)]).to(self.args.device)
            )
        return log_probs[:, : int(lengths[0])].float().cpu().clone()

    def __call__(self, cut: Any) -> tuple[list[Example], Counter[str], list[float] | None]:
        """Examples, what was dropped, and with --matching an embedding of the utterance."""
        text = text_of_cut(cut)
        labels, lost = self.tokenizer.encode(text or "")
        if not text or lost or not labels:
            return [], Counter({"untranscribed" if not text else "unsayable": 1}), None
        try:
            samples = torch.from_numpy(read_samples(cut, self.model.sample_rate))
        except AudioError:
            return [], Counter({"unreadable": 1}), None
        emission = self.hear(self.model, samples)
        if frames_needed(labels) > emission.shape[1]:
            return [], Counter({"too_short": 1}), None
        if self.pairs is None:
            return self._labelled(cut, text, emission)
        heard = Heard(
            emission,
            torch.tensor([emission.shape[1]]),
            torch.tensor([labels]),
            torch.tensor([len(labels)]),
            [cut.id],
            self.vocabulary.symbols,
            self.vocabulary.blank,
        )
        choices, dropped = self.pairs(heard, emission, [torch_generator("cpu", "pairs", cut.id, self.args.seed)])
        noisy = self._worse(samples, cut.id) if self.args.weights else None
        return [self._example(cut.id, one, emission, noisy) for one in choices], dropped, None

    def _worse(self, samples: Tensor, name: str) -> Tensor:
        """What the worse condition hears: another model, or the same one through white noise; or both."""
        if self.args.noise_snr is not None:
            noise = torch.randn(samples.shape, generator=torch_generator("cpu", "noise", name, self.args.seed))
            power = samples.square().mean().clamp(min=1e-10)
            samples = samples + noise * (power * 10 ** (-self.args.noise_snr / 10)).sqrt()
        return self.hear(self.worse, samples)

    def _example(self, name: str, choice: Choice, emission: Tensor, worse: Tensor | None) -> Example:
        responses = []
        for labels in (choice.chosen or (), *choice.rejected):
            content = labels if self.frames else self.tokenizer.decode(labels)
            responses.append(Response(content, self._values(labels, choice.chosen or (), emission, worse)))
        return Example(name, responses[0], tuple(responses[1:]), reference=self.fingerprint)

    def _values(
        self, labels: tuple[int, ...], chosen: tuple[int, ...], emission: Tensor, worse: Tensor | None
    ) -> dict[str, tuple[float, ...]]:
        """What is stored with a response."""
        text, blank = torch.tensor([labels], dtype=torch.int64).reshape(1, -1), self.vocabulary.blank
        values: dict[str, Tensor] = {}
        if self.args.reference_scores:
            scores = ctc_path_scores(emission, text) if self.frames else ctc_token_scores(emission, text, blank=blank)
            values["reference_log_probs"] = scores.log_probs[0]
        if self.args.weights == "edits":
            values["scores"] = torch.tensor(edit_scores(labels, chosen))
        elif worse is not None:
            size, count = torch.tensor([emission.shape[1]]), torch.tensor([len(labels)])
            found = contrast_nouns(
                {"scores", "token_rewards"}, emission, worse, text, size, count, blank, frames=self.frames, strength=1.0
            )
            values |= {noun: value[0] for noun, value in found.items()}
        return {noun: tuple(value.tolist()) for noun, value in values.items()}

    def _labelled(
        self, cut: Any, text: str, emission: Tensor
    ) -> tuple[list[Example], Counter[str], list[float] | None]:
        """A label by the confidence of the cut's alignment."""
        custom = {**(cut.custom or {}), **(cut.supervisions[0].custom or {})}
        value = float(custom.get(self.args.field, float("nan")))
        (label,), dropped = label_responses([value], self.args.desirable_from, self.args.undesirable_below)
        if label is None:
            return [], dropped, None
        example = Example(cut.id, Response(text), ()) if label else Example(cut.id, None, (Response(text),))
        embedding = emission[0].exp().mean(0).tolist() if self.args.matching else None
        return [example], dropped, embedding
