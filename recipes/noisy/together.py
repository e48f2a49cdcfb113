"""What adapting to several recordings of one speaker together gains over adapting to each, and over no adaptation.

Every recording is cut into parts between captions, as if a speaker had been recorded several times. A percentage is
that of the spoken cues of all parts with both ends within 0.5 s (bounds tolerant). Cells that were computed before are
kept.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import soundfile as sf

import ctcalign
from ctcalign.aligner.options import AlignOptions
from ctcalign.alignment.alignment import Alignment
from ctcalign.alignment.cue import Cue
from ctcalign.formats.captions import read_captions
from ctcalign.models import load_model
from ctcalign.models.protocol import AcousticModel
from recipes.errors import one_line
from recipes.noisy.adapted import score
from recipes.noisy.cells import compute, mean, parser_of, write_page
from recipes.noisy.corpus import Recording, Variant
from recipes.results_page import markdown_table, section

ABOUT = " ".join(__doc__.split("\n\n")[1].split()).removesuffix(" Cells that were computed before are kept.")
WAYS = ("plain", "each", "together")
ADAPTED = "adapt: aligned with a model adapted to "


def parts(recording: Recording, variant: Variant, seconds: float, folder: Path) -> list[tuple[Path, list[Cue], Path]]:
    """Sound, captions and ground truth of each part: about as long as that, and cut before a spoken caption."""
    samples, rate = sf.read(recording.audio, dtype="float32")
    key = json.loads(variant.key.read_text(encoding="utf-8"))
    rows, cues = key["utterances"], read_captions(variant.captions).cues
    count = max(1, round(len(samples) / rate / seconds))
    wanted = [len(samples) / rate * number / count for number in range(1, count)]
    starts = [0]
    for at in wanted:
        starts.append(min((abs(row["clip_start"] - at), n) for n, row in enumerate(rows) if row["spoken"])[1])
    found = []
    for number, first in enumerate(starts):
        last = starts[number + 1] if number + 1 < len(starts) else len(rows)
        begin = rows[first]["clip_start"] if first else 0.0
        end = rows[last]["clip_start"] if last < len(rows) else len(samples) / rate
        audio, truth = folder / f"{number}.wav", folder / f"{number}.key.json"
        sf.write(audio, samples[round(begin * rate) : round(end * rate)], rate)
        own = [{**row, "index": place, **_moved(row, -begin)} for place, row in enumerate(rows[first:last])]
        truth.write_text(json.dumps({**key, "utterances": own}), encoding="utf-8")
        found.append((audio, [Cue(place, cue.text) for place, cue in enumerate(cues[first:last])], truth))
    return found


def _moved(row: dict[str, Any], seconds: float) -> dict[str, float]:
    names = [name for name in ("start", "end", "clip_start", "clip_end") if row.get(name) is not None]
    return {name: row[name] + seconds for name in names}


def cell(recording: Recording, variant: Variant, model: AcousticModel, seconds: float, seed: int) -> dict[str, Any]:
    """Scores, number of adapted parts and processor seconds by way."""
    options = AlignOptions(seed=seed)
    folder = Path(tempfile.mkdtemp())
    try:
        own = parts(recording, variant, seconds, folder)
        pairs = [(audio, cues) for audio, cues, _ in own]
        found: dict[str, Any] = {"parts": len(own)}
        for way in WAYS:
            began = time.process_time()
            if way == "together":
                alignments = ctcalign.align_together(pairs, model, options=options)
            else:
                passes = int(way == "each")
                alignments = [ctcalign.align(*pair, model, options=options, adapt=passes) for pair in pairs]
            took = time.process_time() - began
            scores = []
            for one, (*_, truth) in zip(alignments, own, strict=True):
                if not isinstance(one, Alignment):
                    raise one
                scores.append(score(one, truth))
            adapted = sum(any(text.startswith(ADAPTED) for text in one.warnings) for one in alignments)
            found[way] = {
                "within": [sum(column) for column in zip(*(one["within"] for one in scores), strict=True)],
                "spoken": sum(one["spoken"] for one in scores),
                "adapted": adapted,
                "seconds": took,
            }
        return found
    finally:
        shutil.rmtree(folder)


def page(cells: Sequence[dict[str, Any]]) -> list[str]:
    """A table of all cells, and their means."""
    rows = []
    for one in cells:
        counts = [f"{one[way]['adapted']} of {one['parts']}" for way in WAYS[1:]]
        rows.append([one["recording"], one["captions"], *counts, *_shares(one), *_times(one)])
    means = [mean([share(one, way, which) for one in cells]) for which in (0, 1) for way in WAYS]
    rows.append(["**mean**", "", "", "", *(f"**{value:.1f}**" for value in means), "", ""])
    head = ["recording, sound", "captions", "adapted, each", "together"]
    head += [f"{limit} s, {way}" for limit in ("0.5", "0.2") for way in WAYS] + ["time, each", "together"]
    text = section("Spoken cues within, %; processor time over that of the plain runs", markdown_table(head, rows))
    weak = [one for one in cells if share(one, "plain") < 95]
    gains = ", ".join(
        f"{way} {mean([share(one, way) - share(one, 'plain') for one in weak]):+.1f} (worst "
        f"{min(share(one, way) - share(one, 'plain') for one in weak):+.1f})"
        for way in WAYS[1:]
    )
    return [*text, f"Points within 0.5 s where the plain run has less than 95 % ({len(weak)} cells): {gains}.", ""]


def share(one: dict[str, Any], way: str, which: int = 0) -> float:
    """Per cent of the spoken cues of all parts within a limit."""
    return 100 * float(one[way]["within"][which]) / max(1, int(one[way]["spoken"]))


def _shares(one: dict[str, Any]) -> list[str]:
    return [f"{share(one, way, which):.1f}" for which in (0, 1) for way in WAYS]


def _times(one: dict[str, Any]) -> list[str]:
    return [f"{one[way]['seconds'] / one['plain']['seconds']:.1f}" for way in WAYS[1:]]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="length of a part in seconds")
    args = parser.parse_args(arguments)
    model = load_model(args.model)
    compute(
        args,
        f"{args.seconds:g}.{args.seed}",
        lambda recording, variant: cell(recording, variant, model, args.seconds, args.seed),
        lambda found: str([found[way]["within"][0] for way in WAYS]),
    )
    write_page(args, "Adapting the model to recordings of one speaker together", ABOUT, page)


if __name__ == "__main__":
    one_line(main)
