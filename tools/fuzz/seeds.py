"""Valid files from which the fuzzing starts: those of the package's own writers, and small ones of other tools."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache

from ctcalign.alignment.alignment import AlignedCue, AlignedToken, AlignedWord, Alignment
from ctcalign.formats import FORMATS, OUTPUT_FORMATS, render
from tools.fuzz.mutation import Seed
from tools.fuzz.other_tools import FILES


def alignment() -> Alignment:
    """Six cues of two speakers with words, tokens, scores, mark-up, a cue without times and one that is not spoken."""
    texts = (
        "Good evening, and <i>welcome</i> back.",
        "It is 10:30 and 21.5°C,\nin the 1990s it cost $3,450.75.",
        "[MUSIC]",
        "ANN: Dr. Smith's 3rd try -- at last!",
        "Nobody says this at all",
        "- Yes.\n- No & never.",
    )
    cues = []
    for index, text in enumerate(texts):
        placed = index != 4
        start = 2.0 * index
        words = []
        parts = text.split()
        for place, part in enumerate(parts):
            begin, end = start + 1.8 * place / len(parts), start + 1.8 * (place + 0.8) / len(parts)
            spoken = placed and not part.startswith(("[", "-", "&"))
            words.append(
                AlignedWord(
                    part,
                    begin if spoken else None,
                    end if spoken else None,
                    status="aligned" if spoken else "failed" if not placed else "not_spoken",
                    score=-0.25 if spoken else None,
                    confidence=0.9 if spoken else None,
                    tokens=[AlignedToken(part[:1], begin, end, -0.1)] if spoken else [],
                )
            )
        cues.append(
            AlignedCue(
                index=index,
                text=text,
                start=start if placed else None,
                end=start + 1.8 if placed else None,
                status="aligned" if placed and index != 2 else "failed" if not placed else "not_spoken",
                score=-0.3 if placed else None,
                confidence=0.8 if placed else None,
                reason=None if placed else "not recognised",
                speaker="Ann" if index % 2 else "Bob B.",
                id=f"c{index}",
                channel=0,
                input_start=start,
                input_end=start + 1.5,
                words=words,
            )
        )
    return Alignment(audio="talk.wav", duration=12.5, model="builtin:en", language="en", cues=cues, frame_shift=0.02)


@cache
def caption_files() -> dict[str, tuple[Seed, ...]]:
    """Seeds by the name of the format that reads them."""
    found: dict[str, list[Seed]] = defaultdict(list)
    for name in OUTPUT_FORMATS:
        entry = FORMATS[name]
        if entry.folder:
            continue
        # srt-words and the like are read by the format without "-words"
        reader = name.removesuffix("-words")
        extension = FORMATS[reader].extensions[0] if FORMATS[reader].extensions else ".txt"
        content = render(alignment(), name).content
        assert not isinstance(content, dict)
        found[reader].append(Seed(f"talk{extension}", content.encode() if isinstance(content, str) else content))
    for reader, name, text in FILES:
        found[reader].append(Seed(name, text.encode()))
    return {reader: tuple(seeds) for reader, seeds in found.items()}


def kaldi_folder() -> dict[str, str]:
    """The files of a Kaldi data directory."""
    content = render(alignment(), "kaldi").content
    assert isinstance(content, dict)
    return content


def truth() -> bytes:
    """A truth file with the times of words."""
    rows = []
    for cue in alignment().cues[:4]:
        words = [{"text": word.text, "start": word.start, "end": word.end} for word in cue.words]
        times = {"start": cue.start, "end": cue.end, "clip_start": cue.start, "clip_end": 12.0}
        more = {"text_norm": cue.text.lower(), "speaker": cue.speaker, "spoken": True, "exact": True}
        rows.append({"text": cue.text, **times, **more, "occurrences": [[cue.start, cue.end]], "words": words})
    document = {"format": "ctcalign-truth/1", "audio": "talk.wav", "level": "word", "utterances": rows}
    return json.dumps(document, indent=1).encode()


def examples() -> bytes:
    """JSON lines of a preference data set."""
    rows = [
        {"id": "a", "chosen": "good evening", "rejected": ["good morning", {"path": [1, 2, 0, 3]}]},
        {"id": "b", "completion": "well", "label": False, "desirable_probability": 0.5},
        {"id": "c", "chosen": {"text": "yes", "log_probs": [-0.5, -0.2]}, "rejected": "no", "reference": "yes"},
    ]
    return "\n".join(json.dumps(row) for row in rows).encode()
