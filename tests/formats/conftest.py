"""A caption file in a temporary folder, read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ctcalign.formats.captions import Captions, read_captions

Reading = Callable[..., Captions]


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    """reading(content, name="captions.srt", **options): write the content, read it back as captions."""

    def read(content: str | bytes, name: str = "captions.srt", **options: str | None) -> Captions:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_captions(path, **options)

    return read
