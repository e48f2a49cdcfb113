"""`write_page`: an alignment, and its recording, as one HTML file."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from ctcalign.alignment.alignment import Alignment
from ctcalign.errors import OutputExistsError
from ctcalign.files import atomic_write
from ctcalign.report.misfits import misfits
from ctcalign.review.assets import assets, policy
from ctcalign.review.document import AlignmentFile, page_data
from ctcalign.review.escaping import json_markup, plain_line
from ctcalign.review.options import PageOptions
from ctcalign.review.sound.recording import PageSound, read_sound
from ctcalign.review.templates import template


@dataclass(frozen=True)
class Page:
    """A page that was written: its file, and what its user should know."""

    path: Path
    warnings: list[str]


def write_page(
    alignment: Alignment,
    output: str | Path,
    *,
    audio: str | Path | None = None,
    file: AlignmentFile | None = None,
    options: PageOptions | None = None,
    overwrite: bool = False,
) -> Page:
    """Write the review page of an alignment.

    Args:
        alignment: of `ctcalign.align`, or read from a file.
        output: the HTML file.
        audio: the recording; None: the page has no waveform, and asks for the file when something is to be played.
        file: name and digest of the file of the alignment, which exported edits refer to; None: those of the JSON that
            `alignment.save` would write, named after the recording.
        options: see `PageOptions`.
        overwrite: replace `output` if it exists.
    Raises:
        UsageError: `output` exists; no such channel or track.
        AudioError: the recording cannot be read.   OutputError: the page cannot be written.
    """
    options, output = options or PageOptions(), Path(output)
    if output.exists() and not overwrite:
        raise OutputExistsError(output)
    sound = None if audio is None else read_sound(Path(audio), output, options)
    found = [] if sound is None else [*misfits(alignment, sound.duration), *sound.warnings]
    warnings = list(dict.fromkeys(found))
    html = page_html(alignment, file or file_of(alignment), sound, options, [*alignment.warnings, *warnings])
    with atomic_write(output) as stream:
        stream.write(html)
    return Page(output, warnings)


def file_of(alignment: Alignment) -> AlignmentFile:
    """The file that `alignment.to_json` would write, named after the recording."""
    from ctcalign.formats import render

    data = str(render(alignment, "json").content).encode()
    name = Path(os.path.basename(alignment.audio) or "alignment").with_suffix(".json").name
    return AlignmentFile(name, hashlib.sha256(data).hexdigest())


def page_html(
    alignment: Alignment, file: AlignmentFile, sound: PageSound | None, options: PageOptions, warnings: list[str]
) -> str:
    """The page as text."""
    found = assets()
    data = json_markup(page_data(alignment, file, sound, options, warnings))
    # Of no use to the captions: they would have to contain a digest of themselves.
    nonce = hashlib.sha256(data.encode()).hexdigest()[:32]
    tiles = [] if sound is None or sound.spectrogram is None else sound.spectrogram.tiles
    return template("page.html").render(
        title=plain_line(sound.name if sound is not None else os.path.basename(alignment.audio) or file.name),
        policy=policy(found, nonce),
        nonce=nonce,
        style=Markup(found.style),
        scripts=[Markup(script) for script in found.scripts],
        data=data,
        index=options.index,
        peaks="" if sound is None else _base64(sound.peaks.levels.tobytes()),
        tiles=[_base64(tile) for tile in tiles],
        sound="" if sound is None or sound.embedded is None else _base64(sound.embedded.data),
    )


def _base64(data: bytes) -> Markup:
    return Markup(base64.b64encode(data).decode("ascii"))
