"""Which state of the source a training ran from."""

from __future__ import annotations

import subprocess
from pathlib import Path

import ctcalign


def source_commit() -> str | None:
    """The commit of the checkout that `ctcalign` comes from, with "+" where its files differ; None outside of one."""
    root = Path(ctcalign.__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None
    try:
        commit = _git(root, "rev-parse", "HEAD").strip()
        return commit + ("+" if _git(root, "status", "--porcelain", "--untracked-files=no").strip() else "")
    except (OSError, subprocess.SubprocessError):
        return None  # no git, or a folder that it does not trust


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *words], capture_output=True, encoding="utf-8", check=True, timeout=20
    )
    return done.stdout
