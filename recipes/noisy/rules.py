"""What each rule of the aligner is worth: every recording x caption file with all rules, and without each of them.

A decision is right if a spoken caption has both ends within 0.2 s (0.5 s) of the truth, bounds "tolerant", or if a
caption that is not spoken is left out. The score of a recording is its fraction of right decisions, whatever its
length. "Left out" is the mean over both limits if, for each recording, the other recordings decide whether the rule is
used; where it is lower than with all rules, they decided wrongly. Versions of a recording are left out together.

Writes a page with a row for each rule and keeps the counts beside it, so that a run that was stopped can be resumed.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ctcalign.aligner.graph.word_graph import SkipCosts
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.placing.boundaries import BoundaryRules
from ctcalign.aligner.placing.cue_spans import cue_spans
from ctcalign.aligner.run import place_emission
from ctcalign.aligner.transcript import Transcript, transcript_of
from ctcalign.alignment.cue import Cue
from ctcalign.emission.emission import Emission
from ctcalign.errors import CaptionError
from ctcalign.files import atomic_write
from ctcalign.formats.captions import read_captions
from ctcalign.models import load_model
from ctcalign.models.protocol import AcousticModel
from ctcalign.scoring.comparison import compare, within
from ctcalign.scoring.files import read_timed
from ctcalign.scoring.items import TimedFile, TimedItem, items_of
from ctcalign.scoring.options import Options
from ctcalign.text.tokeniser import Tokeniser
from recipes.errors import one_line
from recipes.noisy.corpus import Recording, Variant, add_choices, find_recordings
from recipes.noisy.emissions import load
from recipes.results_page import commit, machine, page_head, section

ABOUT = __doc__.split("\n\n")[1]
WITHIN = (0.2, 0.5)  # seconds
ALL = "all rules"
FOREVER = 1e9  # a price that is never paid, a time that never passes


@dataclass(frozen=True)
class Rule:
    """A rule, with the constants it needs, and how to do without it.

    Attributes:
        constants: how many it has.
        costs: prices of skips without it.
        patches: what stands, without it, in place of a name "module:name" of ctcalign.aligner.
    """

    constants: int
    costs: SkipCosts | None = field(default_factory=SkipCosts)
    patches: tuple[tuple[str, Any], ...] = ()


def _spans_alone(transcript: Transcript, placement: Any, _: Emission) -> tuple[list[Any], set[int]]:
    return cue_spans(transcript, placement), set()


def _everywhere(emission: Emission) -> Any:
    return np.ones(len(emission.log_probs), np.bool_)


def _no_silence(energy: Any, *_: Any) -> Any:
    return np.zeros(len(energy), np.bool_)


def _boundaries(**values: float) -> tuple[tuple[str, Any], ...]:
    return (("placing.boundaries:BoundaryRules", partial(BoundaryRules, **values)),)


USUAL = SkipCosts()
RULES: dict[str, Rule] = {
    ALL: Rule(0),
    "captions and words may be skipped (`--all-spoken`)": Rule(7, None),
    "a cost for skipping a whole caption": Rule(1, replace(USUAL, cue=FOREVER)),
    "a cost for opening a gap": Rule(1, replace(USUAL, opening=0.0)),
    "fillers inside captions cost more": Rule(1, replace(USUAL, inside=USUAL.between)),
    "a limit for a run of captions": Rule(1, replace(USUAL, cut=FOREVER)),
    "gaps prefer pauses": Rule(1, patches=(("graph.word_graph:TIGHT", 0.0),)),
    "of equal captions the first": Rule(2, patches=(("graph.word_graph:TWIN", 0.0),)),
    "fillers cost near symbols only": Rule(1, patches=(("graph.search:near_symbols", _everywhere),)),
    "poorly recognised recordings placed at raised costs too": Rule(6, patches=(("uncertainty:UNSURE", FOREVER),)),
    "45 % of the letters found": Rule(1, patches=(("placing.cue_spans:LEAST_FOUND", 1e-9),)),
    "speech joins edges with skipped words": Rule(4, patches=(("placing.cue_spans:JOIN_MISSING", -FOREVER),)),
    "speech joins edges without": Rule(1, patches=(("placing.cue_spans:JOIN", -FOREVER),)),
    "joined speech is no longer than what was skipped": Rule(3, patches=(("placing.cue_spans:SLACK", FOREVER),)),
    "shorter pauses where no word was skipped": Rule(1, patches=(("placing.cue_spans:JOIN", 0.9),)),
    "paraphrased captions between neighbours": Rule(2, patches=(("run:with_paraphrases", _spans_alone),)),
    "paraphrased captions are as long as their speech": Rule(
        1, patches=(("placing.paraphrased_cues:MOST_RATIO", FOREVER),)
    ),
    "a stretch is longer than its symbols": Rule(1, patches=(("placing.paraphrased_cues:EDGES", 0.0),)),
    "stray symbols do not count": Rule(1, patches=(("placing.words:LONGEST_PAUSE", FOREVER),)),
    "edges at silence": Rule(8, patches=(("placing.boundaries:quiet_frames", _no_silence),)),
    "dips within words": Rule(1, patches=_boundaries(shortest_silence=0.01)),
    "usual onset and tail in noise": Rule(2, patches=_boundaries(usual_tail=0.0, usual_onset=0.0)),
    "longest onset and tail": Rule(2, patches=_boundaries(longest_tail=FOREVER, longest_onset=FOREVER)),
    "words meet just before the next": Rule(1, patches=_boundaries(lead=FOREVER)),
}


@contextmanager
def without(rule: Rule) -> Iterator[None]:
    """The aligner without a rule."""
    held = []
    for name, value in rule.patches:
        module = importlib.import_module(f"ctcalign.aligner.{name.split(':')[0]}")
        attribute = name.split(":")[1]
        held.append((module, attribute, getattr(module, attribute)))
        setattr(module, attribute, value)
    try:
        yield
    finally:
        for module, attribute, value in reversed(held):
            setattr(module, attribute, value)


def right_decisions(
    emission: Emission, transcript: Transcript, model: AcousticModel, costs: SkipCosts | None, truth: TimedFile
) -> list[int]:
    """Right decisions within each of `WITHIN`, and all decisions."""
    unspoken = sum(cue.spoken is False for cue in truth.cues)
    total = len(truth.cues)
    try:
        alignment, _ = place_emission(emission, transcript, model, AlignOptions(skips=costs, unwritten=False))
    except CaptionError:  # nothing was found
        return [unspoken] * len(WITHIN) + [total]
    options = Options(matching="index", bounds="tolerant", within=WITHIN[0])
    pairs = compare([(TimedFile("", items_of(alignment)), truth)], "cue", options).pairs
    own = [pair for pair in pairs if pair.reference is not None]
    left_out = sum(p.reference.spoken is False and (p.found is None or p.found.place is None) for p in own)
    near = [sum(p.errors is not None and within(p.errors, limit) for p in own) for limit in WITHIN]
    return [count + left_out for count in near] + [total]


def counts_of(
    recording: Recording, emission: Emission, model: AcousticModel, rules: Sequence[str], around: Sequence[str] = ()
) -> dict[str, Any]:
    """For each rule, for each caption file, the right decisions without it.

    Args:
        around: captions that are not spoken, put before and after those of every caption file: a film, and an excerpt.
    """
    language = recording.language or model.language
    tokeniser = Tokeniser(model.vocabulary, language)

    def text(variant: Variant) -> tuple[Transcript, TimedFile]:
        own = [cue.text for cue in read_captions(variant.captions, recording=recording.name).cues]
        half = len(around) // 2
        lines = [*around[:half], *own, *around[half:]]
        truth = read_timed(variant.key)[0]
        unspoken = [TimedItem(line, spoken=False) for line in around]
        items = [*unspoken[:half], *truth.cues, *unspoken[half:]]
        items = [replace(item, index=index) for index, item in enumerate(items)]
        cues = [Cue(index, line) for index, line in enumerate(lines)]
        return transcript_of(cues, tokeniser, language), replace(truth, cues=items)

    texts = {variant.name: text(variant) for variant in recording.variants}
    found: dict[str, Any] = {}
    for name in rules:
        with without(RULES[name]):
            found[name] = {
                variant: right_decisions(emission, transcript, model, RULES[name].costs, truth)
                for variant, (transcript, truth) in texts.items()
            }
    return found


def _others(recording: Recording, recordings: Sequence[Recording], count: int) -> list[str]:
    """So many captions of other recordings in its language, in random order."""
    texts = {
        cue.text
        for other in recordings
        if other.name.split("+")[0] != recording.name.split("+")[0] and other.language == recording.language
        for cue in read_captions(other.variants[0].captions, recording=other.name).cues
    }
    return random.Random(recording.name).sample(sorted(texts), min(count, len(texts)))


def share(counts: dict[str, list[int]], which: int) -> float:
    """Fraction of right decisions of a recording, a mean over its caption files."""
    return float(np.mean([row[which] / max(1, row[-1]) for row in counts.values()]))


def page_rows(counts: dict[str, dict[str, Any]], rules: Sequence[str]) -> list[str]:
    """A table with a row a rule: right decisions without it, and if every recording is decided by the others."""
    names = sorted(counts)
    origin = {name: name.split("+")[0] for name in names}
    lines = ["| without | constants | within 0.2 s | within 0.5 s | left out | better / worse without | largest loss |"]
    lines.append("|---|---|---|---|---|---|---|")
    own = {name: [share(counts[name][ALL], which) for which in range(len(WITHIN))] for name in names}
    for rule in rules:
        other = {name: [share(counts[name][rule], which) for which in range(len(WITHIN))] for name in names}
        gains = {name: float(np.mean(own[name]) - np.mean(other[name])) for name in names}
        chosen = []
        for name in names:
            rest = [gains[other] for other in names if origin[other] != origin[name]]
            kept = not rest or float(np.mean(rest)) >= 0
            chosen.append(float(np.mean(own[name] if kept else other[name])))
        means = [100 * float(np.mean([other[name][which] for name in names])) for which in range(len(WITHIN))]
        least = 0.001
        better = sum(gain < -least for gain in gains.values())
        worse = sum(gain > least for gain in gains.values())
        worst = max(names, key=lambda name: gains[name])
        loss = f"{100 * gains[worst]:.1f} ({worst})" if gains[worst] > least else "none"
        limit = "" if rule == ALL else f"{100 * float(np.mean(chosen)):.2f}"
        beside = "" if rule == ALL else f"{better} / {worse}"
        lines.append(
            f"| {rule} | {RULES[rule].constants or ''} | {means[0]:.2f} | {means[1]:.2f} | {limit} | {beside} | "
            f"{'' if rule == ALL else loss} |"
        )
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, nargs="+", required=True, help="folders as of run.sh")
    parser.add_argument("--emissions", type=Path, required=True, help="of all of them, as of recipes.noisy.emissions")
    add_choices(parser, "recordings", "variants")
    parser.add_argument("--rules", nargs="*", default=[], metavar="TEXT", help="only those whose name contains one")
    parser.add_argument("--around", type=int, default=0, help="captions of other recordings put around all captions")
    parser.add_argument("--model", default="builtin:en")
    parser.add_argument("--part", type=int, nargs=2, default=(0, 1), metavar=("N", "OF"), help="for several processes")
    parser.add_argument("--counts", type=Path, required=True, help="folder for the counts, a file a recording")
    parser.add_argument("--beside", type=Path, nargs="*", default=[], help="counts of other runs, on the same page")
    parser.add_argument("--out", type=Path, help="page to write")
    args = parser.parse_args(arguments)
    rules = [name for name in RULES if name == ALL or not args.rules or any(part in name for part in args.rules)]
    model = load_model(args.model)
    recordings = [
        recording
        for corpus in args.corpus
        for recording in find_recordings(corpus, args.recordings, args.variants)
        if (args.emissions / f"{recording.name}.npz").is_file()
    ]
    args.counts.mkdir(parents=True, exist_ok=True)
    counts: dict[str, dict[str, Any]] = {}
    for recording in recordings[args.part[0] :: args.part[1]]:
        file = args.counts / f"{recording.name}.json"
        known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        missing = [name for name in rules if name not in known]
        if missing:
            kept = load(args.emissions / f"{recording.name}.npz")
            others = _others(recording, recordings, args.around)
            known |= counts_of(recording, kept.emission, model, missing, others)
            with atomic_write(file, fsync=False) as stream:
                json.dump(known, stream)
        counts[recording.name] = known
        sys.stderr.write(f"{recording.name}: {len(missing)} new of {len(rules)}\n")
    if args.out:
        text = page_head("What each rule is worth", None, ABOUT, f"{machine()}. Commit: {commit()}.")
        text += section(f"{len(counts)} recordings", page_rows(counts, rules))
        for folder in args.beside:
            more = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))}
            known = [name for name in RULES if more and all(name in row for row in more.values())]
            text += section(f"{len(more)} recordings, {folder.name}", page_rows(more, known))
        with atomic_write(args.out) as stream:
            stream.write("\n".join(text) + "\n")


if __name__ == "__main__":
    one_line(main)
