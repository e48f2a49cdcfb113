"""Results of speech services, brought into the form of Whisper's: a list of segments or of words."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def plain_results(data: Any) -> Any:
    """`{"segments": [...]}` or `{"words": [...]}` for the result of a known service, else the data as they are.

    Known are Amazon Transcribe, Google, Azure (batch and SDK), Deepgram, Speechmatics, Rev, IBM Watson, Vosk. The
    first of several alternatives is used; punctuation in a separate item is joined to the word before it.
    """
    if isinstance(data, list):
        if data and all(isinstance(row, dict) and isinstance(row.get("result"), list) for row in data):  # Vosk
            return {"segments": [{"text": row.get("text"), "words": row["result"]} for row in data]}
        if data and all(isinstance(row, dict) and ("NBest" in row or "DisplayText" in row) for row in data):
            return {"segments": [_azure(row) for row in data]}
        return data
    if not isinstance(data, dict):
        return data
    if isinstance(data.get("result"), list):
        return {"segments": [{"text": data.get("text"), "words": data["result"]}]}
    if isinstance(data.get("recognizedPhrases"), list):
        return {"segments": [_azure(row) for row in _dicts(data["recognizedPhrases"])]}
    if "NBest" in data or "DisplayText" in data:
        return {"segments": [_azure(data)]}
    if isinstance(data.get("monologues"), list):
        return {"words": [w for turn in _dicts(data["monologues"]) for w in _items(turn.get("elements"), turn)]}
    results = data.get("results")
    if isinstance(results, dict):
        return _results_of_one(results) or data
    if isinstance(results, list) and _dicts(results):
        rows = _dicts(results)
        if "type" in rows[0]:  # Speechmatics
            return {"words": _items(rows, {})}
        if any(_dicts(row.get("alternatives")) for row in rows):  # Google, IBM
            return {"segments": [_alternative(row) for row in rows if _dicts(row.get("alternatives"))]}
    return data


def _results_of_one(results: Row) -> Row | None:
    """Deepgram and Amazon."""
    if _dicts(results.get("utterances")):
        return {"segments": results["utterances"]}
    channels = [_best(channel) for channel in _dicts(results.get("channels"))]
    words = [word for channel in channels for word in _dicts(channel.get("words"))]
    if words:
        return {"words": [word | {"word": word.get("punctuated_word", word.get("word"))} for word in words]}
    if _dicts(results.get("items")):
        return {"words": _items(results["items"], {})}
    return None


def _best(row: Row) -> Row:
    found = _dicts(row.get("alternatives"))
    return found[0] if found else {}


def _alternative(row: Row) -> Row:
    best = _best(row)
    timed = best.get("timestamps")
    words = (
        [dict(zip(("word", "start", "end"), item, strict=False)) for item in timed if isinstance(item, list)]
        if isinstance(timed, list)
        else _dicts(best.get("words"))
    )
    return {"text": best.get("transcript"), "words": words}


def _azure(row: Row) -> Row:
    found = _dicts(row.get("nBest")) or _dicts(row.get("NBest"))
    best = found[0] if found else {}
    text = next((r[k] for r in (best, row) for k in ("display", "Display", "DisplayText", "lexical") if r.get(k)), "")
    keys = ("offsetInTicks", "durationInTicks", "Offset", "Duration", "offset", "duration")
    times = {key: row[key] for key in keys if key in row}
    if "Offset" in times:  # the SDK counts in ticks without naming the unit
        times = {"offsetInTicks": times["Offset"], "durationInTicks": times.get("Duration")}
    words = _dicts(best.get("words")) or [
        {"word": w.get("Word"), "offsetInTicks": w.get("Offset"), "durationInTicks": w.get("Duration")}
        for w in _dicts(best.get("Words"))
    ]
    return {"text": text, "speaker": row.get("speaker"), "words": words, **times}


def _items(rows: Any, turn: Row) -> list[Row]:
    """Words with the punctuation behind them, of items that are either."""
    out: list[Row] = []
    for row in _dicts(rows):
        best = _best(row) or row
        text = str(best.get("content", best.get("value", "")))
        kind = str(row.get("type", ""))
        if kind.startswith(("punct", "pnct")):
            if out and text.strip():
                out[-1]["word"] += text.strip()
        elif text.strip():
            speaker = row.get("speaker_label", best.get("speaker", turn.get("speaker")))
            out.append({**row, "word": text, "speaker": speaker, "confidence": best.get("confidence")})
    return out


def _dicts(rows: Any) -> list[Row]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
