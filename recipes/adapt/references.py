"""Transcribed speech of other corpora as `ctcalign adapt` reads it: STM references, and the tables of Common Voice.

stm: a folder for each recording of some STM files, with truth.json, which names the recording. Segments without text
(ignored in scoring) are left out.
common-voice: a list of clips, JSON lines with path, text and speaker, in the order of the table, up to some hours.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ctcalign.adapt.stages import write_lines
from ctcalign.audio import probe
from ctcalign.scoring.files import TRUTH, read_timed
from recipes.errors import one_line

SOUNDS = (".aac", ".flac", ".m4a", ".mp3", ".mp4", ".ogg", ".opus", ".wav")


def recordings_below(folder: Path) -> dict[str, Path]:
    """Sound files below a folder by their stem in lower case; the first by name of several counts."""
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SOUNDS:
            found.setdefault(path.stem.lower(), path)
    return found


def names_in(stm: Path) -> list[str]:
    """The recordings of an STM file, in order."""
    lines = stm.read_text(encoding="utf-8-sig").splitlines()
    rows = [line.split(None, 1)[0] for line in lines if line.strip() and not line.startswith(";;")]
    return list(dict.fromkeys(rows))


def truths_of(stm: Path, sounds: dict[str, Path], missing: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and ground truth of each recording of an STM file; those without sound are added to `missing`."""
    for name in names_in(stm):
        audio = sounds.get(name.lower())
        if audio is None:
            missing.append(name)
            continue
        utterances = []
        for item in read_timed(stm, recording=name)[0].cues:
            if item.place is not None and item.text.strip():
                utterances.append({"start": item.place.start, "end": item.place.end, "text": item.text})
        yield name, {"format": f"{TRUTH}1", "audio": str(audio.resolve()), "utterances": utterances}


def write_truths(stms: Sequence[Path], audio: Path, out: Path) -> tuple[int, list[str]]:
    """Write all ground truths. Gives their number, and the recordings without sound.

    Raises:
        SystemExit: no recording of the references has sound.
    """
    files = [file for stm in stms for file in (sorted(stm.rglob("*.stm")) if stm.is_dir() else [stm])]
    sounds, missing, count = recordings_below(audio), list[str](), 0
    for file in files:
        for name, truth in truths_of(file, sounds, missing):
            (out / name).mkdir(parents=True, exist_ok=True)
            (out / name / "truth.json").write_text(json.dumps(truth, ensure_ascii=False), encoding="utf-8")
            count += 1
    if not count:
        known = f"{len(missing)} recordings in {len(files)} STM files"
        raise SystemExit(f"--stm: none of {known} has a sound file below {audio}")
    return count, missing


def clips_of(table: Path, clips: Path, hours: float) -> Iterator[dict[str, str]]:
    """Rows of a table of Common Voice (columns client_id, path, sentence) as rows of a list of clips."""
    seconds = 0.0
    with table.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        lacking = {"client_id", "path", "sentence"} - set(reader.fieldnames or ())
        if lacking:
            raise SystemExit(f"--table: {table}: has no column {', '.join(sorted(lacking))}")
        for row in reader:
            if seconds >= 3600 * hours:
                break
            audio = clips / row["path"]
            if not audio.suffix:
                audio = audio.with_suffix(".mp3")
            if not row["sentence"].strip() or not audio.is_file():
                continue
            seconds += probe(audio).duration or 0.0
            yield {"path": str(audio.resolve()), "text": row["sentence"].strip(), "speaker": row["client_id"]}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True)
    stm = kinds.add_parser("stm")
    stm.add_argument("--stm", type=Path, nargs="+", required=True, help="files, or folders of them")
    stm.add_argument("--audio", type=Path, required=True, help="folder of the recordings")
    voices = kinds.add_parser("common-voice")
    voices.add_argument("--table", type=Path, required=True, help="such as train.tsv")
    voices.add_argument("--hours", type=float, default=1e9, help="at most")
    for one in (stm, voices):
        one.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    if args.kind == "stm":
        count, missing = write_truths(args.stm, args.audio, args.out)
        sys.stderr.write(f"{count} recordings, {len(missing)} without sound {missing[:3]}\n")
        return
    args.out.parent.mkdir(parents=True, exist_ok=True)
    rows = list(clips_of(args.table, args.table.parent / "clips", args.hours))
    if not rows:
        raise SystemExit(f"--table: {args.table}: no row has a sentence and a clip in {args.table.parent / 'clips'}")
    write_lines(args.out, rows)
    sys.stderr.write(f"{args.out}: {len(rows)} clips\n")


if __name__ == "__main__":
    one_line(main)
