"""Text that the model recognises in the place of a caption, to be preferred to a wrong caption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ctcalign.adapt.captions.phrases import spoken_span
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.emission.emission import Emission

# Attribute of the first phrase of a caption: text and confidence of the caption as a whole, its stretch of the
# recording in seconds, and the greedy transcription of that stretch.
CAPTION = "caption"
MARGIN = 0.2  # seconds at either end of a caption, at most half of the gap to the next one

Span = tuple[float, float]
Captions = dict[int, dict[str, Any]]


def recognised_captions(cues: Sequence[AlignedCue], emission: Emission, spike_delay: float) -> Captions:
    """The value of the attribute `CAPTION` for each caption with a placed word, by the index of the caption.

    Args:
        cues: all captions of a recording, aligned.
        spike_delay: seconds from a symbol to its spike.
    """
    placed = [(cue, span) for cue in cues if (span := spoken_span(cue.words)) is not None]
    found: Captions = {}
    stretches = with_margins([span for _, span in placed], emission.duration)
    for (cue, _), (start, end) in zip(placed, stretches, strict=True):
        frames = emission.clock.frames((start + spike_delay, end + spike_delay))
        text = emission.vocabulary.text(emission.decoding.alone(*frames).labels.tolist())
        found[cue.index] = {
            "text": cue.text,
            "confidence": cue.confidence,
            "stretch": [round(start, 4), round(end, 4)],
            "recognised": " ".join(text.split()),
        }
    return found


def add_captions(phrases: Sequence[AlignedCue], captions: Captions, cue: str) -> None:
    """Set the attribute `CAPTION` of the first phrase of each caption. `cue`: attribute with the caption's index."""
    left = dict(captions)
    for phrase in phrases:
        about = left.pop(phrase.attributes[cue], None)
        if about is not None:
            phrase.attributes = {**phrase.attributes, CAPTION: about}


def with_margins(spans: Sequence[Span], duration: float, margin: float = MARGIN) -> list[Span]:
    """Spans with a margin; none extends beyond the middle of the gap to the next span.

    Args:
        spans: (start, end) in seconds, in any order.
        duration: of the recording, seconds.
    """
    order = sorted(range(len(spans)), key=lambda place: spans[place])
    found = list(spans)
    for number, place in enumerate(order):
        start, end = spans[place]
        before = spans[order[number - 1]][1] if number else -start
        after = spans[order[number + 1]][0] if number + 1 < len(order) else 2 * duration - end
        left = min(margin, max(0.0, (start - before) / 2))
        right = min(margin, max(0.0, (after - end) / 2))
        found[place] = max(0.0, start - left), min(duration, end + right)
    return found
