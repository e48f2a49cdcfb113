"""Place decoded frames by the time stamps of their container: gaps become silence, overlaps are dropped."""

from __future__ import annotations

from dataclasses import dataclass, field

# Seconds. Time stamps are rounded (1 ms in Matroska) and jitter; only larger differences are gaps or overlaps.
_TOLERANCE = 0.05
# Seconds. A larger jump back is a reset of the clock, not an overlap.
_RESET_BACK = 1.0
# Seconds that a gap may reach beyond the duration in the header.
_SLACK = 10.0
# Seconds. The longest gap that is filled with silence: a longer one is a reset of the clock.
_RESET_FORWARD = 3600.0
# All gaps together are filled with as much, and so many times the sound before them: what mutes itself for most of a
# meeting stays in time, and a file of a few seconds does not become a day.
_SILENCE_PER_SOUND = 10.0
# More gaps are given as a sum.
_MOST_NOTES = 5


@dataclass
class Clock:
    """The position in samples, compared with time stamps.

    Attributes:
        rate: samples per second.
        zero: time stamp of time 0, in seconds.
        duration: seconds according to the header, None if unknown.
        position: samples placed so far.
        skipped: seconds of gaps that were not filled.
        notes: messages for the user, one line each.
    """

    rate: int
    zero: float
    duration: float | None
    position: int = 0
    skipped: float = 0.0
    notes: list[str] = field(default_factory=list)
    _started: bool = False
    _overlapping: float = 0.0
    _filled: float = 0.0
    _gaps: int = 0

    @property
    def seconds(self) -> float:
        """The position in seconds."""
        return self.position / self.rate

    @property
    def expected(self) -> float:
        """The time stamp of a frame that follows without a gap."""
        return self.zero + self.seconds

    def all_notes(self) -> list[str]:
        """The notes, with sums of what was dropped and of further gaps."""
        notes = list(self.notes)
        if self._gaps > _MOST_NOTES:
            notes.append(f"{self._gaps} gaps: {self._filled:.2f} s in all filled with silence")
        if self._overlapping >= _TOLERANCE:
            notes.append(f"{self._overlapping:.2f} s dropped: their time stamps overlap the audio before")
        return notes

    def change_rate(self, rate: int) -> None:
        """The frames that follow have another sample rate."""
        self.position = round(self.seconds * rate)
        self.rate = rate

    def place(self, time: float | None, samples: int) -> tuple[int, int]:
        """Place the next frame.

        Args:
            time: its time stamp in seconds; None: it follows the frame before.
            samples: its length.
        Returns:
            Samples of silence to insert before it, and samples to drop from its start.
        """
        pad = drop = 0
        if time is not None:
            shift = round((time - self.zero) * self.rate) - self.position
            tolerance = _TOLERANCE * self.rate if self._started else 0
            if shift > tolerance:
                pad = self._gap(shift)
            elif shift < -tolerance:
                drop = self._overlap(-shift, samples)
        self._started = True
        self.position += pad + samples - drop
        return pad, drop

    def _gap(self, shift: int) -> int:
        here, length = self.seconds, shift / self.rate
        limit = min(_RESET_FORWARD, _RESET_FORWARD + _SILENCE_PER_SOUND * (here - self._filled) - self._filled)
        if self.duration is not None:
            limit = min(limit, max(self.duration - here, 0.0) + _SLACK)
        if length > limit:
            self.zero += length
            self.skipped += length
            self.notes.append(
                f"time stamps jump by {length:.1f} s at {here:.2f} s: treated as a reset of the clock, no silence is "
                "inserted"
            )
            return 0
        self._filled += length
        if self._started:
            self._gaps += 1
            if self._gaps <= _MOST_NOTES:
                self.notes.append(f"gap of {length:.2f} s at {here:.2f} s: filled with silence")
        return shift

    def _overlap(self, shift: int, samples: int) -> int:
        here, length = self.seconds, shift / self.rate
        if length > _RESET_BACK:
            self.zero -= length
            self.notes.append(
                f"time stamps jump back by {length:.1f} s at {here:.2f} s: treated as a reset of the clock"
            )
            return 0
        dropped = min(shift, samples)
        if self._started:
            self._overlapping += dropped / self.rate
        return dropped
