"""From placed words to an alignment."""

from __future__ import annotations

from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.placing.cues import assemble
from ctcalign.aligner.placing.paraphrased_cues import place_unheard
from ctcalign.aligner.placing.placement import BY_NEIGHBOURS, Placement
from ctcalign.aligner.placing.repeats import mark_repeats
from ctcalign.aligner.placing.uncaptioned_speech import uncaptioned_speech
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import Alignment
from ctcalign.emission.emission import Emission
from ctcalign.errors import CaptionError


def finished(
    text: Transcript,
    placed: Placement,
    emission: Emission,
    model: str,
    options: AlignOptions,
    warnings: list[str],
    *,
    guess: bool = False,
) -> Alignment:
    """The alignment of placed words.

    Args:
        guess: place cues that were not heard where other speech stands between their neighbours.
    Raises:
        CaptionError: nothing was heard.
    """
    cues = assemble(text, placed, emission.duration, tokens=options.tokens, left_to=None if guess else ())
    if all(cue.status != "aligned" for cue in cues):
        raise CaptionError(
            f"captions: none of the {len(text.spoken)} words was found in {emission.duration:.1f} s of audio; "
            "check that the captions belong to this recording and the model speaks their language"
        )
    if guess:
        # Speech that was left to a cue in vain goes back to the cues beside it: the others are placed again.
        found = place_unheard(text, cues, placed, emission)
        cues = assemble(text, placed, emission.duration, tokens=options.tokens, left_to=found)
        place_unheard(text, cues, placed, emission, only=found)
        if found:
            warnings = [*warnings, f"{len(found)} cue{'s' if len(found) > 1 else ''}: {BY_NEIGHBOURS}"]
    covered = [cue.span for cue in cues if cue.status == "aligned" and cue.span is not None]
    unwritten = uncaptioned_speech(emission, covered) if options.unwritten else []
    warnings = [*warnings, *mark_repeats(text, cues, unwritten, emission)]
    return Alignment("", emission.duration, model, cues, unwritten, frame_shift=emission.frame_shift, warnings=warnings)
