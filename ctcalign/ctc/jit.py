"""Compile a kernel with numba, keeping the machine code on disk where that is possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


def jit(function: F) -> F:
    """`numba.njit(nogil=True, cache=True)` that also works without a writable cache folder.

    numba looks for a place for its cache when a function is decorated: beside the source, then in the user's cache
    folder (`NUMBA_CACHE_DIR`). With neither writable it raises RuntimeError; the kernel is then compiled once a
    process (about 3 s). Parallel processes may share the cache: numba replaces its files atomically. The cache is
    keyed on the time stamp of one source file, so a kernel may only call kernels and read globals of its own file.

    No fastmath: scores are -inf where a state cannot be reached, and `nnan`/`ninf` would make that undefined.
    """
    import numba

    compiled: Any  # numba's own type hides the function's signature
    try:
        compiled = numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    except RuntimeError:
        compiled = numba.njit(nogil=True, error_model="numpy")(function)
    return cast(F, compiled)
