"""Files at addresses such as s3:// and https://, by fsspec."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

from ctcalign.errors import AudioError, MissingPackageError
from ctcalign.extras import require

# What file systems call the version of a file; the first that there is counts.
_VERSIONS = ("ETag", "etag", "md5Hash", "mtime", "LastModified", "last_modified", "created")


def version_of(address: str) -> list[str | int | None]:
    """Size and version of the file at an address; without any where that cannot be asked: it is read again then."""
    try:
        system, path = _system(address)
        about: dict[str, Any] = system.info(path)
    except MissingPackageError:
        raise
    except Exception:  # back ends raise what they like; the worker reports that the file cannot be read
        return [None]
    version = next((str(about[name]) for name in _VERSIONS if about.get(name) is not None), None)
    return [None] if version is None else [about.get("size"), version]


def downloaded(address: str, copy: Path) -> None:
    """Copy the file at an address to a path.

    Raises:
        AudioError: it cannot be read.   MissingPackageError: fsspec or its back end is not installed.
    """
    system, path = _system(address)
    try:
        with system.open(path, "rb") as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    except Exception as error:  # back ends raise what they like
        line = next(iter(str(error).splitlines()), type(error).__name__)
        raise AudioError(f"{address}: cannot be read ({line[:200]})") from error


def _system(address: str) -> tuple[Any, str]:
    require("fsspec")
    fsspec: Any = import_module("fsspec.core")
    try:
        found: tuple[Any, str] = fsspec.url_to_fs(address)
    except ImportError as error:
        raise MissingPackageError(f"{address}: {error}; pip install 'ctcalign[remote]'") from error
    except ValueError as error:
        raise AudioError(f"{address}: {error}; expected an address such as s3://bucket/talk.mp3") from error
    return found
