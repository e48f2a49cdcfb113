"""An alignment as a table of pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.errors import UsageError
from ctcalign.extras import require

if TYPE_CHECKING:
    import pandas as pd

_COMMON = ("text", "start", "end", "status", "score", "confidence", "reason")
_CUE = (*_COMMON, "speaker", "id", "channel", "input_start", "input_end", "reviewed")
_WORD = (*_COMMON, "reading")
_NUMBERS = ("start", "end", "score", "confidence", "input_start", "input_end")


def to_dataframe(alignment: Alignment, level: str) -> pd.DataFrame:
    """See `Alignment.to_dataframe`."""
    if level not in ("cues", "words"):
        raise UsageError(f"level: got {level!r}, expected cues or words")
    require("pandas")
    import pandas as pd

    if level == "cues":
        rows = [{"index": cue.index, **_fields(cue, _CUE)} for cue in alignment.cues]
        columns = ["index", *_CUE]
    else:
        rows = [
            {"cue": cue.index, "word": place, **_fields(word, _WORD)}
            for cue in alignment.cues
            for place, word in enumerate(cue.words)
        ]
        columns = ["cue", "word", *_WORD]
    types = {name: "float64" for name in _NUMBERS if name in columns}
    types |= dict.fromkeys(["index"] if level == "cues" else ["cue", "word"], "int64")
    return pd.DataFrame(rows, columns=columns).astype(types)


def _fields(item: AlignedCue | AlignedWord, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(item, name) for name in names}
