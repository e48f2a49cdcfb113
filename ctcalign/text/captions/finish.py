"""From drafts to cues: pick the recording, check the times, number the cues."""

from __future__ import annotations

from ctcalign.errors import CaptionError
from ctcalign.text.captions.draft import Draft, Notes
from ctcalign.text.cues import Cue

_LISTED = 5


def pick_recording(drafts: list[Draft], recording: str | None, name: str) -> tuple[list[Draft], str | None]:
    """The drafts of one recording and its id. Drafts that name no recording belong to every one.

    Raises:
        CaptionError: the file holds several recordings and none is chosen, or not the chosen one.
    """
    held = list(dict.fromkeys(d.recording for d in drafts if d.recording is not None))
    if not held:
        return drafts, None
    if recording is None:
        if len(held) > 1:
            raise CaptionError(
                f"{name}: holds {len(held)} recordings ({_few(held)}); expected one; choose one by its id (--recording)"
            )
        return drafts, held[0]
    if recording not in held:
        raise CaptionError(f"{name}: holds no recording {recording!r}; it has {_few(held)}")
    return [d for d in drafts if d.recording in (None, recording)], recording


def finish(drafts: list[Draft], notes: Notes) -> list[Cue]:
    """Cues in file order. Afterwards a cue has both times with 0 <= start <= end, or neither."""
    cues: list[Cue] = []
    latest: tuple[float, float] | None = None  # start of the last timed cue, furthest end so far
    for index, draft in enumerate(drafts):
        where = "" if draft.line is not None else f"cue {index + 1}"
        start, end = _checked(draft, notes, where)
        if start is not None and end is not None:
            if latest is not None and start < latest[0]:
                notes.add("starts before the cue above it; file order kept", draft.line, where)
            elif latest is not None and start < latest[1] - 1e-6:
                notes.add("overlaps an earlier cue", draft.line, where)
            latest = (start, max(end, latest[1] if latest else end))
        cues.append(
            Cue(index, draft.text, start, end, draft.speaker, draft.id, draft.channel, tuple(draft.words)),
        )
    return cues


def _checked(draft: Draft, notes: Notes, where: str) -> tuple[float | None, float | None]:
    start, end = draft.start, draft.end
    if start is None or end is None:
        return None, None
    if end < start:
        notes.add(
            "end before start; taken as a cue without length", draft.line, _join(where, f"{start:g} to {end:g} s")
        )
        end = start
    if end < 0:
        notes.add("before the beginning of the recording; times dropped", draft.line, _join(where, f"{start:g} s"))
        return None, None
    if start < 0:
        notes.add("negative start; taken as 0", draft.line, _join(where, f"{start:g} s"))
        start = 0.0
    return start, end


def _join(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _few(ids: list[str]) -> str:
    return ", ".join(ids[:_LISTED]) + (f", ... ({len(ids) - _LISTED} more)" if len(ids) > _LISTED else "")
