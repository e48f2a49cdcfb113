"""The cuts of the training: utterances of the target, and speech of the source domain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ctcalign.adapt.captions.corpus import Talk
from ctcalign.adapt.captions.phrases import AFTER_MISSING
from ctcalign.adapt.setting import Pass, Setting, content_of
from ctcalign.adapt.speech.cuts import Row, cut_of, seconds_of, write_manifest
from ctcalign.adapt.speech.source import digest_of_cuts, mixed_in
from ctcalign.adapt.speech.utterances import Piece, utterances_of
from ctcalign.adapt.stages import Stage, read_lines, write_lines
from ctcalign.adapt.steps.align import aligned_talks
from ctcalign.adapt.steps.filter import DROPPED, KEPT
from ctcalign.files.digests import digest_of_file, read_json

TARGET, SOURCE, TRAIN = "target.jsonl.gz", "source.jsonl.gz", "train.jsonl.gz"
COPIES = 4  # copies of an utterance of confidence 1, if confidences are weights


def cut_utterances(one: Pass, aligned: Path, selected: Path) -> Path:
    """The folder with the manifests of the training."""
    setting, options = one.setting, one.setting.options
    inputs = {
        "aligned": content_of(aligned),
        "kept": digest_of_file(selected / KEPT),
        "source": digest_of_cuts(setting.speech.source),
        "share": options.drawn_share,
        "weights": options.weights,
        "seed": options.seed,
        "language": setting.language,
    }
    stage = Stage(one.folder / "utterances", inputs)
    if stage.is_done:
        return stage.folder
    stage.begin()
    kept: dict[str, list[Row]] = {}
    for row in read_lines(selected / KEPT):
        kept.setdefault(row["talk"], []).append(row)
    target, dropped = list[Row](), list[Row]()
    for talk in aligned_talks(one, aligned):
        rows, left_out = _cuts(talk, read_json(aligned / f"{talk.name}.json"), kept.get(talk.name, []), setting)
        target += rows
        dropped += [
            {**row, "reason": left_out[row["index"]]} for row in kept.get(talk.name, []) if row["index"] in left_out
        ]
    source = mixed_in(setting.speech.source, seconds_of(target), options.drawn_share, options.seed)
    write_manifest(stage.folder / TARGET, target)
    write_manifest(stage.folder / SOURCE, source)
    write_manifest(stage.folder / TRAIN, [*(_copies(target) if options.weights else target), *source])
    write_lines(stage.folder / DROPPED, dropped)
    stage.finish([TARGET, SOURCE, TRAIN, DROPPED])
    return stage.folder


def _cuts(talk: Talk, document: Row, kept: Sequence[Row], setting: Setting) -> tuple[list[Row], dict[int, str]]:
    """Cuts of the training from one recording, and the reasons for phrases that are in no cut."""
    chosen = {row["index"] for row in kept}
    pieces, obstacles = (
        [],
        [(start, end) for start, end in ((one["start"], one["end"]) for one in document["unwritten"])],
    )
    confidence: dict[int, float] = {}
    for row in document["cues"]:
        if row["status"] != "aligned" or row["start"] is None:
            continue
        if row["index"] in chosen:
            joins = not row["attributes"][AFTER_MISSING]
            pieces.append(Piece(row["index"], row["start"], row["end"], row["text"], joins))
            confidence[row["index"]] = row["confidence"]
        else:
            obstacles.append((row["start"], row["end"]))
    found, left_out = utterances_of(pieces, obstacles, talk.duration)
    rows = []
    for place, one in enumerate(found):
        values = [confidence[piece.index] for piece in one.pieces]
        custom = {"confidence": min(values), "phrases": [piece.index for piece in one.pieces]}
        rows.append(
            cut_of(
                f"{talk.name}-{place:05d}",
                talk.name,
                talk.audio,
                talk.duration,
                (one.start, one.end),
                one.text,
                setting.language,
                custom=custom,
            )
        )
    return rows, left_out


def _span(row: Row) -> tuple[float, float]:
    return row["start"], row["end"]


def _copies(rows: Sequence[Row]) -> list[Row]:
    """Each cut repeated according to its confidence."""
    found = []
    for row in rows:
        for copy in range(round(COPIES * row["supervisions"][0]["custom"]["confidence"])):
            found.append({**row, "id": f"{row['id']}-{copy}"})
    return found
