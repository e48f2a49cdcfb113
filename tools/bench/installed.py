#!/usr/bin/env python3
"""What `pip install .` alone brings: seconds, size, the largest packages, and whether the bundled talk is aligned.

  tools/bench/installed.py [--python PYTHON] [--extras hf,train]

Makes a virtual environment in a temporary folder. The size is that of the environment less that of an empty one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import RESULTS, machine, markdown, write_report
from end_to_end import ROOT

SHOWN = 12


def size_of(folder: Path) -> int:
    """Bytes of the files below a folder."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--extras", default="", help="extras to install too, separated by commas")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the tables")
    args = parser.parse_args()
    about = machine()
    with tempfile.TemporaryDirectory(prefix="ctcalign-bench-") as folder:
        place = Path(folder)
        subprocess.run([args.python, "-m", "venv", place / "venv"], check=True)
        empty = size_of(place / "venv")
        project = f"{ROOT}[{args.extras}]" if args.extras else str(ROOT)
        began = time.perf_counter()
        subprocess.run([place / "venv/bin/pip", "install", "--quiet", project], check=True)
        seconds = time.perf_counter() - began
        total = size_of(place / "venv") - empty
        packages = next((place / "venv/lib").glob("python*/site-packages"))
        sizes: dict[str, int] = {}
        for entry in packages.iterdir():
            name = entry.name.removesuffix(".libs").removesuffix(".py")
            if name not in ("pip", "setuptools", "pkg_resources") and "-" not in name:
                sizes[name] = sizes.get(name, 0) + (size_of(entry) if entry.is_dir() else entry.stat().st_size)
        talk = ROOT / "egs/demo/talk"
        call = [place / "venv/bin/ctcalign", "align", f"{talk}.ogg", f"{talk}.srt", "-q", "-o", place / "talk.json"]
        runs = []
        for _ in ("kernels are compiled", "kernels are cached"):
            (place / "talk.json").unlink(missing_ok=True)
            began = time.perf_counter()
            subprocess.run(call, check=True, cwd=place)
            runs.append(time.perf_counter() - began)
        cues = len(json.loads((place / "talk.json").read_text(encoding="utf-8"))["cues"])
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:SHOWN]
    text = markdown(("package", "MB"), [[name, f"{size / 1e6:.0f}"] for name, size in largest])
    text += (
        f"\n`pip install {'.[' + args.extras + ']' if args.extras else '.'}`: {total / 1e6:.0f} MB in {seconds:.0f} s. "
        f"The bundled talk ({cues} captions) is aligned in {runs[0]:.1f} s the first time, when kernels are compiled, "
        f"and in {runs[1]:.1f} s after that.\n\n" + ", ".join(f"{key} {value}" for key, value in about.items()) + "\n"
    )
    report = {"machine": about, "bytes": total, "seconds": seconds, "packages": dict(largest), "runs_s": runs}
    write_report("installed", report, text, args.out, quick=bool(args.extras))


if __name__ == "__main__":
    main()
