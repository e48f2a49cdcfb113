"""Alignments that keep the invariants, with every text that a format may trip over."""

from __future__ import annotations

from hypothesis import strategies as st

from ctcalign.alignment.alignment import AlignedCue, AlignedToken, AlignedWord, Alignment

NASTY = [
    "Hello",
    "world,",
    "<i>",
    "</i>",
    "-->",
    "1 --> 2",
    "00:00:01,000 --> 00:00:02,000",
    "שלום",
    "\u202bعربي\u202c",
    "日本語",
    "👩‍👩‍👧",
    '"quoted"',
    "it's",
    "{\\an8}",
    "{braces}",
    "\\N",
    "a&b",
    "<laughs>",
    "[MUSIC]",
    "item [1]",
    "tab\there",
    "two\nlines",
    "blank\n\nline",
    "\u2028",
    "nbsp\u00a0word",
    "42",
    "NOTE",
    ";;",
    "e\u0301",
    "\x85",
    "\x00",
    "#",
    "",
]
word_texts = st.one_of(st.sampled_from(NASTY), st.text(min_size=1, max_size=8))
# No ASCII control characters or separators where a name is compared as it is.
names = st.one_of(st.none(), st.sampled_from(["Ann", "Bob B.", "Zoë, Dr", "a&b <c>", "名前", "a_b", "a b"]))
scores = st.one_of(st.none(), st.floats(-50, 0))
confidences = st.one_of(st.none(), st.floats(0, 1))


@st.composite
def words_between(draw: st.DrawFn, start: float | None, end: float | None) -> list[AlignedWord]:
    texts = draw(st.lists(word_texts, max_size=5))
    if start is None or end is None:
        return [AlignedWord(text, status="failed", reason="cue not placed") for text in texts]
    cuts = sorted(start + (end - start) * draw(st.floats(0, 1)) for _ in range(2 * len(texts)))
    words = []
    for i, text in enumerate(texts):
        a, b = min(cuts[2 * i], end), min(cuts[2 * i + 1], end)
        status = draw(st.sampled_from(["aligned", "aligned", "aligned", "not_spoken", "failed"]))
        placed = draw(st.integers(0, 4)) > 0
        word = AlignedWord(text, status=status, score=draw(scores), confidence=draw(confidences))
        if placed:
            word.start, word.end = a, b
            if draw(st.booleans()):
                word.tokens = [AlignedToken("x", a, b, -0.5)]
        word.reason = draw(st.one_of(st.none(), st.just("low confidence")))
        word.reading = draw(st.one_of(st.none(), st.just("nineteen eighty four")))
        words.append(word)
    return words


@st.composite
def alignments(
    draw: st.DrawFn, *, longest: float = 500_000.0, ordered: bool = False, old_times: bool = True
) -> Alignment:
    """`longest` in seconds (the default is beyond 100 h); `ordered`: cues in time order without overlap.

    `old_times`: cues without a place may have times of the input.
    """
    duration = draw(st.floats(0.5, longest))
    count = draw(st.integers(0, 5))
    spans = [sorted((duration * draw(st.floats(0, 1)), duration * draw(st.floats(0, 1)))) for _ in range(count)]
    if ordered:
        edges = sorted(time for span in spans for time in span)
        spans = [[edges[2 * i], edges[2 * i + 1]] for i in range(count)]
    cues = []
    for index, (a, b) in enumerate(spans):
        placed = draw(st.integers(0, 4)) > 0
        start, end = (a, b) if placed else (None, None)
        words = draw(words_between(start, end))
        separator = draw(st.sampled_from([" ", "\n", "  "]))
        cue = AlignedCue(index, separator.join(word.text for word in words), start, end, words=words)
        cue.status = (
            "failed" if start is None else draw(st.sampled_from(["aligned", "aligned", "not_spoken", "failed"]))
        )
        cue.reason = "no speech found" if cue.status == "failed" else None
        cue.score, cue.confidence = draw(scores), draw(confidences)
        cue.speaker = draw(names)
        cue.id = draw(st.one_of(st.none(), st.just(str(index + 1)), st.just("intro")))
        cue.channel = draw(st.one_of(st.none(), st.integers(0, 1)))
        cue.reviewed = draw(st.sampled_from([None, None, "accepted", "corrected", "rejected"]))
        if old_times and not placed and draw(st.booleans()):
            cue.input_start, cue.input_end = a, b
        cues.append(cue)
    unwritten = [(min(a, b), max(a, b)) for a, b in spans[:1] if a != b]
    audio = draw(st.sampled_from(["talk.wav", "dir/my talk.mp3", "", "/abs/ünï cödé.flac"]))
    return Alignment(
        audio, duration, "builtin:en", cues, unwritten, "en", 0.04, ["truncated"] * draw(st.integers(0, 1))
    )
