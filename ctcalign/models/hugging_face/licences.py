"""Licence of a model on the hub or in a folder, read from its model card."""

from __future__ import annotations

import re
from pathlib import Path

UNKNOWN = "unknown (see the model card)"


def licence_of(name: str) -> str:
    """The licence in the front matter of the model card, if the card can be read."""
    card = Path(name) / "README.md"
    if not Path(name).is_dir():
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError

        try:
            card = Path(hf_hub_download(name, "README.md"))
        except (OSError, ValueError, HfHubHTTPError, HFValidationError):
            return _known_licence(name)
    try:
        text = card.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _known_licence(name)
    front = re.match(r"---\s*\n(.*?)\n---", text, re.DOTALL)
    found = re.search(r"^licen[sc]e:\s*(.+?)\s*$", front[1], re.MULTILINE) if front else None
    named = re.search(r"^license_name:\s*(.+?)\s*$", front[1], re.MULTILINE) if front else None
    if found and named and found[1].strip("\"'") == "other":
        found = named
    return found[1].strip("\"'") if found else _known_licence(name)


def _known_licence(name: str) -> str:
    """The licence of a model whose card cannot be read; some families are known to forbid commercial use."""
    if re.search(r"facebook/mms-|voxpopuli", name, re.IGNORECASE):
        return "cc-by-nc-4.0"
    return UNKNOWN
