"""The encoding in which texts are read, where the user names one."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ctcalign.errors import UsageError

_named: ContextVar[str | None] = ContextVar("text_encoding", default=None)


@contextmanager
def text_encoding(encoding: str) -> Iterator[None]:
    """Read every text inside the block in this encoding; outside of such a block encodings are recognised.

    Args:
        encoding: a text codec of Python, such as "cp1251" or "shift_jis".
    Raises:
        UsageError: there is no such codec.
    """
    before = _named.set(text_codec(encoding))
    try:
        yield
    finally:
        _named.reset(before)


def named_encoding() -> str | None:
    """The codec of the block of `text_encoding` that the caller is in, None outside of one."""
    return _named.get()


def text_codec(encoding: str) -> str:
    """The name of a text codec of Python.

    Raises:
        UsageError: there is none.
    """
    try:
        "".encode(encoding)  # refuses codecs that are not of text, such as "base64"
        b"a".decode(encoding, "replace")  # "idna" refuses to replace what is not valid
        return codecs.lookup(encoding).name
    except (LookupError, ValueError, TypeError) as error:  # ValueError: a zero byte
        raise UsageError(
            f"encoding: got {encoding!r}, expected an encoding such as utf-8, cp1251, shift_jis or gb18030"
        ) from error
