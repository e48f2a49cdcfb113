#!/usr/bin/env python3
"""Measure `ctcalign search` on recordings whose words and times are known: the tables of docs/search.md.

    python tools/measure_search.py ljspeech_long/truth.json reader_b_long/truth.json sonnet/truth.json

Phrases that occur are drawn from each recording, phrases that do not from the others.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ctcalign.errors import CtcAlignError
from ctcalign.models import load_model
from ctcalign.search.confidence import calibration_for, read_calibration
from ctcalign.search.fit import with_confidences
from ctcalign.search.measure import report_lines
from ctcalign.search.recordings import read_truth
from ctcalign.search.trials import Trial, run_trials


def note(trial: Trial) -> None:
    """Report a finished recording on stderr."""
    print(f"{trial.recording.name}: {len(trial.candidates)} candidates", file=sys.stderr, flush=True)


def main() -> None:
    """Print a table for each recording and one for all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "truth", type=Path, nargs="+", help="at least two: phrases that do not occur in one come from the others"
    )
    parser.add_argument("--model", default="builtin:en")
    parser.add_argument("--calibration", type=Path, help="file of tools/fit_search.py  [default: the model's own]")
    parser.add_argument(
        "--count", type=int, default=60, help="phrases of a class and recording that occur, and as many that do not"
    )
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if len(args.truth) < 2:
        parser.error("give at least two recordings")
    try:
        model = load_model(args.model)
        calibration = read_calibration(args.calibration) if args.calibration else calibration_for(args.model)[0]
        trials = run_trials([read_truth(path, model) for path in args.truth], model, args.count, args.seed, note)
    except CtcAlignError as error:
        raise SystemExit(str(error)) from error
    predicted = [pair for trial in trials for pair in with_confidences(trial.candidates, calibration)]
    print("\n".join(report_lines(trials, predicted, model)))


if __name__ == "__main__":
    main()
