"""Start and duration of a stream of PyAV, from the time stamps of its container."""

from __future__ import annotations

from typing import Any

# Streams of these containers begin at 0 or where another stream has begun; those of others with an arbitrary clock.
_CLOCK_FROM_ZERO = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
# The headers of these containers give the exact duration; of mp3 a table in the first frame.
EXACT_DURATION = (*_CLOCK_FROM_ZERO, "asf", "avi", "flac", "wav", "caf", "wv", "tta", "ape", "mp3")
_ATTACHED_PICTURE = 0x400
# Seconds, and samples: what encoders need to start stands before time 0 or moves the first time stamp by as much.
_PRIMING = 0.1
_PRIMING_SAMPLES = 4096
# Seconds. A later start is worth a warning.
_NOTICED = 0.1


def zero_of(container: Any, rate: int) -> float:
    """Time stamp, in seconds, of time 0 of the recording: the start of its earliest stream of sound or pictures."""
    if container.format.name not in _CLOCK_FROM_ZERO:
        return 0.0 if container.start_time is None else float(container.start_time) / 1e6
    starts = [
        float(stream.start_time * stream.time_base)
        for stream in (*container.streams.audio, *container.streams.video)
        if stream.start_time is not None and stream.time_base is not None and not _is_picture(stream)
    ]
    earliest = min(starts, default=0.0)
    return 0.0 if abs(earliest) <= max(_PRIMING, _PRIMING_SAMPLES / rate) else earliest


def start_note(container: Any, zero: float) -> str | None:
    """A message if the time stamps of a container that should begin at 0 do not."""
    if container.format.name not in _CLOCK_FROM_ZERO or abs(zero) < _NOTICED:
        return None
    return f"its time stamps begin at {zero:.2f} s, not at 0: all times here count from the start of the recording"


def duration_of(container: Any, stream: Any) -> float | None:
    """End time of the audio stream, from time 0 of the recording, according to the header."""
    rate = int(stream.codec_context.sample_rate or 1)
    zero = zero_of(container, rate)
    if stream.duration is not None and stream.time_base is not None:
        length, start = float(stream.duration * stream.time_base), float((stream.start_time or 0) * stream.time_base)
        if zero > _NOTICED and length > zero and container.format.name in EXACT_DURATION:
            # FFmpeg counts it from time stamp 0, but in mp4 files without fragments from the start.
            return None if container.format.name == _CLOCK_FROM_ZERO[0] else length - zero
        return max(length + start - zero, 0.0)
    stated = stream.metadata.get("DURATION")  # Matroska: 00:01:02.345000000
    if stated is not None and stated.count(":") == 2:
        hours, minutes, seconds = stated.split(":")
        try:
            return max(int(hours) * 3600 + int(minutes) * 60 + float(seconds) - zero, 0.0)
        except ValueError:
            return None
    if container.duration is not None and len(container.streams) == 1:
        length = float(container.duration) / 1e6
        return length - zero if length > zero > _NOTICED and container.format.name in EXACT_DURATION else length
    return None


def _is_picture(stream: Any) -> bool:
    try:
        return bool(int(stream.disposition) & _ATTACHED_PICTURE)
    except AttributeError:  # PyAV below 12.1
        return False
