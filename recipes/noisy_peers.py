"""Other people's aligners on our emissions: the package ctc-segmentation, and torchaudio's forced_align.

Each gets the text that our methods get: the first reading of every word, the model's separator between words. Where
the times are those of a cue's first and last symbol, the constant delay of the model's labels is taken off, as it is
for our methods: a peer does not know it, and nobody would learn anything from its being in the way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch

from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.emission.emission import Emission

Place = tuple[float, float, float]  # start and end in seconds, score in nats


def cue_labels(text: Transcript, separator: int | None) -> list[list[int]]:
    """The labels of every cue. Empty where nothing of it can be said."""
    found: list[list[int]] = [[] for _ in text.cues]
    for word, (cue, _) in zip(text.spoken, text.homes, strict=True):
        if word.alternatives:
            if found[cue] and separator is not None:
                found[cue].append(separator)
            found[cue] += word.alternatives[0]
    return found


def ctc_segmentation(
    emission: Emission, labels: Sequence[Sequence[int]], delay: float, *, tokens: bool = False
) -> list[Place]:
    """Its usual way: tokens of each utterance, `determine_utterance_segments`, min-mean score, default parameters.

    Args:
        delay: seconds by which the labels come late.
        tokens: times of the first and the last symbol, less the delay. The usual segments reach up to half a second
            beyond them on either side, to make up for such delays, and stay as they are.
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
        delay: seconds by which the labels come late; taken off.
        star: before, between and after the cues stands a symbol that may be anything, as in torchaudio's tutorial: a
            further column of log-probability 0.
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


def aligned_by(
    peer: Callable[[Emission, Sequence[Sequence[int]], float], list[Place]],
    emission: Emission,
    text: Transcript,
    model: str,
    delay: float,
) -> Alignment:
    """What a peer found, as an alignment: every cue once, without words. The peer's times count from frame 0."""
    labels = cue_labels(text, emission.vocabulary.separator)
    sayable = [number for number, tokens in enumerate(labels) if tokens]
    cues = [AlignedCue(cue.index, cue.text, status="not_spoken", reason="nothing to say") for cue in text.cues]
    places = peer(emission, [labels[number] for number in sayable], delay)
    for number, (start, end, score) in zip(sayable, places, strict=True):
        begin = min(max(0.0, start + emission.offset), emission.duration)
        stop = min(max(begin, end + emission.offset), emission.duration)
        cues[number] = AlignedCue(cues[number].index, cues[number].text, begin, stop, score=score)
    return Alignment("", emission.duration, model, cues, frame_shift=emission.frame_shift)
