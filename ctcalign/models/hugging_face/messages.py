"""Messages about models of transformers that cannot be loaded."""

from __future__ import annotations

import json
from pathlib import Path


def remedy(name: str, part: str, reason: str) -> str:
    """Message about a part that cannot be loaded."""
    if Path(name).is_dir():
        return (
            f"hf:{name}: cannot be loaded ({part}{reason}); "
            "expected a folder written by save_pretrained of a CTC model and its processor"
        )
    return (
        f"hf:{name}: cannot be loaded or downloaded ({part}{reason}); check the name, or download the model elsewhere "
        "and use hf:FOLDER or put it into the cache (HF_HOME)"
    )


def tokenizer_remedy(name: str, reason: str) -> str:
    """Message about a tokenizer that cannot be loaded: the error of transformers does not name the file."""
    folder = Path(name)
    if folder.is_dir():
        known = [*folder.glob("vocab*"), *folder.glob("tokenizer.*"), *folder.glob("*.model")]
        if not known:
            reason = "there is neither"
        languages = languages_of(folder / "vocab.json")
        if languages:
            return (
                f"hf:{name}: cannot be loaded (vocab.json has a vocabulary for each of {len(languages)} languages: "
                f'{", ".join(languages[:5])}); set "target_lang" in tokenizer_config.json to one of them'
            )
    return remedy(name, "its tokenizer, vocab.json or tokenizer.json: ", reason)


def languages_of(file: Path) -> list[str]:
    """Languages in a vocab.json with one vocabulary per language; empty for other files."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    nested = isinstance(found, dict) and found and all(isinstance(one, dict) for one in found.values())
    return list(map(str, found)) if nested else []
