"""Chromium for tests: without it they are skipped; with CTCALIGN_BROWSER=required they fail."""

from __future__ import annotations

import os

import pytest

from tools.review.browser import chromium


def need_chromium() -> None:
    """Skip the test, or let it fail, if no Chromium is installed."""
    if chromium() is not None:
        return
    reason = "no Chromium is installed (apt-get install chromium; make test-browser does that)"
    if os.environ.get("CTCALIGN_BROWSER") == "required":
        pytest.fail(reason)
    pytest.skip(reason)
