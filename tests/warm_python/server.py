"""Loads libraries, then starts a copy of itself for each request: `python server.py DESCRIPTOR`, of a listening socket.

It ends when its standard input is closed. A request is answered with two lines: the process, and its exit status when
it has ended (the negative number of the signal that ended it).
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import random
import runpy
import select
import signal
import socket
import sys
import threading
import traceback
import types
import warnings
from importlib.machinery import ModuleSpec
from typing import Any

# What most programs load. A library that is missing is left out: the program that needs it says so. None of them may
# start threads: a copy has none of them, and would wait for them at its end.
LIBRARIES = (
    "torch",
    "torch._dynamo",
    "pytorch_lightning",
    "lhotse",
    "jsonargparse",
    "numba",
    "scipy.signal",
    "scipy.stats",
    "sklearn.linear_model",
    "matplotlib.pyplot",
    "torchaudio",
    "safetensors.torch",
    "soundfile",
    "soxr",
    "av",
    "rich",
    "click",
    "yaml",
)


def serve(listening: socket.socket) -> dict[str, Any]:
    """Answer requests; returns, in the process that a request has asked for, that request.

    Raises:
        SystemExit: standard input was closed.
    """
    while True:
        ready, _, _ = select.select([listening, 0], [], [])
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if 0 in ready:
            raise SystemExit
        client, _ = listening.accept()
        if os.fork():
            client.close()
            continue
        listening.close()
        request = answer(client)
        if request is not None:
            return request
        os._exit(0)


def answer(client: socket.socket) -> dict[str, Any] | None:
    """Start the process of a request: the request in that process; None, when it has ended, in the one that waited."""
    length, streams, _, _ = socket.recv_fds(client, 8, 3)
    size, content = int.from_bytes(length, "big"), b""
    while len(content) < size:
        content += client.recv(size - len(content))
    process = os.fork()
    if process == 0:
        client.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        request: dict[str, Any] = json.loads(content)
        return request
    for stream in streams:
        os.close(stream)
    client.sendall(f"{process}\n".encode())
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    with contextlib.suppress(BrokenPipeError):
        client.sendall(f"{status}\n".encode())
    return None


def become(request: dict[str, Any], paths: list[str]) -> None:
    """Run a request, as Python would have begun with it."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environ"])
    sys.executable = request["python"]
    if request["unbuffered"]:
        sys.stdout.reconfigure(write_through=True)  # type: ignore[union-attr]
    for text in request["warnings"]:
        sys.warnoptions.append(text)
        warnings.simplefilter(text)
    random.seed()
    sys.modules["numpy"].random.seed()
    words = request["argv"]
    first = {"-m": request["cwd"], "-c": ""}.get(words[0], os.path.dirname(os.path.abspath(words[0])))
    more = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    sys.path[:] = [first, *more, *paths]
    sys.path_importer_cache.clear()
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    elif words[0] == "-c":
        sys.argv = ["-c", *words[2:]]
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(compile(words[1], "<string>", "exec"), vars(main))
    else:
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


def leave(status: int) -> None:
    """End the process as Python does, but without taking the libraries apart, which takes a second."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BrokenPipeError, ValueError):  # the program has closed it
            stream.flush()
    os._exit(status)


def load() -> None:
    """Load the libraries, torchmetrics (of Lightning) with an empty onnxruntime: the real one starts threads."""
    stand_in = types.ModuleType("onnxruntime")
    stand_in.__spec__ = ModuleSpec("onnxruntime", None)
    stand_in.InferenceSession = object  # type: ignore[attr-defined]
    sys.modules["onnxruntime"] = stand_in
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    del sys.modules["onnxruntime"]


def main() -> None:
    paths = sys.path[1:]
    listening = socket.socket(fileno=int(sys.argv[1]))
    load()
    gc.freeze()  # the copies would otherwise write to, and so copy, all memory at their end
    request = serve(listening)
    status = 1
    try:
        become(request, paths)
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
        if isinstance(error.code, str):
            sys.stderr.write(f"{error.code}\n")
    except BaseException as error:
        traceback.print_exc()
        if isinstance(error, KeyboardInterrupt):
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
    leave(status)


if __name__ == "__main__":
    main()
