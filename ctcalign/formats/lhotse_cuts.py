"""A lhotse cut of the whole recording with a supervision for each cue and the words as its alignment, as JSONL.GZ."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctcalign.align.alignment import AlignedCue, Alignment
from ctcalign.errors import AudioError
from ctcalign.formats.inline import plain
from ctcalign.formats.rendered import Rendered
from ctcalign.formats.view import left_out, placed_cues, recording_name, spoken_text, spoken_words

if TYPE_CHECKING:
    from lhotse import Recording, SupervisionSegment

_LEAST = 0.001  # seconds: lhotse rejects a supervision without length


def render(alignment: Alignment) -> Rendered:
    """Times are unrounded. `custom` of a supervision: index, status, reason, score, confidence, raw_text (the cue's),
    and scores, where published ones were asked for.

    The text of a supervision is what is spoken; of a cue that nobody speaks, what stands there: filter by
    `custom["status"]`. Without the audio file the cut has no recording. Trim with `CutSet.trim_to_supervisions()`.
    """
    from lhotse import MonoCut

    placed, lost = placed_cues(alignment)
    name = recording_name(alignment)
    notes = left_out(lost)
    duration = max([alignment.duration, _LEAST, *(end for _, _, end in placed)])
    recording = _recording(alignment, name, duration)
    supervisions = [_supervision(cue, start, end, name, alignment) for cue, start, end in placed]
    if recording is None:
        notes.append(f"no audio at {alignment.audio or '(no path)'!r}: the cut has no recording; give --audio")
        cut: Any = MonoCut(id=name, start=0, duration=duration, channel=0, supervisions=supervisions)
    else:
        cut = recording.to_cut()
        cut.supervisions = supervisions
    line = json.dumps(cut.to_dict(), ensure_ascii=False) + "\n"
    words = sum(len(spoken_words(cue)) for cue, _, _ in placed)
    # mtime=0: the same alignment gives the same bytes.
    return Rendered(gzip.compress(line.encode(), mtime=0), len(placed), words, lost, notes)


def _recording(alignment: Alignment, name: str, duration: float) -> Recording | None:
    from lhotse import AudioSource, Recording

    from ctcalign.audio import probe

    path = Path(alignment.audio)
    if not alignment.audio or not path.is_file():
        return None
    try:
        info = probe(path)
    except AudioError:
        return None
    channels = list(range(info.channels))
    samples = round(duration * info.sample_rate)
    return Recording(
        id=name,
        sources=[AudioSource(type="file", channels=channels, source=str(path.resolve()))],
        sampling_rate=info.sample_rate,
        num_samples=samples,
        duration=samples / info.sample_rate,
        channel_ids=channels,
    )


def _supervision(cue: AlignedCue, start: float, end: float, name: str, alignment: Alignment) -> SupervisionSegment:
    from lhotse import SupervisionSegment
    from lhotse.supervision import AlignmentItem

    words = [AlignmentItem(plain(w.text), a, round(b - a, 9), w.confidence) for w, a, b in spoken_words(cue)]
    custom = {
        "index": cue.index,
        "status": cue.status,
        "reason": cue.reason,
        "score": cue.score,
        "confidence": cue.confidence,
        "scores": dict(cue.scores) or None,
        "raw_text": cue.text,
    }
    return SupervisionSegment(
        id=f"{name}-{cue.index:07d}",
        recording_id=name,
        start=start,
        duration=max(round(end - start, 9), _LEAST),
        channel=cue.channel or 0,
        text=spoken_text(cue) or plain(cue.text),
        language=alignment.language,
        speaker=cue.speaker,
        custom={key: value for key, value in custom.items() if value is not None},
        alignment={"word": words} if words else None,
    )
