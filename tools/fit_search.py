#!/usr/bin/env python3
"""Fit the confidence of `ctcalign search`: a logistic regression over the evidence about phrases in read speech.

    python tools/fit_search.py dev.jsonl dev.tar -o ctcalign/models/builtin/en/search.json

The manifest has a line of JSON for each utterance (path, text_norm, speaker), the tar the files. The utterances of each
speaker become one recording; it is searched for phrases of 1, 2 and 3 to 5 words, as many that occur in it as do not.
The printed table is measured on held-out speakers, one at a time; the file holds the fit on all of them.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ctcalign.errors import CtcAlignError
from ctcalign.files import atomic_write
from ctcalign.models import load_model
from ctcalign.search.fit import fit_trials, held_out_confidences
from ctcalign.search.measure import quality_table
from ctcalign.search.recordings import read_archive
from ctcalign.search.trials import Trial, run_trials


def note(trial: Trial) -> None:
    """Report a finished recording on stderr."""
    print(f"{trial.recording.name}: {len(trial.candidates)} candidates", file=sys.stderr, flush=True)


def main() -> None:
    """Fit, print the quality on held-out speakers, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("tar", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--model", default="builtin:en")
    parser.add_argument(
        "--count", type=int, default=60, help="phrases of a class and recording that occur, and as many that do not"
    )
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    try:
        model = load_model(args.model)
        trials = run_trials(list(read_archive(args.manifest, args.tar, model)), model, args.count, args.seed, note)
    except CtcAlignError as error:
        raise SystemExit(str(error)) from error
    print("\n".join(quality_table(trials, held_out_confidences(trials, args.model))))
    calibration = fit_trials(trials, args.model, args.count, args.seed)
    with atomic_write(args.output) as file:
        file.write(json.dumps(calibration.to_dict(), indent=1) + "\n")


if __name__ == "__main__":
    main()
