"""The model card of a trained model: front matter as the hub reads it, data, metrics and versions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

_TASK = "automatic-speech-recognition"
_METRICS = {"val_wer": "WER", "val_cer": "CER", "val_delay": "delay of words (s)", "val_loss": "CTC loss"}


def card(header: Mapping[str, Any]) -> str:
    """The text of README.md.

    Args:
        header: of the checkpoint, with the configuration of the training.
    """
    from huggingface_hub import ModelCardData

    metrics = header.get("metrics") or {}
    licence: dict[str, Any] = _licence(header.get("licence"))
    front = ModelCardData(
        language=header.get("language"),
        base_model=header.get("base_model"),
        library_name="transformers",
        pipeline_tag=_TASK,
        metrics=[one.lower() for one in ("WER", "CER") if one in {_METRICS.get(name) for name in metrics}] or None,
        tags=["ctc", "ctcalign"],
        **licence,
    )
    return f"---\n{front.to_yaml()}\n---\n\n" + "\n".join(_body(header, metrics)) + "\n"


def _licence(given: str | None) -> dict[str, str]:
    """The entries of the front matter: names of licences as they are, in lower case; other texts as `license_name`."""
    text = " ".join((given or "").split())
    if not text or text.startswith("unknown"):
        return {"license": "unknown"}
    if re.fullmatch(r"[\w.+-]+", text):
        return {"license": text.lower()}
    return {"license": "other", "license_name": text}


def _body(header: Mapping[str, Any], metrics: Mapping[str, float]) -> Iterator[str]:
    training = header.get("training") or {}
    start = header.get("base_model")
    yield "# CTC recogniser"
    yield ""
    yield f"Trained with ctcalign, starting from {start or 'a model in a folder'}."
    yield ""
    data = training.get("data") or {}
    sources = {"Training data": data.get("train"), "Validation data": data.get("validation")}
    for what, source in sources.items():
        listed = source if isinstance(source, list) else [source] if source else []
        if listed:
            yield f"- {what}: {', '.join(PurePath(str(one)).name for one in listed)}"
    model = training.get("model") or {}
    objectives = [str(one.get("name")) for one in model.get("objectives") or [] if isinstance(one, Mapping)]
    preference = ((model.get("preference") or {}).get("loss") or {}).get("name")
    losses = ["CTC", *objectives, *([str(preference)] if preference else [])]
    yield f"- Losses: {', '.join(losses)}"
    if header.get("made"):
        yield f"- Made: {header['made']}"
    yield ""
    if metrics:
        yield "| on the validation data | |"
        yield "|---|---|"
        for name, title in _METRICS.items():
            if name in metrics:
                value = metrics[name]
                yield f"| {title} | {f'{100 * value:.2f} %' if title in ('WER', 'CER') else f'{value:.4f}'} |"
        yield ""
    versions = header.get("versions") or {}
    if versions:
        yield "Versions: " + ", ".join(f"{name} {version}" for name, version in versions.items())
        yield ""
    yield "```python"
    yield "from transformers import AutoModelForCTC, AutoProcessor"
    yield ""
    yield 'model, processor = AutoModelForCTC.from_pretrained("."), AutoProcessor.from_pretrained(".")'
    yield "```"
