"""A review without a page: an editor that a test drives, what it exports, and what is expected of that.

It shares no code with the package: alignments are JSON objects, and each word keeps its own history instead of being
looked for in a text.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

Row = dict[str, Any]
MARK = "[MUSIC"  # mark-up begins with it


@dataclass
class Word:
    row: Row | None  # of the alignment; None: typed in
    text: str
    start: float | None
    end: float | None
    moved: bool = False

    @property
    def is_mark(self) -> bool:
        return self.text.startswith(MARK)


@dataclass
class Item:
    """A cue on the screen."""

    origin: list[int]  # places in the alignment
    words: list[Word]
    start: float | None
    end: float | None
    verdict: str | None = None
    touched: bool = False
    exact: list[bool] = field(default_factory=lambda: [True, True])  # whether start and end are those of the alignment

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


class Editor:
    def __init__(self, document: Row) -> None:
        self.document = document
        self.items = [
            Item([place], [Word(w, w["text"], w["start"], w["end"]) for w in cue["words"]], cue["start"], cue["end"])
            for place, cue in enumerate(document["cues"])
        ]

    def judge(self, place: int, verdict: str) -> None:
        self.items[place].verdict, self.items[place].touched = verdict, True

    def widen(self, place: int, milliseconds: int) -> None:
        """Move both ends of a cue outwards."""
        item = self.items[place]
        item.start = max(0.0, round(item.start - milliseconds / 1000, 3))
        item.end = min(self.document["duration"], round(item.end + milliseconds / 1000, 3))
        item.touched, item.exact = True, [False, False]

    def nudge_word(self, place: int, number: int) -> None:
        """Shorten a word by 10 ms at its end."""
        item = self.items[place]
        word = item.words[number]
        if word.start is not None and round(word.end, 3) - 0.01 > round(word.start, 3):
            word.end, word.moved, item.touched = round(word.end - 0.01, 3), True, True

    def write(self, place: int, number: int, text: str) -> None:
        """Other words in the place of one."""
        item = self.items[place]
        old = item.words[number]
        new = [Word(None, part, None, None) for part in text.split()]
        new[0].start, new[0].end = old.start, old.end
        item.words[number : number + 1] = new
        item.touched = True

    def erase(self, place: int, number: int) -> None:
        item = self.items[place]
        if len(item.words) > 1:
            del item.words[number]
            item.touched = True

    def split(self, place: int, number: int) -> None:
        item = self.items[place]
        cut = item.words[number].start
        if cut is None or not item.start < round(cut, 3) < item.end:
            return
        at = round(cut, 3)
        for word in item.words[:number]:
            if word.end is not None and word.end > at:
                word.moved = word.moved or word.end > at + 0.0005
                word.start, word.end = min(word.start, at), at
        new = Item(item.origin, item.words[number:], at, item.end, None, True, [False, item.exact[1]])
        item.words, item.end, item.exact = item.words[:number], at, [item.exact[0], False]
        item.touched = True
        self.items.insert(place + 1, new)
        self._touch_family(item.origin)

    def join(self, place: int) -> None:
        """A cue and the one after it."""
        first, second = self.items[place], self.items[place + 1]
        if first.origin == second.origin or first.start is None or second.end is None:
            return
        family = [*first.origin, *second.origin]
        first.words += second.words
        first.end, first.exact = second.end, [first.exact[0], second.exact[1]]
        first.touched, first.verdict = True, None
        del self.items[place + 1]
        for item in self.items:
            if set(item.origin) & set(family):
                item.origin = family
        first.origin = family
        self._touch_family(family)

    def _touch_family(self, origin: list[int]) -> None:
        for item in self.items:
            if item.origin == origin:
                item.touched = True

    def export(self, content: bytes) -> Row:
        """The document of the edits; `content`: bytes of the alignment."""
        cues = self.document["cues"]
        about = {"name": "talk.json", "sha256": hashlib.sha256(content).hexdigest(), "audio": "talk.wav"}
        rows = [
            {
                "from": [cues[place]["index"] for place in item.origin],
                "text": item.text,
                "start": thousandths(item.start),
                "end": thousandths(item.end),
                "verdict": item.verdict,
                "words": [
                    {"text": word.text, "start": thousandths(word.start), "end": thousandths(word.end)}
                    for word in item.words
                ],
            }
            for item in self.items
            if item.touched
        ]
        return {"schema": "ctcalign/edits/1", "alignment": {**about, "cues": len(cues)}, "cues": rows}

    def expected(self) -> list[Row]:
        """The cues of the alignment after the review."""
        found = []
        several = any(len(item.origin) > 1 or self._parts(item) > 1 for item in self.items)
        for number, item in enumerate(self.items):
            if not item.touched:
                row = json.loads(json.dumps(self.document["cues"][item.origin[0]]))
            else:
                row = self._expected(item)
            if several:
                row["index"] = number
            found.append(row)
        return found

    def _parts(self, item: Item) -> int:
        return sum(other.origin == item.origin for other in self.items)

    def _expected(self, item: Item) -> Row:
        first = self.document["cues"][item.origin[0]]
        family = [other for other in self.items if other.origin == item.origin]
        row: Row = {"index": first["index"], "text": item.text}
        row["start"] = item.start if item.exact[0] else thousandths(item.start)
        row["end"] = item.end if item.exact[1] else thousandths(item.end)
        row |= {"status": "aligned", "score": None, "confidence": 1.0, "words": []}
        if item is family[0] and "id" in first:
            row["id"] = first["id"]
        speakers = {self.document["cues"][place].get("speaker") for place in item.origin}
        if len(speakers) == 1 and None not in speakers:
            row["speaker"] = first["speaker"]
        row["reviewed"] = item.verdict or "corrected"
        if item.verdict == "rejected":
            row |= {"start": None, "end": None, "status": "not_spoken", "confidence": 0.0}
            row["reason"] = "rejected in review"
        same_words = [word.row for word in item.words] == first["words"]
        untouched = same_words and all(item.exact) and not any(word.moved for word in item.words)
        if untouched and item.verdict == "accepted" and len(item.origin) == len(family) == 1:
            row["score"] = first["score"]
        for word in item.words:
            row["words"].append(self._word(word, row))
        if item.verdict != "rejected" and all(word.is_mark for word in item.words):
            row |= {"status": "not_spoken", "score": None, "confidence": None}
        return row

    def _word(self, word: Word, cue: Row) -> Row:
        row: Row = {"text": word.text, "start": None, "end": None, "score": None, "confidence": None}
        rejected = cue["status"] == "not_spoken"
        if not rejected and word.start is not None:
            exact = word.row is not None and not word.moved
            start, end = (word.start, word.end) if exact else (thousandths(word.start), thousandths(word.end))
            if word.row is not None and word.moved and abs(start - word.row["start"]) < 0.00051:
                start = word.row["start"]
            low = max([cue["start"], *(w["end"] for w in cue["words"] if w["end"] is not None)])
            row["start"] = min(max(start, low), cue["end"])
            row["end"] = min(max(end, row["start"]), cue["end"])
            if exact and not word.is_mark:
                row["score"] = word.row["score"]
        row["status"] = "not_spoken" if rejected or word.is_mark else "aligned"
        if not word.is_mark:
            row["confidence"] = 0.0 if rejected else 1.0
            if rejected:
                row["reason"] = "rejected in review"
            elif word.start is None:
                row |= {"status": "failed", "confidence": 0.0, "reason": "no time in the review"}
            if word.row is not None and "reading" in word.row and not rejected:
                row["reading"] = word.row["reading"]
        return row


def thousandths(time: float | None) -> float | None:
    return None if time is None else round(time, 3)


@st.composite
def documents(draw: st.DrawFn) -> Row:
    """Alignments whose words all differ, with times of any precision in order."""
    count = draw(st.integers(1, 6))
    at, cues, serial = draw(st.floats(0, 2)), [], 0
    for number in range(count):
        words: list[Row] = []
        start = at
        for _ in range(draw(st.integers(1, 5))):
            end = at + draw(st.floats(0.05, 1.0))
            serial += 1
            mark = draw(st.integers(0, 6)) == 0 and bool(words)
            text = f"{MARK}{serial}]" if mark else f"word{serial}" + draw(st.sampled_from(["", ",", "’s", "é"]))
            status = "not_spoken" if mark else "aligned"
            row: Row = {"text": text, "start": at, "end": end, "score": None if mark else -serial / 7}
            row |= {"confidence": None if mark else 0.3, "status": status}
            if not mark and draw(st.integers(0, 5)) == 0:
                row |= {"start": None, "end": None, "score": None, "status": "not_spoken", "confidence": 0.0}
                row["reason"] = "not found in the audio"
            elif not mark and draw(st.integers(0, 3)) == 0:
                row["reading"] = "nineteen eighty four"
            words.append(row)
            at = end + draw(st.sampled_from([0.0, 0.013]))
        cue = {"index": number * draw(st.sampled_from([1, 1, 1, 3])), "text": " ".join(w["text"] for w in words)}
        cue |= {"start": start, "end": at, "status": "aligned", "score": -0.5, "confidence": 0.25, "words": words}
        if draw(st.booleans()):
            cue["speaker"] = draw(st.sampled_from(["Ann", "Bob"]))
        if draw(st.booleans()):
            cue["id"] = f"id{number}"
        cues.append(cue)
        at += draw(st.sampled_from([0.0, 0.4]))
    step = draw(st.sampled_from([1, 2]))  # a filter may have dropped cues
    for number, cue in enumerate(cues):
        cue["index"] = number * step
    document = {"schema": "ctcalign/alignment/1", "audio": "talk.wav", "duration": at + 1.0, "model": "builtin:en"}
    return {**document, "language": "en", "cues": cues, "unwritten": []}


@st.composite
def edited(draw: st.DrawFn) -> Editor:
    """An alignment after some random work of a reviewer."""
    editor = Editor(draw(documents()))
    for number in range(draw(st.integers(0, 12))):
        place = draw(st.integers(0, len(editor.items) - 1))
        item = editor.items[place]
        action = draw(st.sampled_from(["accept", "reject", "widen", "word", "write", "erase", "split", "join"]))
        word = draw(st.integers(0, len(item.words) - 1))
        if action in ("accept", "reject"):
            editor.judge(place, f"{action}ed")
        elif action == "widen":
            editor.widen(place, draw(st.sampled_from([10, 50])))
        elif action == "word":
            editor.nudge_word(place, word)
        elif action == "write":
            editor.write(place, word, draw(st.sampled_from(["typed{0}", "typed{0} twice{0}"])).format(number))
        elif action == "erase":
            editor.erase(place, word)
        elif action == "split" and word > 0:
            editor.split(place, word)
        elif action == "join" and place + 1 < len(editor.items):
            editor.join(place)
    return editor
