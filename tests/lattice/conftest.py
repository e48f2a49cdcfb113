from __future__ import annotations

import pytest


@pytest.fixture(params=["native", "k2"])
def name(request: pytest.FixtureRequest) -> str:
    """Each engine; k2 where it can be imported (`make test-k2` makes an environment in which it can)."""
    if request.param == "k2":
        pytest.importorskip("k2", reason="k2 is not installed; `make test-k2` runs this")
    return str(request.param)
