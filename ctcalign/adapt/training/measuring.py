"""Error rates of a model on cuts that are not trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ctcalign.models.protocol import AcousticModel

EXAMPLES = 50  # utterances in the report of a measurement


def measured(
    model: AcousticModel, manifest: Path, device: str, progress: Callable[[int], None] | None = None
) -> dict[str, Any]:
    """Word and character error rates with intervals, and what was recognised in each cut.

    Raises:
        CtcAlignError: no cut could be recognised.
    """
    from ctcalign.train.data.cuts import open_cuts
    from ctcalign.train.evaluation.evaluate import evaluate_cuts

    found = evaluate_cuts(model, open_cuts("cuts", [str(manifest)]), device=device, progress=progress)
    about = found.to_dict()
    kept = ("wer", "cer", "words", "utterances", "skipped", "skipped_examples", "unwritable_words")
    rows = [
        {"id": one.id, "ref_text": one.ref_text, "hyp_text": one.hyp_text, "errors": one.words.errors}
        for one in found.utterances
    ]
    return {**{key: about[key] for key in kept}, "recognised": rows}
