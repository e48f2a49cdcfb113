"""The files of a recording and of its captions: where they are, whether they have changed, and what is in them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ctcalign.aligner.corpus import NO_CAPTIONS, NO_RECORDING, NOT_A_FILE, Problem, kind_of
from ctcalign.audio.inputs import AudioInput
from ctcalign.audio.opening import LocalCopy
from ctcalign.corpus.item import Command, Item, is_address
from ctcalign.corpus.work.remote import downloaded, version_of
from ctcalign.errors import AudioError
from ctcalign.files import temporary_folder
from ctcalign.files.digests import digest_of, digest_of_file
from ctcalign.formats.captions import Captions

SHOWN = 200


def stamp_of(item: Item) -> list[Any] | Problem:
    """What shows without reading them that the files of an item have not changed, or the problem that keeps it out.

    Size and time of files, version of what is at an address, and the text of a command: its output is not known.
    """
    found: list[Any] = []
    for place, reason in ((item.audio, NO_RECORDING), (item.captions, NO_CAPTIONS)):
        if isinstance(place, Captions):
            found.append(_captions_digest(place))
        elif isinstance(place, Command):
            found.append(place.text)
        elif not isinstance(place, str):
            found.append(_object_digest(place))
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


@contextlib.contextmanager
def opened_audio(item: Item) -> Iterator[tuple[AudioInput, str]]:
    """The recording of an item for `align`, and the digest of its content.

    Raises:
        AudioError, OSError: it cannot be had.
    """
    audio = item.audio
    if isinstance(audio, str) and not is_address(audio):
        yield audio, digest_of_file(Path(audio))
        return
    if not isinstance(audio, str | Command):
        yield _lhotse(audio), _object_digest(audio)
        return
    with temporary_folder() as folder:
        copy = folder / "audio"
        if isinstance(audio, Command):
            _run(item.id, audio.text, copy)
            yield LocalCopy(copy, item.id), digest_of_file(copy)
        else:
            downloaded(audio, copy)
            yield LocalCopy(copy, audio), digest_of_file(copy)


@contextlib.contextmanager
def opened_captions(item: Item) -> Iterator[tuple[Captions | Path, str]]:
    """The captions of an item, or the file with them, and the digest of their content.

    Raises:
        OSError: they cannot be had.
    """
    captions = item.captions
    if isinstance(captions, Captions):
        yield captions, _captions_digest(captions)
    elif is_address(captions):
        with temporary_folder() as folder:
            copy = folder / captions.rstrip("/").rsplit("/", 1)[-1]
            downloaded(captions, copy)
            yield copy, digest_of_file(copy)
    else:
        path = Path(captions)
        yield path, digest_of_file(path) if path.is_file() else digest_of(sorted(map(str, path.iterdir())))


def _run(id: str, command: str, output: Path) -> None:
    with output.open("wb") as stream:
        done = subprocess.run(  # the user has allowed it
            command, shell=True, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.PIPE, check=False
        )
    if done.returncode:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())[-SHOWN:]
        raise AudioError(f"{id}: the command {command[:SHOWN]!r} ended with status {done.returncode}: {said}")


def _lhotse(audio: Any) -> AudioInput:
    """A recording or cut of lhotse, from its JSON."""
    if not isinstance(audio, dict):
        found: AudioInput = audio
        return found
    from ctcalign.extras import require

    require("lhotse")
    from lhotse import Recording
    from lhotse.serialization import deserialize_cut

    loaded: AudioInput = deserialize_cut(audio) if "tracks" in audio else Recording.from_dict(audio)
    return loaded


def _captions_digest(captions: Captions) -> str:
    return digest_of([asdict(cue) for cue in captions.cues])


def _object_digest(audio: Any) -> str:
    """Of a row of a manifest, or of an object of lhotse with its sound in memory."""
    if isinstance(audio, dict):
        return digest_of(audio)
    found = hashlib.sha256()
    for source in getattr(getattr(audio, "recording", audio), "sources", ()):
        content = source.source
        found.update(content if isinstance(content, bytes) else json.dumps(str(content)).encode())
    return found.hexdigest()
