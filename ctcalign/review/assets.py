"""Scripts and styles of the page, joined from their files, and the content security policy that names them."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ctcalign.errors import CtcAlignError

HERE = Path(__file__).parent
ASSETS, VENDOR = HERE / "assets", HERE / "vendor"
PACKAGES = ("wavesurfer.min.js", "regions.min.js")
# In this order; each file may use the names of those before it at once, and of all others inside of functions.
SCRIPTS = (
    "dom",
    "time",
    "data",
    "words",
    "items",
    "edits",
    "review",
    "storage",
    "reading",
    "levels",
    "player",
    "view",
    "regions",
    "ruler",
    "overview",
    "spectrogram",
    "filters",
    "list",
    "editor",
    "summary",
    "exporting",
    "printing",
    "theme",
    "keys",
    "main",
)
STYLES = ("theme", "layout", "controls", "player", "list", "editor", "help", "phone", "print")


@dataclass(frozen=True)
class Assets:
    """Contents of the `<script>` elements in order, and of the `<style>` element."""

    scripts: tuple[str, ...]
    style: str


@lru_cache(maxsize=1)
def assets() -> Assets:
    """Scripts and style of every page."""
    own = "\n".join(_read(ASSETS / "scripts" / f"{name}.js") for name in SCRIPTS)
    scripts = (*(_read(VENDOR / name) for name in PACKAGES), f'(() => {{\n"use strict";\n{own}\n}})();\n')
    style = "\n".join(_read(ASSETS / "styles" / f"{name}.css") for name in STYLES)
    return _checked(Assets(scripts, style))


@lru_cache(maxsize=1)
def index_assets() -> Assets:
    """Script and style of the index of a corpus."""
    script = f'(() => {{\n"use strict";\n{_read(ASSETS / "index" / "index.js")}\n}})();\n'
    style = "\n".join(_read(path) for path in (ASSETS / "styles" / "theme.css", ASSETS / "index" / "index.css"))
    return _checked(Assets((script,), style))


def _checked(found: Assets) -> Assets:
    ends = any(end in text.lower() for text in found.scripts for end in ("</script", "<!--"))
    if ends or "</style" in found.style.lower():
        raise CtcAlignError("a script or style of the page would end its own element")
    return found


def policy(found: Assets, nonce: str | None = None) -> str:
    """The content security policy: these scripts and styles, sound from files, and no network.

    Args:
        nonce: for the style element that wavesurfer.js makes.
    """
    styles = f"'sha256-{_digest(found.style)}'" + (f" 'nonce-{nonce}'" if nonce else "")
    scripts = " ".join(f"'sha256-{_digest(text)}'" for text in found.scripts)
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {scripts}",
            f"style-src {styles}",
            "img-src data: blob:",
            "media-src 'self' file: data: blob:",
            "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8").replace("\r\n", "\n")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
