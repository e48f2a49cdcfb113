"""Packages that only some commands need, and the extras of ctcalign that install them."""

from __future__ import annotations

from importlib.util import find_spec

from ctcalign.errors import MissingPackageError

# Import name -> extra.
EXTRAS = {
    "fsspec": "remote",
    "jsonargparse": "train",
    "kenlm": "lm",
    "lhotse": "train",
    "librosa": "plot",
    "safetensors": "torch",
    "onnx": "export",
    "pandas": "notebook",
    "peft": "lora",
    "pytorch_lightning": "train",
    "ray": "ray",
    "sentencepiece": "train",
    "silero_vad": "ipfa",
    "sklearn": "calibrate",
    "torch": "torch",
    "torchaudio": "torchaudio",
    "transformers": "hf",
    "ttconv": "scc",
    "uroman": "text",
}


def missing_package(error: ModuleNotFoundError) -> MissingPackageError | None:
    """The error for users if the missing module belongs to an extra, else None."""
    package = (error.name or "").split(".")[0]
    return MissingPackageError(_remedy(package)) if package in EXTRAS else None


def require(*packages: str, extra: str | None = None) -> None:
    """Check that packages are installed, without importing them, before long work that needs them at its end.

    Args:
        extra: the one that installs all of them; None: the one in `EXTRAS`.
    Raises:
        MissingPackageError: one of them is not installed.
    """
    for package in packages:
        if not is_installed(package):
            raise MissingPackageError(_remedy(package, extra))


def is_installed(package: str) -> bool:
    """Whether a top-level package can be found; it is not imported."""
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def _remedy(package: str, extra: str | None = None) -> str:
    return f"{package} is not installed; pip install 'ctcalign[{extra or EXTRAS[package]}]'"
