"""The result of an alignment: every cue and every word of the input exactly once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ctcalign.alignment.caption_file import CaptionFile
from ctcalign.alignment.views import VIEWS, missing
from ctcalign.spans import Span

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

    from ctcalign.formats.shared.format import WriteReport
    from ctcalign.formats.shared.unspoken import Unspoken
    from ctcalign.formats.subtitles.limits import SubtitleLimits

Status = Literal["aligned", "not_spoken", "failed"]
Verdict = Literal["accepted", "rejected", "corrected"]
SCHEMA = "ctcalign/alignment/1"


@dataclass(slots=True)
class AlignedToken:
    """One output symbol of the model. `score` is its mean log-probability per frame, in nats.

    >>> AlignedToken("a", 1.0, 1.04, -0.1).text
    'a'
    """

    text: str
    start: float
    end: float
    score: float


@dataclass(slots=True)
class AlignedWord:
    """One word of the user's text, as written. Times in seconds, None if it was not placed.

    >>> AlignedWord("Hello", 1.0, 1.4, confidence=0.98).span
    Span(start=1.0, end=1.4)
    """

    text: str
    start: float | None = None
    end: float | None = None
    score: float | None = None  # log domain, nats
    confidence: float | None = None  # calibrated probability in [0, 1]
    status: Status = "aligned"
    reason: str | None = None  # why it is not aligned, or why its times are a guess
    reading: str | None = None  # how it was spoken, if that differs from the text ("nineteen eighty four")
    tokens: list[AlignedToken] = field(default_factory=list)

    @property
    def span(self) -> Span | None:
        """Start and end, None where one of them is not known."""
        return Span.of(self.start, self.end)


@dataclass
class AlignedCue:
    """One cue of the input. `words` covers its text in order; mark-up is a word that is `not_spoken`.

    >>> AlignedCue(0, "Hello", status="not_spoken").span is None
    True
    """

    index: int
    text: str
    start: float | None = None
    end: float | None = None
    status: Status = "aligned"
    reason: str | None = None
    score: float | None = None
    confidence: float | None = None
    words: list[AlignedWord] = field(default_factory=list)
    speaker: str | None = None
    id: str | None = None
    channel: int | None = None
    input_start: float | None = None  # the times in the input file, also of cues that were not placed
    input_end: float | None = None
    alternatives: list[tuple[float, float]] = field(default_factory=list)  # other places at which its words are spoken
    scores: dict[str, float] = field(default_factory=dict)  # published scores by name, if requested
    attributes: dict[str, Any] = field(default_factory=dict)  # see `Cue.attributes`
    reviewed: Verdict | None = None  # what a person decided, see `ctcalign.corrections`

    @property
    def span(self) -> Span | None:
        """Start and end, None where one of them is not known."""
        return Span.of(self.start, self.end)


@dataclass
class Alignment:
    """The result of `ctcalign.align` for one recording. Times in seconds from its beginning.

    `warnings` are lines about this recording, these captions and this model that a person should read.

    >>> alignment = Alignment("talk.wav", 2.0, "builtin:en", [AlignedCue(0, "Hello", 0.5, 1.0)])
    >>> Alignment.from_dict(alignment.to_dict()) == alignment
    True
    >>> alignment
    <Alignment 'talk.wav': 2.00 s, 1 of 1 cues aligned>
    """

    audio: str
    duration: float
    model: str
    cues: list[AlignedCue]
    unwritten: list[tuple[float, float]] = field(default_factory=list)  # speech that no cue covers
    language: str | None = None
    frame_shift: float | None = None
    warnings: list[str] = field(default_factory=list)  # truncated audio, characters without a label, ...
    source: CaptionFile | None = None  # what the caption file holds beside its cues

    def __repr__(self) -> str:
        aligned = sum(cue.status == "aligned" for cue in self.cues)
        return f"<Alignment {self.audio!r}: {self.duration:.2f} s, {aligned} of {len(self.cues)} cues aligned>"

    def to_dict(self) -> dict[str, Any]:
        """The alignment as a JSON object of the schema `SCHEMA`. Empty optional keys are omitted."""
        from ctcalign.alignment.document import to_dict

        return to_dict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Alignment:
        """The inverse of `to_dict`. Keys that the schema does not know are ignored and named in `warnings`.

        Raises:
            CaptionError: not a document of this schema; the message names the place of the error.
        """
        from ctcalign.alignment.document import from_dict

        return from_dict(document)

    def _repr_html_(self) -> str | None:
        """A table of the captions for notebooks, with a player if the recording is a small file."""
        return None if VIEWS.html is None else VIEWS.html(self)

    def plot(
        self, start: float = 0.0, end: float | None = None, *, audio: str | Path | None = None, **options: Any
    ) -> Figure:
        """A picture of part of the recording: waveform, mel spectrogram, words and captions, in rows.

        Args:
            start, end: seconds; None is the end of the recording.
            audio: the recording; None: the one that `audio` names.
            options: row_seconds, model, channel, track, max_duration; see
                `ctcalign.report.pictures.alignment.alignment_figure`.
        Returns:
            A figure of Matplotlib, which notebooks show.
        Raises:
            AudioError: there is no such recording, or it cannot be read.
            UsageError: the part is outside of the recording, or would take more than 30 rows.
        """
        if VIEWS.figure is None:
            raise missing("plot")
        return VIEWS.figure(self, start, end, audio, **options)

    def to_dataframe(self, level: Literal["cues", "words"] = "cues") -> DataFrame:
        """The captions, or the words, as a table of pandas, one a row; times in seconds, NaN where there is none.

        Args:
            level: "cues": with their `index`; "words": with the index of their `cue` and their place in it.
        Raises:
            MissingPackageError: pandas is not installed.   UsageError: another level.
        """
        if VIEWS.data_frame is None:
            raise missing("to_dataframe")
        return VIEWS.data_frame(self, level)

    # The two imports from `formats` below are the one exception to the direction of imports, for convenience.

    def to_json(self, path: str | Path) -> WriteReport:
        """Write the JSON document, whatever the extension of `path`. See `ctcalign.formats.write`."""
        from ctcalign.formats.writing import write

        return write(self, path, "json")

    def save(
        self,
        path: str | Path,
        format: str | None = None,
        *,
        unspoken: Unspoken = "keep",
        limits: SubtitleLimits | None = None,
    ) -> WriteReport:
        """Write the alignment in the format that the extension of `path` (or `format`) names.

        Args:
            path: of the file, or of a folder with a final "/".
            format: see `ctcalign.formats.OUTPUT_FORMATS`.
            unspoken: "drop" leaves captions that are not spoken out of every format but JSON.
            limits: of lines and reading speed in subtitle formats, such as
                `ctcalign.formats.SubtitleLimits(max_line_length=42)`.
        Returns:
            What was written, and what this format cannot represent.
        Raises:
            UsageError: no format has this extension or name.  OutputError: the file cannot be written.
        """
        from ctcalign.formats.writing import write

        return write(self, path, format, unspoken, limits)
