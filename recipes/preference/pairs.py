"""Pairs for preference training from cuts and a model, as JSON lines (read by ctcalign.train.preference.examples).

  python -m recipes.preference.pairs --cuts data/train --model checkpoint:exp/base/model.safetensors --out pairs.jsonl
    ... --source sample --hypotheses 8 --reference-scores
    ... --source paths --property low_latency            alignments: a better and a worse one
    ... --weights contrast --worse checkpoint:weak.safetensors    weights of tokens for cdpo and treg
    ... --source labels --desirable-from -1 --undesirable-below -2
                                    no pairs: texts of cuts, labelled by custom["score"] (or --field)

An interrupted run resumes where it stopped. Skipped cuts and responses are counted by reason at the end.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import ctcalign
from ctcalign.errors import AudioError, CtcAlignError, UsageError
from ctcalign.models.inference import emissions_of
from ctcalign.models.stored import fingerprint
from ctcalign.models.training.tokenizers import SymbolTokenizer
from ctcalign.preference import ctc_path_scores, ctc_token_scores
from ctcalign.preference.pairs import label_responses
from ctcalign.preference.prompt_classifier import PromptClassifier
from ctcalign.train.data.batch import Emissions, frames_needed
from ctcalign.train.data.cuts import language_of_cut, open_cuts, read_samples, text_of_cut
from ctcalign.train.data.transcripts import Transcripts
from ctcalign.train.preference.examples import Example, Response, example_of, write_examples
from ctcalign.train.preference.sides import Preference, edit_scores
from ctcalign.train.preference.speech.pairs import PairMaker, PairsConfig
from ctcalign.train.preference.speech.scorer import contrast_tensors
from ctcalign.train.processes import torch_generator


class Maker:
    """Creates the examples of one cut at a time."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.model = ctcalign.load_model(args.model, args.device)
        self.vocabulary = self.model.vocabulary
        self.tokenizer = SymbolTokenizer(self.vocabulary)
        self.transcripts = Transcripts(self.tokenizer.encode, self.vocabulary, self.model.language)
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
        # A training compares it with its own reference model: scores of another model are rejected there.
        self.fingerprint = fingerprint(network) if args.reference_scores and network is not None else None

    def emission(self, model: Any, samples: Tensor) -> Tensor:
        """Log-probs (1, T, C) of samples (N,)."""
        [log_probs] = emissions_of(model, samples[None].numpy(), self.args.device)
        return torch.from_numpy(log_probs)[None]

    def __call__(self, cut: Any) -> tuple[list[Example], Counter[str], list[float] | None]:
        """Examples, the reasons of skipped ones, and with --matching an embedding of the utterance."""
        text = self.transcripts(text_of_cut(cut) or "", language_of_cut(cut))
        labels, lost = self.tokenizer.encode(text)
        if not text or lost or not labels:
            return [], Counter({"untranscribed" if not text else "unsayable": 1}), None
        try:
            samples = torch.from_numpy(read_samples(cut, self.model.sample_rate))
        except AudioError:
            return [], Counter({"unreadable": 1}), None
        emission = self.emission(self.model, samples)
        if frames_needed(labels) > emission.shape[1]:
            return [], Counter({"too_short": 1}), None
        if self.pairs is None:
            return self._labelled(cut, text, emission)
        batch = Emissions(
            emission,
            torch.tensor([emission.shape[1]]),
            torch.tensor([labels]),
            torch.tensor([len(labels)]),
            [cut.id],
            self.vocabulary.symbols,
            self.vocabulary.blank,
        )
        preferences, dropped = self.pairs(batch, emission, [torch_generator("cpu", "pairs", cut.id, self.args.seed)])
        worse = self._worse_emission(samples, cut.id) if self.args.weights else None
        return [self._example(cut.id, one, emission, worse) for one in preferences], dropped, None

    def _worse_emission(self, samples: Tensor, name: str) -> Tensor:
        """Log-probs (1, T, C) under the worse condition: another model, added white noise, or both."""
        if self.args.noise_snr is not None:
            noise = torch.randn(samples.shape, generator=torch_generator("cpu", "noise", name, self.args.seed))
            power = samples.square().mean().clamp(min=1e-10)
            samples = samples + noise * (power * 10 ** (-self.args.noise_snr / 10)).sqrt()
        return self.emission(self.worse, samples)

    def _example(self, name: str, preference: Preference, emission: Tensor, worse: Tensor | None) -> Example:
        responses = []
        for labels in (preference.chosen or (), *preference.rejected):
            content = labels if self.frames else self.tokenizer.decode(labels)
            responses.append(Response(content, self._values(labels, preference.chosen or (), emission, worse)))
        return Example(name, responses[0], tuple(responses[1:]), reference=self.fingerprint)

    def _values(
        self, labels: tuple[int, ...], chosen: tuple[int, ...], emission: Tensor, worse: Tensor | None
    ) -> dict[str, tuple[float, ...]]:
        """Values of the tokens that are stored with a response."""
        text, blank = torch.tensor([labels], dtype=torch.int64).reshape(1, -1), self.vocabulary.blank
        values: dict[str, Tensor] = {}
        if self.args.reference_scores:
            scores = ctc_path_scores(emission, text) if self.frames else ctc_token_scores(emission, text, blank=blank)
            values["reference_log_probs"] = scores.log_probs[0]
        if self.args.weights == "edits":
            values["scores"] = torch.tensor(edit_scores(labels, chosen))
        elif worse is not None:
            size, count = torch.tensor([emission.shape[1]]), torch.tensor([len(labels)])
            found = contrast_tensors(
                {"scores", "token_rewards"}, emission, worse, text, size, count, blank, frames=self.frames, strength=1.0
            )
            values |= {name: value[0] for name, value in found.items()}
        return {name: tuple(value.tolist()) for name, value in values.items()}

    def _labelled(
        self, cut: Any, text: str, emission: Tensor
    ) -> tuple[list[Example], Counter[str], list[float] | None]:
        """The cut's text, labelled by the confidence of its alignment."""
        custom = {**(cut.custom or {}), **(cut.supervisions[0].custom or {})}
        value = float(custom.get(self.args.field, float("nan")))
        (label,), dropped = label_responses([value], self.args.desirable_from, self.args.undesirable_below)
        if label is None:
            return [], dropped, None
        example = Example(cut.id, Response(text), ()) if label else Example(cut.id, None, (Response(text),))
        embedding = emission[0].exp().mean(0).tolist() if self.args.matching else None
        return [example], dropped, embedding


