"""Compile a kernel with numba and cache the machine code on disk if a folder for it is writable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


def jit(function: F) -> F:
    """`numba.njit(nogil=True, cache=True)` that also works without a writable cache folder.

    When a function is decorated, numba looks for a cache folder: next to the source, then the user's cache
    folder (`NUMBA_CACHE_DIR`). If neither is writable, it raises RuntimeError and the kernel is compiled in each
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
