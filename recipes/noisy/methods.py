"""The compared methods by name: ours, the package ctc-segmentation, and torchaudio's forced_align.

Each takes an emission and captions and returns an `Alignment`. The peers get the same text as our methods: the first
reading of every word, and the model's separator between words. If their times are those of a cue's first and last
symbol, the constant delay of the model's labels is subtracted, as for our methods: no peer corrects it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec

import numpy as np
import torch

from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import align_emission
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.emission.emission import Emission
from ctcalign.models.protocol import AcousticModel
from recipes.noisy.emissions import Kept

Method = Callable[[Kept, Transcript, AcousticModel], Alignment]
Place = tuple[float, float, float]  # start and end in seconds, score in nats
Peer = Callable[[Emission, Sequence[Sequence[int]], float], list[Place]]


def ctc_segmentation(
    emission: Emission, labels: Sequence[Sequence[int]], delay: float, *, tokens: bool = False
) -> list[Place]:
    """The usual procedure: tokens of each utterance, `determine_utterance_segments`, min-mean score, defaults

    Args:
        delay: seconds by which the labels are late.
        tokens: times of the first and the last symbol, minus the delay. The usual segments extend up to half a second
            beyond them on either side, which compensates for such delays; they are left unchanged.
    """
    import ctc_segmentation as package

    config = package.CtcSegmentationParameters(char_list=list(emission.vocabulary.symbols))
    config.blank = emission.vocabulary.blank
    config.index_duration = emission.frame_shift
    text, begins = package.prepare_token_list(config, [np.array(cue) for cue in labels])
    timings, char_probs, _ = package.ctc_segmentation(config, np.asarray(emission.log_probs, np.float32), text)
    segments = package.determine_utterance_segments(config, begins, char_probs, timings, labels)
    if tokens:
        firsts = [timings[begin + 1] - delay for begin in begins[:-1]]
        lasts = [timings[begin - 1] + emission.frame_shift - delay for begin in begins[1:]]
        segments = [(a, b, score) for a, b, (_, _, score) in zip(firsts, lasts, segments, strict=True)]
    return [(float(start), float(end), float(score)) for start, end, score in segments]


def torchaudio(emission: Emission, labels: Sequence[Sequence[int]], delay: float, *, star: bool = False) -> list[Place]:
    """forced_align and merge_tokens with the whole text as one target; a cue's score is its mean token probability.

    Args:
        delay: seconds by which the labels are late; subtracted.
        star: put a wildcard symbol before, between and after the cues, as in torchaudio's tutorial: an additional
            column of log-probability 0.
    """
    from torchaudio.functional import forced_align, merge_tokens

    log_probs = torch.from_numpy(np.asarray(emission.log_probs, np.float32))
    between = [] if emission.vocabulary.separator is None else [emission.vocabulary.separator]
    target: list[int] = []
    owners: list[int] = []
    if star:
        between = [log_probs.shape[1]]
        log_probs = torch.cat([log_probs, torch.zeros(len(log_probs), 1)], 1)
        target, owners = list(between), [-1]
    for cue, tokens in enumerate(labels):
        edge = between if star or cue + 1 < len(labels) else []
        target += [*tokens, *edge]
        owners += [cue] * len(tokens) + [-1] * len(edge)
    path, scores = forced_align(log_probs[None], torch.tensor([target]), blank=emission.vocabulary.blank)
    spans = merge_tokens(path[0], scores[0].exp(), blank=emission.vocabulary.blank)
    places, shift = [], emission.frame_shift
    for cue in range(len(labels)):
        own = [span for span, owner in zip(spans, owners, strict=True) if owner == cue]
        mean = sum(span.score * len(span) for span in own) / sum(map(len, own))
        places.append((own[0].start * shift - delay, own[-1].end * shift - delay, math.log(max(mean, 1e-30))))
    return places


def cue_labels(text: Transcript, separator: int | None) -> list[list[int]]:
    """The labels of every cue; empty for a cue without any."""
    found: list[list[int]] = [[] for _ in text.cues]
    for word, (cue, _) in zip(text.spoken, text.homes, strict=True):
        if word.alternatives:
            if found[cue] and separator is not None:
                found[cue].append(separator)
            found[cue] += word.alternatives[0]
    return found


def aligned_by(peer: Peer, emission: Emission, text: Transcript, model: str, delay: float) -> Alignment:
    """The result of a peer as an alignment: every cue once, without words. The peer's times count from frame 0."""
    labels = cue_labels(text, emission.vocabulary.separator)
    writable = [number for number, tokens in enumerate(labels) if tokens]
    cues = [AlignedCue(cue.index, cue.text, status="not_spoken", reason="no text to align") for cue in text.cues]
    places = peer(emission, [labels[number] for number in writable], delay)
    for number, (start, end, score) in zip(writable, places, strict=True):
        begin = min(max(0.0, start + emission.offset), emission.duration)
        stop = min(max(begin, end + emission.offset), emission.duration)
        cues[number] = AlignedCue(cues[number].index, cues[number].text, begin, stop, score=score)
    return Alignment("", emission.duration, model, cues, frame_shift=emission.frame_shift)


def _global(kept: Kept, text: Transcript, model: AcousticModel, *, options: AlignOptions) -> Alignment:
    return align_emission(kept.emission, text, model, options)


def _ipfa(kept: Kept, text: Transcript, model: AcousticModel, *, options: AlignOptions) -> Alignment:
    return align_emission(kept.emission, text, model, options, method="ipfa", speech=kept.speech)


def _peer(kept: Kept, text: Transcript, model: AcousticModel, *, peer: Peer) -> Alignment:
    return aligned_by(peer, kept.emission, text, model.name, model.spike_delay)


METHODS: dict[str, Method] = {
    "global": partial(_global, options=AlignOptions()),
    "global --all-spoken": partial(_global, options=AlignOptions(skips=None)),
    "ipfa": partial(_ipfa, options=AlignOptions()),
    "ipfa --faithful": partial(_ipfa, options=AlignOptions(faithful=True)),
    "ctc-segmentation": partial(_peer, peer=ctc_segmentation),
    "ctc-segmentation tokens": partial(_peer, peer=partial(ctc_segmentation, tokens=True)),
    "torchaudio": partial(_peer, peer=torchaudio),
    "torchaudio star": partial(_peer, peer=partial(torchaudio, star=True)),
}
PEERS = ("ctc-segmentation", "ctc-segmentation tokens", "torchaudio", "torchaudio star")
NEEDS = dict.fromkeys(PEERS[:2], "ctc_segmentation")  # modules of optional packages


def chosen(names: list[str]) -> list[str]:
    """The given names, checked; all methods if there are none.

    Raises:
        SystemExit: an unknown method, or one whose package is not installed.
    """
    for name in names or METHODS:
        if name not in METHODS:
            raise SystemExit(f"--methods: got {name!r}, expected some of {', '.join(map(repr, METHODS))}")
        if name in NEEDS and find_spec(NEEDS[name]) is None:
            raise SystemExit(
                f"--methods: {name!r} needs a package; pip install ctc-segmentation, or name other methods"
            )
    return list(names or METHODS)
