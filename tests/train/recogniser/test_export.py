"""Provenance of exported models."""

from __future__ import annotations

import subprocess
from pathlib import Path

import ctcalign
from ctcalign.train.recogniser.export import source_commit


def test_the_commit_is_that_of_the_checkout():
    root = Path(ctcalign.__file__).parents[1]
    if not (root / ".git").exists():
        assert source_commit() is None
        return
    head = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    assert (source_commit() or "").rstrip("+") == head.stdout.strip()
