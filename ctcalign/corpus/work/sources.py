"""The files of a recording and of its captions: copies of what is elsewhere, and digests of what is in them."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ctcalign.audio.inputs import AudioInput
from ctcalign.audio.opening import LocalCopy
from ctcalign.corpus.item import Command, Item, is_address
from ctcalign.corpus.work.remote import downloaded
from ctcalign.corpus.work.stamps import captions_digest, object_digest
from ctcalign.errors import AudioError
from ctcalign.files import temporary_folder
from ctcalign.files.digests import digest_of, digest_of_file
from ctcalign.formats.captions import Captions

SHOWN = 200


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
        yield _lhotse(audio), object_digest(audio)
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
        yield captions, captions_digest(captions)
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
