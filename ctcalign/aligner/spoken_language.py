"""Captions in two languages of one writing system: the recording decides which of them is spoken.

The lines of each language are aligned separately. For the spoken language, the model clearly prefers the words in their
order to the same words in random order; for the other language hardly at all (`confidence/recognition.py`).
"""

from __future__ import annotations

from dataclasses import replace

from ctcalign.aligner import best_path
from ctcalign.aligner.confidence.recognition import LEAST_GAIN, order_gain
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.placing.cue_spans import cue_spans
from ctcalign.aligner.placing.cues import assemble
from ctcalign.aligner.transcript import Transcript, without
from ctcalign.emission.emission import Emission
from ctcalign.models.protocol import AcousticModel
from ctcalign.text.two_languages import Region, same_time, two_languages

_CLEAR = 0.5  # largest gain of the other language, as a fraction of the gain of the spoken one


def in_the_spoken_language(
    emission: Emission, transcript: Transcript, model: AcousticModel, options: AlignOptions
) -> Transcript:
    """The transcript with the lines of a translation marked as not spoken, and a warning about it.

    The transcript changes only if nearly all cues of several lines are in two languages and the model clearly
    recognises only one of them. It is returned unchanged if all text must be spoken, or if lines were already found to
    be a translation by their writing system.
    """
    if options.skips is None or any(word.kind == "translation" for own in transcript.words for word in own):
        return transcript
    cues = transcript.cues
    sides = two_languages([cue.text for cue in cues], [(cue.start, cue.end) for cue in cues])
    if sides is None:
        return transcript
    texts = [(without(transcript, other), other) for other in (sides.lower, sides.upper)]
    gains = [_gain(emission, text, model, options) for text, _ in texts]
    best = 0 if gains[0] >= gains[1] else 1
    if gains[best] < LEAST_GAIN or gains[1 - best] > _CLEAR * gains[best]:
        return transcript
    found, other = texts[best]
    found.partners.update(_partners(transcript, found, sides.upper if best == 0 else sides.lower))
    found.warnings.insert(
        0,
        f"captions: bilingual: {len({cue for cue, _, _ in other})} of {len(cues)} captions have text in another "
        f"language {('below', 'above')[best]} the spoken one (first: {_first(transcript, other)!r}); it is kept but "
        "treated as not spoken",
    )
    return found


def _gain(emission: Emission, transcript: Transcript, model: AcousticModel, options: AlignOptions) -> float:
    """Gain of the order of the words in nats per symbol; 0 if too few words are found for a measurement."""
    if not any(word.alternatives for word in transcript.spoken):
        return 0.0
    placement = best_path.place(emission, transcript, model, replace(options, old_times=None))
    spans = cue_spans(transcript, placement)
    cues = assemble(transcript, placement, spans, (), emission.duration, tokens=False)
    return order_gain(emission, transcript, cues) or 0.0


def _partners(before: Transcript, after: Transcript, spoken: list[Region]) -> dict[int, int]:
    """For each cue that has no spoken word left, the cue at the same time."""
    homes = {cue for cue, _ in after.homes}
    originals = {cue for cue, _, _ in spoken} & homes
    silenced = {cue for cue, _ in before.homes} - homes
    return {
        cue: next(twin for twin in group if twin in originals)
        for group in same_time([(cue.start, cue.end) for cue in before.cues])
        for cue in silenced.intersection(group)
        if originals.intersection(group)
    }


def _first(transcript: Transcript, regions: list[Region]) -> str:
    cue, start, end = regions[0]
    return " ".join(transcript.cues[cue].text[start:end].split())
