"""The audio tracks of a film: their description, and the choice of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ctcalign.audio.info import AudioInfo, AudioTrack
from ctcalign.errors import AudioError, UsageError
from ctcalign.language_codes import is_language, same_language

# Dispositions of FFmpeg.
_DEFAULT, _COMMENT, _VISUAL_IMPAIRED = 0x1, 0x8, 0x100


def tracks_of(container: Any) -> tuple[AudioTrack, ...]:
    """The audio tracks of an open container of PyAV."""
    found = []
    for number, stream in enumerate(container.streams.audio):
        context = stream.codec_context
        flags = _flags(stream)
        found.append(
            AudioTrack(
                number,
                None if context is None else str(context.name),
                0 if context is None else int(context.channels or 0),
                _given(stream.metadata.get("language")),
                _given(stream.metadata.get("title")) or _handler(stream.metadata.get("handler_name")),
                bool(flags & _DEFAULT),
                bool(flags & (_COMMENT | _VISUAL_IMPAIRED)),
            )
        )
    return tuple(found)


def choose_track(tracks: Sequence[AudioTrack], wanted: str | int | None, name: str) -> AudioTrack:
    """The track with a number or a language; None: the default track, else the first.

    Of several that fit, the default one, then one that is not a commentary, then the first.

    Raises:
        UsageError: there is no such track.   AudioError: it cannot be decoded.
    """
    candidates = list(tracks)
    if wanted is not None:
        text = str(wanted).strip()
        if text.isdecimal():
            candidates = [track for track in tracks if track.number == int(text)]
        else:
            candidates = [track for track in tracks if track.language and same_language(track.language, text)]
            if len(tracks) == 1 and not tracks[0].language and is_language(text):
                candidates = list(tracks)
        if not candidates:
            raise UsageError(f"track: {name} has {listed(tracks)}; got {wanted}, expected one of these or its language")
    decoded = [track for track in candidates if track.codec is not None]
    if not decoded:
        raise AudioError(
            f"{name}: its audio is in an encoding that FFmpeg does not know ({listed(candidates)}); convert it to wav "
            "or flac"
        )
    return max(decoded, key=lambda track: (track.default, not track.secondary, -track.number))


def only_track(wanted: str | int | None, name: str) -> None:
    """Raise UsageError if another track is wanted of a format that has only one; its language is not known."""
    text = "0" if wanted is None else str(wanted).strip()
    if not (int(text) == 0 if text.isdecimal() else is_language(text)):
        raise UsageError(f"track: {name} has 1 audio track, 0; got {wanted}, leave out --track")


def unknown_language_note(info: AudioInfo, wanted: str | int | None) -> str | None:
    """What to say when the only track is read as the language that was asked for, since its own is not given."""
    if wanted is None or not is_language(str(wanted)) or any(track.language for track in info.tracks):
        return None
    return f"{info.path}: the language of its only audio track is not given; read as track {str(wanted).strip()!r}"


def listed(tracks: Sequence[AudioTrack]) -> str:
    """The tracks for a message: "2 audio tracks: 0 (eng, Commentary, 2 channels), 1 (fra, default)"."""
    return f"{len(tracks)} audio track{'s' if len(tracks) > 1 else ''}: " + ", ".join(map(_described, tracks))


def tracks_note(info: AudioInfo) -> str | None:
    """Which of several tracks is read; None if there is only one."""
    if len(info.tracks) < 2:
        return None
    return f"{info.path}: {listed(info.tracks)}; track {info.track} is read, choose another with --track"


def _described(track: AudioTrack) -> str:
    details = [track.language or "language not given"]
    if track.title:
        details.append(" ".join(track.title.split())[:40])
    if track.channels:
        details.append(f"{track.channels} channel{'s' if track.channels > 1 else ''}")
    if track.codec is None:
        details.append("cannot be decoded")
    if track.default:
        details.append("default")
    return f"{track.number} ({', '.join(details)})"


def _flags(stream: Any) -> int:
    try:
        return int(stream.disposition)
    except AttributeError:  # PyAV below 12.1
        return 0


def _given(text: str | None) -> str | None:
    return text if text and text.strip() and text.strip().lower() != "und" else None


def _handler(text: str | None) -> str | None:
    """A title that QuickTime files have in another place; not the name of the program's own handler."""
    given = _given(text)
    return None if given is None or "handler" in given.lower() else given
