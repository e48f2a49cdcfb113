"""A collection that is aligned once, undisturbed."""

from __future__ import annotations

import pytest

from tests.corpus.collections import excerpts


@pytest.fixture(scope="session")
def talks(tmp_path_factory):
    """A folder of two pairs."""
    return excerpts(tmp_path_factory.mktemp("talks"))
