"""The invariants of every output: times finite, inside the recording, in order, words inside their cue.

Formats cannot hold alignments that violate them, and players and toolkits fail on such files (negative durations,
overlapping intervals, NaN in JSON). Violations are repaired here, by clipping, and reported.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ctcalign.alignment.alignment import AlignedCue, AlignedToken, AlignedWord, Alignment
from ctcalign.formats.shared.view import counted, listed

# Seconds. Sums of frame shifts differ by rounding; smaller violations are repaired without a note.
TOLERANCE = 1e-6
# Seconds (31 years). A later time is an error of the input file.
LATEST = 1e9

_Fault = Callable[[str], None]


@dataclass
class _Faults:
    """Indices of the cues with each kind of fault, in the order of first occurrence."""

    cues: dict[str, list[int]]

    def add(self, what: str, index: int) -> None:
        self.cues.setdefault(what, []).append(index)

    def notes(self) -> list[str]:
        return [
            f"{what}: repaired in {counted(len(set(c)), 'cue')}, {listed(sorted(set(c)))}"
            for what, c in self.cues.items()
        ]


def repaired(alignment: Alignment) -> tuple[Alignment, list[str]]:
    """An alignment that keeps the invariants, and a note for each kind of repair. Valid parts are shared, not copied.

    Afterwards: `duration` in [0, LATEST]; a start has an end; 0 <= start <= end <= duration; the words of a placed cue
    are inside it, in order and without overlap (starts are trusted more than ends), tokens likewise inside their word;
    scores are finite or None, confidences in [0, 1]; no text contains a lone surrogate.
    """
    faults = _Faults({})
    notes: list[str] = []
    duration = alignment.duration
    if not 0 <= duration <= LATEST:  # NaN makes it false
        ends = [cue.end for cue in alignment.cues if cue.end is not None and cue.end <= LATEST]
        duration = max([0.0, *ends])
        notes.append(f"duration was {alignment.duration}: set to the end of the last cue, {duration:.3f} s")
    cues = [_cue(cue, duration, faults) for cue in alignment.cues]
    unwritten = _inside(alignment.unwritten, duration)
    if len(unwritten) < len(alignment.unwritten):
        notes.append(
            f"{counted(len(alignment.unwritten) - len(unwritten), 'unwritten stretch')} outside the recording omitted"
        )
    copy = replace(alignment, duration=duration, cues=cues, unwritten=unwritten, audio=_text(alignment.audio))
    return copy, notes + faults.notes()


def _cue(cue: AlignedCue, duration: float, faults: _Faults) -> AlignedCue:
    def fault(what: str) -> None:
        faults.add(what, cue.index)

    start, end = _span(cue.start, cue.end, 0.0, duration, fault, "cue times")
    inner = (0.0, duration) if start is None or end is None else (start, end)
    input_start, input_end = cue.input_start, cue.input_end
    if input_start is None or input_end is None or not abs(input_start) <= LATEST or not abs(input_end) <= LATEST:
        input_start = input_end = None  # an error of the input file, not reported
    text = _text(cue.text)
    if text != cue.text:
        fault("lone surrogates in the text")
    return replace(
        cue,
        text=text,
        start=start,
        end=end,
        score=_score(cue.score, fault),
        confidence=_confidence(cue.confidence, fault),
        words=_words(cue.words, *inner, fault),
        input_start=input_start,
        input_end=input_end,
        speaker=None if cue.speaker is None else _text(cue.speaker),
        id=None if cue.id is None else _text(cue.id),
        reason=None if cue.reason is None else _text(cue.reason),
        alternatives=_inside(cue.alternatives, duration),
    )


def _inside(spans: Sequence[tuple[float, float]], duration: float) -> list[tuple[float, float]]:
    """The parts of spans inside the recording; empty and non-finite ones are omitted."""
    kept = [(max(a, 0.0), min(b, duration)) for a, b in spans if math.isfinite(a) and math.isfinite(b)]
    return [(a, b) for a, b in kept if b > a]


def _words(words: Sequence[AlignedWord], low: float, high: float, fault: _Fault) -> list[AlignedWord]:
    if _valid(words, low, high):
        return list(words)
    spans = _in_order([_span(w.start, w.end, low, high, fault, "word times") for w in words], fault, "word order")
    return [
        replace(
            word,
            text=_text(word.text),
            start=start,
            end=end,
            score=_score(word.score, fault),
            confidence=_confidence(word.confidence, fault),
            reason=None if word.reason is None else _text(word.reason),
            reading=None if word.reading is None else _text(word.reading),
            tokens=[] if start is None or end is None else _tokens(word.tokens, start, end, fault),
        )
        for word, (start, end) in zip(words, spans, strict=True)
    ]


def _valid(words: Sequence[AlignedWord], low: float, high: float) -> bool:
    """Whether nothing needs repair, as in most cues; tested without a copy. NaN makes each comparison false."""
    for word in words:
        if word.start is None or word.end is None:
            if word.start is not word.end or word.tokens:
                return False
        elif not low <= word.start <= word.end <= high:
            return False
        else:
            at = word.start
            for token in word.tokens:
                if not (at <= token.start <= token.end <= word.end and abs(token.score) < math.inf):
                    return False
                at = token.end
            low = word.end
        if word.score is not None and not abs(word.score) < math.inf:
            return False
        if word.confidence is not None and not 0.0 <= word.confidence <= 1.0:
            return False
        texts = [word.text, word.reason, word.reading, *(token.text for token in word.tokens)]
        if not all(text is None or text.isascii() or _text(text) == text for text in texts):
            return False
    return True


def _tokens(tokens: Sequence[AlignedToken], low: float, high: float, fault: _Fault) -> list[AlignedToken]:
    spans = [_span(t.start, t.end, low, high, fault, "token times") for t in tokens]
    kept = []
    for token, (start, end) in zip(tokens, _in_order(spans, fault, "token order"), strict=True):
        score = _score(token.score, fault)
        if start is not None and end is not None and score is not None:  # a token needs all three
            kept.append(AlignedToken(_text(token.text), start, end, score))
    return kept


def _span(
    start: float | None, end: float | None, low: float, high: float, fault: _Fault, what: str
) -> tuple[float | None, float | None]:
    """The part of [start, end] inside [low, high]; (None, None) unless both are finite numbers."""
    if start is None and end is None:
        return None, None
    if start is None or end is None or not math.isfinite(start) or not math.isfinite(end):
        fault(f"{what} that are not two finite numbers")
        return None, None
    if start < low - TOLERANCE or end > high + TOLERANCE or start > high + TOLERANCE or end < low - TOLERANCE:
        fault(f"{what} outside the {'recording' if what.startswith('cue') else 'cue or word'}")
    elif end < start - TOLERANCE:
        fault(f"{what} that end before they start")
    start = min(max(start, low), high)
    return start + 0.0, min(max(end, start), high) + 0.0  # + 0.0: no "-0.0" in a file


def _in_order(
    spans: list[tuple[float | None, float | None]], fault: _Fault, what: str
) -> list[tuple[float | None, float | None]]:
    """Starts made non-decreasing, then each end clipped to the next start."""
    latest = -math.inf
    starts: list[float | None] = []
    for start, _ in spans:
        if start is not None and start < latest - TOLERANCE:
            fault(what)
        latest = latest if start is None else max(latest, start)
        starts.append(None if start is None else latest)
    ordered: list[tuple[float | None, float | None]] = []
    bound = math.inf
    for start, (_, end) in zip(reversed(starts), reversed(spans), strict=True):
        if start is None or end is None:
            ordered.append((None, None))
            continue
        if end > bound + TOLERANCE:
            fault(f"{what} (overlap)")
        ordered.append((start, max(start, min(end, bound))))
        bound = start
    return ordered[::-1]


def _score(score: float | None, fault: _Fault) -> float | None:
    if score is None or math.isfinite(score):
        return score
    fault("scores that are not finite")
    return None


def _confidence(confidence: float | None, fault: _Fault) -> float | None:
    if confidence is None or 0.0 <= confidence <= 1.0:
        return confidence
    fault("confidences outside 0 to 1")
    return None if math.isnan(confidence) else min(max(confidence, 0.0), 1.0)


def _text(text: str) -> str:
    """The text with lone surrogates, which UTF-8 cannot encode, replaced by U+FFFD."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