def records(args: argparse.Namespace, part: Path) -> Iterator[dict[str, Any]]:
    """A record of each cut: first those of the unfinished file, then new ones, which are appended to it."""
    done: set[str] = set()
    if part.exists():
        whole = part.read_bytes()
        whole = whole[: whole.rfind(b"\n") + 1]  # without the line at which the run was interrupted
        part.write_bytes(whole)
        for line in whole.decode().splitlines():
            record = json.loads(line)
            done.add(record["id"])
            yield record
    maker: Maker | None = None
    with part.open("a", encoding="utf-8") as stream:
        for cut in open_cuts("--cuts", [str(one) for one in args.cuts]):
            if cut.id in done:
                continue
            maker = maker or Maker(args)
            examples, dropped, embedding = maker(cut)
            record = {"id": cut.id, "examples": [one.to_dict() for one in examples], "dropped": dict(dropped)}
            record |= {} if embedding is None else {"embedding": embedding}
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")
            stream.flush()
            yield record


def part_of(args: argparse.Namespace) -> Path:
    """The file of an unfinished run; other options have another file."""
    options = {name: str(value) for name, value in sorted(vars(args).items()) if name not in ("out", "device")}
    digest = hashlib.blake2b(json.dumps(options).encode(), digest_size=6).hexdigest()
    return args.out.with_name(f"{args.out.name}.{digest}.part")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuts", type=Path, nargs="+", required=True, help="Shar folders or manifests")
    parser.add_argument("--model", required=True, help="source of the hypotheses, as for ctcalign.load_model")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--source", choices=["nbest", "sample", "paths", "labels"], default="nbest")
    parser.add_argument("--hypotheses", type=int, default=8)
    parser.add_argument("--beam", type=int, default=16)
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--chosen", choices=["transcript", "best"], default="transcript")
    parser.add_argument("--rejected", choices=["worst", "best", "likeliest"], default="likeliest")
    parser.add_argument("--unit", choices=["words", "characters"], default="words")
    parser.add_argument("--pairs", type=int, default=1, help="most pairs of a cut")
    parser.add_argument("--together", type=int, default=1, help="rejected responses of a pair (2 or more: LOGO)")
    parser.add_argument(
        "--least-gap", type=float, default=0.0, help="least number of errors more than the chosen one's"
    )
    parser.add_argument("--property", default="low_latency", help="of --source paths")
    parser.add_argument("--reference-scores", action="store_true", help="store the model's own scores of tokens")
    parser.add_argument("--weights", choices=["contrast", "edits"], help="store weights of tokens for cdpo and treg")
    parser.add_argument("--worse", help="a weaker model for --weights contrast; default: the same model")
    parser.add_argument("--noise-snr", type=float, help="decibels; add white noise to the input of the worse model")
    parser.add_argument("--field", default="score", help="of --source labels: the custom field of a cut to label by")
    parser.add_argument("--desirable-from", type=float, default=-1.0)
    parser.add_argument("--undesirable-below", type=float, default=-2.0)
    parser.add_argument(
        "--matching", action="store_true", help="with labels: add the probability that a cut is desirable"
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(arguments)
    if args.weights == "contrast" and args.worse is None and args.noise_snr is None:
        parser.error("--weights contrast needs --worse, --noise-snr or both")
    return args


def main(arguments: Sequence[str] | None = None) -> None:
    args = parse(arguments)
    part = part_of(args)
    dropped: Counter[str] = Counter()
    examples: list[Example] = []
    embeddings: list[list[float]] = []
    cuts = 0
    for record in records(args, part):
        cuts += 1
        dropped.update(record["dropped"])
        for row in record["examples"]:
            examples.append(example_of(row))
            if "embedding" in record:
                embeddings.append(record["embedding"])
    if args.matching and examples:
        x, good = torch.tensor(embeddings), torch.tensor([one.chosen is not None for one in examples])
        chances = PromptClassifier.fitted(x, good).probability(x).tolist()
        examples = [replace(e, desirable_probability=round(p, 6)) for e, p in zip(examples, chances, strict=True)]
    count = write_examples(args.out, examples)
    part.unlink()
    skipped = ", ".join(f"{number} {reason}" for reason, number in sorted(dropped.items())) or "nothing"
    sys.stderr.write(f"{args.out}: {count} examples of {cuts} cuts; skipped: {skipped}\n")


if __name__ == "__main__":
    try:
        main()
    except CtcAlignError as error:
        raise SystemExit(f"recipes.preference.pairs: {error}") from None
