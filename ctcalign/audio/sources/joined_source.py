"""Several recordings one after another in one file, decoded as one recording."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ctcalign.audio.file_parts import FilePart
from ctcalign.audio.info import AudioInfo, Piece, Source, with_channels
from ctcalign.errors import AudioError


class JoinedSource:
    """The recordings of a file in order, with the channels of the first; parts that cannot be decoded are reported.

    Args:
        parts: where they are.
        name: of the file, for messages.
        decoder: opens the decoder of a part.
    Raises:
        AudioError: none of them can be decoded.
    """

    def __init__(self, parts: Sequence[FilePart], name: str, decoder: Callable[[FilePart], Source]) -> None:
        self._sources: list[Source | str] = []
        failure: AudioError | None = None
        for part in parts:
            try:
                self._sources.append(decoder(part))
            except AudioError as error:
                failure = failure or error
                self._sources.append(f"bytes {part.start} to {part.stop} are not read: they cannot be decoded")
        decoded = [source for source in self._sources if not isinstance(source, str)]
        if not decoded:
            assert failure is not None
            raise failure
        durations = [source.info.duration for source in decoded]
        known = [length for length in durations if length is not None]
        self._name = name
        self.info: AudioInfo = replace(decoded[0].info, duration=sum(known) if len(known) == len(durations) else None)

    def pieces(self, warnings: list[str]) -> Iterator[Piece]:
        """See `Source`."""
        position = 0.0
        starts: list[float] = []
        for source in self._sources:
            if isinstance(source, str):
                warnings.append(f"{self._name}: at {position:.2f} s: {source}")
                continue
            own: list[str] = []
            first = True
            for piece in source.pieces(own):
                if first:
                    starts.append(position)
                    first = False
                position += len(piece.samples) / piece.rate
                yield Piece(with_channels(piece.samples, self.info.channels), piece.rate)
            warnings.extend(text for text in own if text not in warnings)
        if len(starts) > 1:
            shown = ", ".join(f"{start:.2f}" for start in starts[1:9]) + (", ..." if len(starts) > 9 else "")
            warnings.insert(
                0, f"{self._name}: {len(starts)} recordings one after another, read as one; new ones begin at {shown} s"
            )
