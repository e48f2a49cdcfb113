"""Fault drill: what is left when a command is stopped, the disk is full, memory is short, or two write one file.

    python -m tools.drills                   the whole table: twenty random moments for each signal
    python -m tools.drills --quick           two moments, the commands align and search
    python -m tools.drills --commands fit --moments 5 --seed 2

Each trial runs the command in a new folder that holds the outputs of an earlier run, and then looks at it:

  outputs      each is the old one or the new one, never a part; all old or all new (after SIGKILL: mixed is counted)
  leftovers    no temporary file, beside the outputs or in TMPDIR (after SIGKILL: the next run removes them)
  status       130 for SIGINT, 143 for SIGTERM, 1 for a full disk, 2 for a wrong argument
  messages     one line of error, no traceback, no "bug in ctcalign"

A training is resumed after the stop and must end with the weights of one that was not stopped, bit by bit. A trial that
breaks a rule is printed with its reason, and the exit status is 1.

The disk is a tmpfs of 64 kB and a read-only one where this process may mount (root on Linux); otherwise the limits
RLIMIT_FSIZE and the mode of the folder stand for them, which the table says.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile as sf

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "egs" / "demo"
OLD = b"an earlier result\n"
SIGNALS = {"SIGKILL": signal.SIGKILL, "SIGTERM": signal.SIGTERM, "SIGINT": signal.SIGINT}
STATUS = {"SIGKILL": -9, "SIGTERM": 143, "SIGINT": 130}
LATEST = 600.0  # seconds until a trial counts as hanging


@dataclass(frozen=True)
class Drill:
    """A command with its inputs.

    Attributes:
        arguments: of ctcalign, run in a folder with the inputs.
        outputs: names of the outputs, which are compared with those of a run without a fault.
        overwritten: an input as the last output, for the fault "output = input".
    """

    arguments: tuple[str, ...]
    outputs: tuple[str, ...]
    overwritten: tuple[str, ...] = ()


DRILLS = {
    "align": Drill(
        ("align", "talk.wav", "talk.txt", "--overwrite", *"-o out.srt -o out.vtt -o out.json -o out.ctm".split()),
        ("out.srt", "out.vtt", "out.json", "out.ctm"),
        ("align", "talk.wav", "in.srt", "-o", "new.vtt", "-o", "in.srt", "--overwrite"),
    ),
    "search": Drill(
        ("search", "talk.wav", "harbour museum", "lighthouse", "--overwrite", *"-o hits.tsv -o hits.json".split()),
        ("hits.tsv", "hits.json"),
        ("search", "talk.wav", "--phrases", "phrases.srt", "-o", "phrases.srt", "--overwrite"),
    ),
    "calibrate": Drill(
        ("calibrate", "--pair", "talk.wav", "a.json", "--pair", "talk2.wav", "b.json", "--overwrite",
         *"-o fit.json --plot fit.png".split()),
        ("fit.json", "fit.png"),
    ),
    "fit": Drill(("fit", "--config", "train.yaml"), ("run/model.safetensors",)),
}  # fmt: skip


@dataclass
class Row:
    """Outcomes of one fault on one command."""

    trials: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    slowest: float = 0.0


@dataclass
class Result:
    """An ended process: its status, messages, and seconds from the signal to the first message and to the end."""

    status: int
    text: str
    seconds: float = 0.0


def make_inputs(folder: Path) -> None:
    """Fourteen seconds of the demo with captions, and tones for a training of a few seconds."""
    samples, rate = sf.read(DEMO / "talk.ogg", dtype="float32")
    truth = [cue for cue in json.loads((DEMO / "truth.json").read_text())["cues"] if cue["spoken"]]
    sf.write(folder / "talk.wav", samples[: 18 * rate], rate)
    early = [cue for cue in truth if cue["end"] < 17.5]
    (folder / "talk.txt").write_text("\n".join(cue["text_norm"] for cue in early) + "\n")
    (folder / "in.srt").write_text("1\n00:00:04,000 --> 00:00:08,000\n" + early[0]["text_norm"] + "\n")
    (folder / "phrases.srt").write_text("lighthouse\n")
    sf.write(folder / "talk2.wav", samples, rate)
    shutil.copy(folder / "talk2.wav", folder / "talk3.wav")
    for name, part in (("a", early), ("b", truth)):
        rows = [{"text": cue["text_norm"], "start": cue["start"], "end": cue["end"]} for cue in part]
        (folder / f"{name}.json").write_text(json.dumps(rows))
    _make_training(folder)


def _make_training(folder: Path) -> None:
    rng = np.random.default_rng(1)
    cuts = []
    for number in range(12):
        text = "".join(rng.choice(list("abcd"), 4))
        tones = [np.sin(2 * np.pi * 400 * (1 + "abcd".index(one)) * np.arange(3200) / 16_000) for one in text]
        sf.write(folder / f"t{number}.wav", 0.3 * np.concatenate(tones).astype(np.float32), 16_000)
        source = {"type": "file", "channels": [0], "source": str(folder / f"t{number}.wav")}
        recording = {"id": f"t{number}", "sources": [source], "sampling_rate": 16_000, "num_samples": 12_800}
        said = {"id": f"t{number}", "recording_id": f"t{number}", "start": 0.0, "duration": 0.8, "text": text}
        cut = {"id": f"t{number}", "start": 0.0, "duration": 0.8, "channel": 0, "type": "MonoCut"}
        cuts.append({**cut, "supervisions": [{**said, "channel": 0}], "recording": {**recording, "duration": 0.8}})
    (folder / "cuts.jsonl").write_text("".join(json.dumps(cut) + "\n" for cut in cuts))
    encoder = {"class_path": "ConvEncoder", "init_args": {"dim": 16, "blocks": 1, "kernel": 5, "dropout": 0.1}}
    tokenizer = {"class_path": "CharacterTokenizer", "init_args": {"characters": "abcd"}}
    model = {"tokenizer": tokenizer, "encoder": encoder, "optimiser": {"lr": 0.005, "warmup_steps": 5}}
    trainer = {
        "default_root_dir": "run", "max_epochs": 12, "accelerator": "cpu", "devices": 1, "enable_progress_bar": False,
        "enable_model_summary": False, "log_every_n_steps": 1,
    }  # fmt: skip
    data = {"train": str(folder / "cuts.jsonl"), "max_duration": 3, "workers": 0}
    (folder / "train.yaml").write_text(json.dumps({"model": model, "data": data, "trainer": trainer}))


def start(place: Path, arguments: Sequence[str], limit: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    """Start ctcalign in a folder, with TMPDIR in it."""
    (place / "tmp").mkdir(exist_ok=True)
    environment = {**os.environ, "TMPDIR": str(place / "tmp"), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    environment.pop("CTCALIGN_DEBUG", None)
    call = [sys.executable, "-B", "-m", "ctcalign", *arguments]

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a drill in the background ignores it, and so would its children
        if limit is not None:
            limit()

    return subprocess.Popen(
        call, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment,
        preexec_fn=prepare,
    )  # fmt: skip


def finish(process: subprocess.Popen[str], wait: float = LATEST) -> Result:
    """Wait for its end."""
    try:
        _, text = process.communicate(timeout=wait)
    except subprocess.TimeoutExpired:
        process.kill()
        _, text = process.communicate()
        return Result(-999, "hangs: " + text)
    return Result(process.returncode, text)


@contextlib.contextmanager
def trial(inputs: Path, drill: Drill) -> Iterator[Path]:
    """A folder with the inputs and the outputs of an earlier run (none for a training)."""
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        place = Path(name)
        for path in inputs.iterdir():
            if path.is_file():
                os.link(path, place / path.name) if path.suffix == ".wav" else shutil.copy(path, place)
        if drill.arguments[0] != "fit":
            for output in drill.outputs:
                (place / output).write_bytes(OLD)
        yield place


def temporary(place: Path) -> list[str]:
    """Temporary files of ctcalign in a folder and below."""
    return sorted(str(p.relative_to(place)) for p in place.rglob("*") if "ctcalign-" in p.name or p.suffix == ".part")


class Checker:
    """Compares a folder with the outputs of a run without a fault."""

    def __init__(self, inputs: Path, drill: Drill) -> None:
        self.drill = drill
        with trial(inputs, drill) as place:
            began = time.monotonic()
            done = finish(start(place, drill.arguments))
            self.seconds = time.monotonic() - began
            if done.status != 0:
                raise SystemExit(f"{drill.arguments[0]} fails without a fault: {done.text}")
            self.new = {name: _content(place / name) for name in drill.outputs}

    def outputs(self, place: Path) -> str:
        """ "old", "new", "mixed", or what is wrong."""
        kinds = set()
        for name in self.drill.outputs:
            path = place / name
            content = _content(path) if path.exists() else OLD
            if content not in (OLD, self.new[name]):
                return f"{name} is neither the old nor the new one ({len(content)} bytes)"
            kinds.add("old" if content == OLD else "new")
        return kinds.pop() if len(kinds) == 1 else "mixed"


def _content(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".safetensors":  # the header has the time of the export
        return data[8 + int.from_bytes(data[:8], "little") :]
    return data


def check_message(result: Result, row: Row) -> None:
    """One line of error and no traceback."""
    errors = [line for line in result.text.splitlines() if line.startswith("ctcalign: error")]
    if "Traceback" in result.text or "bug in ctcalign" in result.text or len(errors) > 1:
        row.broken.append(f"messages: {result.text.strip()[-300:]}")


def stop(name: str, checker: Checker, inputs: Path, moment: float) -> Row:
    """One signal at one moment (seconds after the start)."""
    row, drill = Row(1), checker.drill
    with trial(inputs, drill) as place:
        process = start(place, drill.arguments)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        began = time.monotonic()
        process.send_signal(SIGNALS[name])
        result = finish(process)
        row.slowest = time.monotonic() - began
        check_message(result, row)
        kind = checker.outputs(place)
        if kind not in ("old", "new") and not (kind == "mixed" and name == "SIGKILL"):
            row.broken.append(f"{name} after {moment:.2f} s: {kind}")
        # Before its handlers are installed, a process ends by the signal itself.
        if result.status not in (0, STATUS[name], -SIGNALS[name]):
            row.broken.append(f"{name} after {moment:.2f} s: status {result.status}: {result.text.strip()[-200:]}")
        left = temporary(place)
        row.outcomes[f"{kind} outputs"] += 1
        row.outcomes["temporary files left"] += bool(left)
        if left and name != "SIGKILL":
            row.broken.append(f"{name} after {moment:.2f} s: left {', '.join(left)}")
        if drill.arguments[0] == "fit" or left:
            _run_again(checker, place, row, f"{name} after {moment:.2f} s")
    return row


def _run_again(checker: Checker, place: Path, row: Row, what: str) -> None:
    more = ("--resume", "last") if checker.drill.arguments[0] == "fit" else ()
    result = finish(start(place, (*checker.drill.arguments, *more)))
    left, kind = temporary(place), checker.outputs(place)
    if result.status != 0 or kind != "new":
        row.broken.append(f"{what}, run again: status {result.status}, {kind} outputs: {result.text.strip()[-200:]}")
    if left:
        row.broken.append(f"{what}, run again: left {', '.join(left)}")
    row.outcomes["resumed bit-identical" if more else "removed by the next run"] += 1


def refused(
    checker: Checker, inputs: Path, statuses: Sequence[int], arguments: Sequence[str] | None = None,
    limit: Callable[[], None] | None = None, mount: str | None = None,
) -> Row:  # fmt: skip
    """A fault that the command must report in one line while everything stays as it was."""
    row, drill = Row(1), checker.drill
    with trial(inputs, drill) as place, _mounted(place, drill, mount) as (folder, given):
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".csv"}
        result = finish(start(place, arguments or given, limit))
        check_message(result, row)
        row.outcomes[f"status {result.status}"] += 1
        if result.status not in statuses or (result.status and not result.text.strip()):
            row.broken.append(f"status {result.status}: {result.text.strip()[-300:]}")
        if result.status:
            after = {path: path.read_bytes() for path in before if path.exists()}
            if after != before:
                row.broken.append(f"changed: {[str(p) for p in before if before[p] != after.get(p)]}")
        if temporary(place):
            row.broken.append(f"left {temporary(place)}")
    return row


@contextlib.contextmanager
def _mounted(place: Path, drill: Drill, options: str | None) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """The outputs in a folder of their own below `place`: a small or read-only file system if `options` say so."""
    if options is None:
        yield place, drill.arguments
        return
    folder = place / "disk"
    folder.mkdir()
    given = tuple(f"disk/{one}" if one in drill.outputs else one for one in drill.arguments)
    if drill.arguments[0] == "fit":
        given = (*drill.arguments, "--trainer.default_root_dir", "disk/run")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], check=True)
    try:
        for output in drill.outputs if drill.arguments[0] != "fit" else ():
            shutil.move(place / output, folder / output)
        if options == "full":
            with contextlib.suppress(OSError), (folder / "filler").open("wb") as filler:
                while True:
                    filler.write(bytes(4096))
                    filler.flush()
        else:
            subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        yield folder, given
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def two_at_once(checker: Checker, inputs: Path) -> Row:
    """Two processes that write the same outputs."""
    row, drill = Row(1), checker.drill
    with trial(inputs, drill) as place:
        processes = [start(place, drill.arguments) for _ in range(2)]
        results = [finish(process) for process in processes]
        for result in results:
            check_message(result, row)
        row.outcomes[f"statuses {sorted(result.status for result in results)}"] += 1
        kind = checker.outputs(place)
        row.outcomes[f"{kind} outputs"] += 1
        if kind != "new" or temporary(place):
            row.broken.append(f"{kind} outputs, left {temporary(place)}: {[result.text[-200:] for result in results]}")
    return row


def _limit(kind: int, value: int) -> Callable[[], None]:
    def limit() -> None:
        resource.setrlimit(kind, (value, resource.RLIM_INFINITY))

    return limit


def _can_mount() -> bool:
    with tempfile.TemporaryDirectory() as name:
        tried = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", name], capture_output=True)
        if tried.returncode == 0:
            subprocess.run(["umount", name], check=True)
        return tried.returncode == 0


def faults(checker: Checker, inputs: Path, moments: int, rng: random.Random) -> Iterator[tuple[str, Row]]:
    """Name and outcome of each fault."""
    for name in SIGNALS:
        whole = Row()
        for _ in range(moments):
            one = stop(name, checker, inputs, rng.uniform(0.05, checker.seconds))
            whole.trials += 1
            whole.outcomes += one.outcomes
            whole.broken += one.broken
            whole.slowest = max(whole.slowest, one.slowest)
        yield name, whole
    if shutil.which("mount") and _can_mount():
        yield "full disk (tmpfs)", refused(checker, inputs, (1,), mount="full")
        yield "read-only disk (tmpfs)", refused(checker, inputs, (1, 2), mount="read-only")
    yield "file size (RLIMIT_FSIZE 100)", refused(checker, inputs, (1,), limit=_limit(resource.RLIMIT_FSIZE, 100))
    if checker.drill.overwritten:
        yield "output = input", refused(checker, inputs, (2,), checker.drill.overwritten)
    yield "two processes", two_at_once(checker, inputs)
    for megabytes in (500, 2000, 4000, 5000):
        limit = _limit(resource.RLIMIT_AS, megabytes << 20)
        yield f"memory (RLIMIT_AS {megabytes} MB)", refused(checker, inputs, (0, 1), limit=limit)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the drill; 1 if a rule was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two moments; align and search")
    parser.add_argument("--commands", default="", help=f"of {','.join(DRILLS)}; separated by commas")
    parser.add_argument("--moments", type=int, default=20, help="random moments for each signal (default: 20)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (default: 1)")
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # unmount and remove folders
    names = given.commands.split(",") if given.commands else ["align", "search"] if given.quick else list(DRILLS)
    broken = 0
    print("| command | fault | trials | outcome | slowest stop (s) | rules broken |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="drills-") as folder:
        inputs = Path(folder)
        make_inputs(inputs)
        for name in names:
            checker = Checker(inputs, DRILLS[name])
            rng = random.Random(given.seed)
            for fault, row in faults(checker, inputs, 2 if given.quick else given.moments, rng):
                broken += len(row.broken)
                shown = ", ".join(f"{number} {what}" for what, number in row.outcomes.items() if number)
                slowest = f"{row.slowest:.1f}" if row.slowest else ""
                print(f"| {name} | {fault} | {row.trials} | {shown} | {slowest} | {len(row.broken)} |", flush=True)
                for reason in row.broken:
                    print(f"  broken: {reason}", file=sys.stderr, flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
