"""Whether the files of a recording and of its captions have changed, without reading them."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from typing import Any

from ctcalign.aligner.corpus import NO_CAPTIONS, NO_RECORDING, NOT_A_FILE, Problem, kind_of
from ctcalign.corpus.item import Command, Item, is_address
from ctcalign.corpus.work.remote import version_of
from ctcalign.files.digests import digest_of
from ctcalign.formats.captions import Captions


def stamp_of(item: Item) -> list[Any] | Problem:
    """What shows without reading them that the files of an item have not changed, or the problem that keeps it out.

    Size and time of files, version of what is at an address, and the text of a command: its output is not known.
    """
    found: list[Any] = []
    for place, reason in ((item.audio, NO_RECORDING), (item.captions, NO_CAPTIONS)):
        if isinstance(place, Captions):
            found.append(captions_digest(place))
        elif isinstance(place, Command):
            found.append(place.text)
        elif not isinstance(place, str):
            found.append(object_digest(place))
        elif is_address(place):
            found.append(version_of(place))
        else:
            try:
                about = os.stat(place)
            except (OSError, ValueError) as error:
                why = getattr(error, "strerror", None) or str(error)
                return Problem(item.id, reason, f"{place}: {why}")
            wrong = kind_of(place)
            if wrong is not None and not (wrong == "a folder" and reason == NO_CAPTIONS):
                return Problem(item.id, NOT_A_FILE, f"{place}: is {wrong}, expected a file")
            found.append([about.st_size, about.st_mtime_ns])
    return found


def captions_digest(captions: Captions) -> str:
    """Of captions that are in memory."""
    return digest_of([asdict(cue) for cue in captions.cues])


def object_digest(audio: Any) -> str:
    """Of a row of a manifest, or of an object of lhotse with its sound in memory."""
    if isinstance(audio, dict):
        return digest_of(audio)
    found = hashlib.sha256()
    for source in getattr(getattr(audio, "recording", audio), "sources", ()):
        content = source.source
        found.update(content if isinstance(content, bytes) else json.dumps(str(content)).encode())
    return found.hexdigest()
