"""Exceptions from code that is not ctcalign's: a property, objective, logger or model class of the user's own."""

from __future__ import annotations

import re
import site
import sysconfig
import traceback
from pathlib import Path

import ctcalign

_HERE = str(Path(ctcalign.__file__).parent)
_SHELL = (str(Path(_HERE, "cli", "__init__.py")), str(Path(_HERE, "__main__.py")))
_WORKER = re.compile(r"Caught (\w+) in DataLoader worker process")
_FRAME = re.compile(r'^ *File "([^"]+)", line (\d+), in (\S+)$', re.MULTILINE)


def raised_by_user(error: BaseException) -> str | None:
    """One line about an exception that the user's own code raised; None if no such code was running.

    The user's code is a file outside of ctcalign, the standard library and the folders of installed packages.
    """
    text = str(error)
    worker = _WORKER.match(text) is not None
    if worker:  # the traceback of another process, as text
        frames = [(file, int(line), name) for file, line, name in _FRAME.findall(text)]
        what = text.strip().splitlines()[-1]
    else:
        frames = [
            (frame.filename, frame.lineno or 0, frame.name) for frame in traceback.extract_tb(error.__traceback__)
        ]
        what = f"{type(error).__name__}: {text}" if text else type(error).__name__
    # Code that ctcalign has called: not the script that called ctcalign, nor the loop over commands.
    inside = next((place for place, (file, _, _) in enumerate(frames) if worker or _calls(file)), len(frames))
    own = [frame for frame in frames[inside:] if _is_users(frame[0])]
    if not own:
        return None
    file, line, name = own[-1]
    return f"{file}, line {line}, in {name}: {what}"


def _calls(file: str) -> bool:
    return file.startswith(_HERE) and not file.startswith(_SHELL)


def _is_users(file: str) -> bool:
    if file.startswith("<"):  # compiled from a string
        return False
    paths = sysconfig.get_paths()
    roots = {_HERE, *(paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib") if name in paths)}
    roots |= {*site.getsitepackages(), site.getusersitepackages()}
    real = str(Path(file).resolve())
    return not any(real.startswith(str(Path(root).resolve())) for root in roots)
