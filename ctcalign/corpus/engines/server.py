"""The process from which workers are forked. It imports what they need, so that they start in milliseconds.

It can be started long before the first worker, while the command itself imports what it needs and reads its input.
"""

from __future__ import annotations

import multiprocessing
import sys
from multiprocessing import forkserver

from ctcalign.threads import threads_limited

# Libraries of other systems than Linux do not survive a fork.
METHOD = "forkserver" if sys.platform == "linux" else "spawn"
# Imported before a worker is forked: the command, whose module each process of Python imports again; and the aligner.
PRELOADED = ["ctcalign.cli", "ctcalign.corpus.engines.process", "ctcalign.corpus.preloaded.aligner"]
# The same for models in ONNX Runtime, and in torch. Neither starts a thread when it is imported: a fork would lose it.
OF_RUNTIMES = {"builtin": "ctcalign.corpus.preloaded.onnx_runtime", "onnx": "ctcalign.corpus.preloaded.onnx_runtime"}
OF_TORCH = "ctcalign.corpus.preloaded.torch_library"


def start_server(model: str, threads: int) -> None:
    """Start the process, where there is such a thing, unless it is there already.

    Args:
        model: name of the model, which decides what is imported.
        threads: processor threads of each worker; libraries read it when they are imported.
    """
    if METHOD != "forkserver":
        return
    family = "builtin" if model == "auto" else model.partition(":")[0]
    multiprocessing.get_context(METHOD).set_forkserver_preload([*PRELOADED, OF_RUNTIMES.get(family, OF_TORCH)])
    with threads_limited(threads):
        forkserver.ensure_running()
