"""Alignments in notebooks: a table with a player, and figures."""

from __future__ import annotations

import base64
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.errors import AudioError
from ctcalign.formats.shared.view import tidy
from ctcalign.formats.shared.whereabouts import find_recording
from ctcalign.report.tables.alignment import chosen, shortened, summary_lines, time_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROWS = 12  # of the table
TEXT = 80  # characters of a caption
LARGEST = 2_000_000  # bytes of a recording that is put into the notebook, which saves it with its outputs
# What browsers play, by extension.
TYPES = {
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
    ".webm": "audio/webm",
}

# Notebooks show this among their own elements: no style element, which would reach those too.
_TEMPLATE = """<div>
<p><b><bdi>{{ name }}</bdi></b>{% for line in lines %}<br><bdi>{{ line }}</bdi>{% endfor %}</p>
{% if sound %}<audio controls preload="metadata" src="{{ sound }}"></audio>
{% endif %}<table><thead><tr><th>cue<th>start<th>end<th>status<th>confidence<th style="text-align: left">text</tr>
</thead>
<tbody>{% for row in rows %}<tr><td>{{ row.index }}</td><td>{{ row.start }}</td><td>{{ row.end }}</td>
<td><bdi>{{ row.status }}</bdi></td><td>{{ row.confidence }}</td>
<td style="text-align: left"><bdi dir="auto">{{ row.text }}</bdi></td></tr>
{% endfor %}</tbody></table>
{% if more %}<p>and {{ more }} more</p>{% endif %}</div>
"""


def alignment_html(alignment: Alignment) -> str:
    """A table of up to `ROWS` captions, those that failed first; with a player if the recording is a small file."""
    places = chosen(alignment, ROWS)
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(_TEMPLATE).render(
        name=_printable(os.path.basename(alignment.audio) or "alignment"),
        lines=[_printable(line) for line in summary_lines(alignment)],
        sound=_sound(alignment),
        rows=[_row(alignment.cues[place]) for place in places],
        more=len(alignment.cues) - len(places),
    )


def _row(cue: AlignedCue) -> dict[str, Any]:
    verdict = f", {cue.reviewed} in review" if cue.reviewed else ""
    return {
        "index": cue.index,
        "start": time_text(cue.start),
        "end": time_text(cue.end),
        "status": _printable(cue.status.replace("_", " ") + verdict + (f": {cue.reason}" if cue.reason else "")),
        "confidence": "" if cue.confidence is None else f"{cue.confidence:.2f}",
        "text": shortened(_printable(cue.text), TEXT),
    }


def _printable(text: str) -> str:
    """Without control characters and lone surrogates, which a notebook could not store."""
    return tidy(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _sound(alignment: Alignment) -> str | None:
    """The recording as an address that holds it; None if it is missing, large, or of a type that no browser plays."""
    path = find_recording(alignment.audio, "notebook", alignment.duration)
    kind = None if path is None else TYPES.get(path.suffix.lower())
    try:
        if path is None or kind is None or path.stat().st_size > LARGEST:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def shown_figure(
    alignment: Alignment, start: float, end: float | None, audio: str | Path | None, **options: Any
) -> Figure:
    """A picture of part of a recording; see `Alignment.plot`. Warnings for the user are those of Python."""
    from ctcalign.report.pictures.alignment import alignment_figure

    path = Path(audio) if audio is not None else find_recording(alignment.audio, "notebook", alignment.duration)
    if path is None:
        raise AudioError(
            f"the recording {alignment.audio or '(no name)'} of the alignment was not found; name it with audio="
        )
    figure, notes = alignment_figure(path, alignment, start=start, end=end, **options)
    for text in notes:
        warnings.warn(text, stacklevel=4)
    return figure
