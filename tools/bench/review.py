#!/usr/bin/env python3
"""Weight, opening and scrolling of review pages: the bundled talk repeated for minutes and hours, in Debian's Chromium.

  PYTHONPATH=. tools/bench/review.py [--quick] [--seconds 600 10800] [--repeats 5]

"opens": from the start of the navigation to the second frame in which the page can be used. "frame": the longest time
between two frames while the list or the waveform scrolls by so many pixels in each frame. Medians of the repetitions,
and the worst of them. Other jobs on the machine stretch both; its load is below the table. "work": the most processor
time of the main thread of the page, for opening and for one step of such scrolling; other jobs do not change it. The
browser draws without a GPU. Memory and time of writing are those of a process of its own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import RESULTS, in_subprocess, machine, markdown, measured, write_report

import ctcalign
from ctcalign.review import PageOptions, write_page
from tools.review.browser import browser
from tools.review.cases import CAPTIONS, TALK, repeated, write_repeated
from tools.review.frames import Processor, open_page, scrolled

SCROLLS = {
    "list, rows": ("#list", 200),
    "list, jumps": ("#list", 3000),
    "waveform": ("wave", 40),
    "waveform, jumps": ("wave", 4000),
}


def make_case(case: dict[str, Any]) -> dict[str, Any]:
    """Make the recording and its alignment; a process of its own, whose memory the next one would inherit."""
    folder = Path(case["folder"])
    write_repeated(folder / "long.flac", case["seconds"])
    repeated(ctcalign.align(TALK, CAPTIONS), case["seconds"]).save(folder / "long.json")
    return {}


def write_case(case: dict[str, Any]) -> dict[str, Any]:
    """Write a page in this process: seconds, memory and size."""
    if "seconds" in case:
        return make_case(case)
    folder = Path(case["folder"])
    alignment = ctcalign.read_alignment(folder / "long.json")
    options = PageOptions(spectrogram=case["spectrogram"])

    def work() -> None:
        write_page(alignment, folder / "page.html", audio=folder / "long.flac", options=options, overwrite=True)

    work_figures, _ = measured(work)
    return {**work_figures, "bytes": (folder / "page.html").stat().st_size, "cues": len(alignment.cues)}


def browse(file: Path, repeats: int) -> dict[str, Any]:
    """Seconds until the page is open, and the longest frame and step of each kind of scrolling, for each repetition."""
    opened: list[float] = []
    opening: list[float] = []
    longest: dict[str, list[float]] = {name: [] for name in SCROLLS}
    work: dict[str, list[float]] = {name: [] for name in SCROLLS}
    with browser() as running:
        for _ in range(repeats):
            page = running.new_page(viewport={"width": 1280, "height": 800})
            processor = Processor(page)
            opened.append(open_page(page, file))
            page.wait_for_timeout(500)
            opening.append(processor.seconds())
            for name, (which, step) in SCROLLS.items():
                longest[name].append(max(scrolled(page, which, step)))
                work[name].append(max(processor.scrolling(which, -step)))
            page.close()
    return {"opens": opened, "opening_work": opening, "frames": longest, "work": work}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="ten minutes, once")
    parser.add_argument("--seconds", type=float, nargs="+", default=[600, 10_800])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the tables")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.case:
        print(json.dumps(write_case(json.loads(args.case))))
        return
    about = machine()
    rows = []
    for seconds in [600] if args.quick else args.seconds:
        with tempfile.TemporaryDirectory(prefix="ctcalign-bench-") as place:
            folder = Path(place)
            in_subprocess(Path(__file__), {"folder": place, "seconds": seconds})
            for spectrogram in (False, True):
                written = in_subprocess(Path(__file__), {"folder": place, "spectrogram": spectrogram})
                if "failed" in written:
                    raise SystemExit(written["failed"])
                seen = browse(folder / "page.html", 1 if args.quick else args.repeats)
                rows.append({"seconds": seconds, "spectrogram": spectrogram, **written, **seen})
                print(rows[-1], file=sys.stderr, flush=True)
    write_report("review", {"machine": about, "rows": rows}, table(rows, about), args.out, quick=args.quick)


def table(rows: list[dict[str, Any]], about: dict[str, Any]) -> str:
    header = ["recording", "captions", "page, MB", "written in, processor s", "memory, MB", "opens, s", "work, s"]
    header += [f"{name}: {what}, ms" for name in SCROLLS for what in ("frame", "work")]
    lines = []
    for row in rows:
        length = f"{row['seconds'] / 60:.0f} min" + (", spectrogram" if row["spectrogram"] else "")
        cells = [length, f"{row['cues']:,}", f"{row['bytes'] / 1e6:.2f}", f"{row['cpu_s']:.1f}"]
        cells += [f"{1000 * row['peak_gb']:.0f}", _both(row["opens"], 1, 2), _both(row["opening_work"], 1, 2)]
        cells += [_both(row[what][name], 1000, 0) for name in SCROLLS for what in ("frames", "work")]
        lines.append(cells)
    return markdown(header, lines) + "\n" + ", ".join(f"{key} {value}" for key, value in about.items()) + "\n"


def _both(values: list[float], unit: float, digits: int) -> str:
    return f"{unit * statistics.median(values):.{digits}f} ({unit * max(values):.{digits}f})"


if __name__ == "__main__":
    main()
