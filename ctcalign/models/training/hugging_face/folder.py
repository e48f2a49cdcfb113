"""A trained transformers model as a folder: network, feature extractor, tokenizer and model card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ctcalign.files import atomic_directory
from ctcalign.models.hugging_face.stored import CONFIG, write_files
from ctcalign.models.pretrained import quiet, transformers
from ctcalign.models.training.hugging_face.card import card


def write_folder(path: Path, network: Any, header: Mapping[str, Any]) -> Path:
    """Write a folder that transformers loads.

    Args:
        network: of transformers.  header: of its checkpoint.
    Raises:
        OutputError: it cannot be written, or the folder holds other files.
    """
    files = {name: content for name, content in header["files"].items() if name != CONFIG}
    with quiet(transformers("")), atomic_directory(path) as folder:
        network.save_pretrained(folder)
        write_files(files, folder, str(path))
        language = getattr(network, "target_lang", None)
        if language is not None:
            from safetensors.torch import save_file

            adapter = {name: value.detach().contiguous() for name, value in network._get_adapters().items()}
            save_file(adapter, folder / f"adapter.{language}.safetensors", metadata={"format": "pt"})
        (folder / "README.md").write_text(card(header), encoding="utf-8")
    return path
