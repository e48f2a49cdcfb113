#!/usr/bin/env bash
# Continue training a recogniser of connected digits in noise with CTC and with every preference loss, all from the same
# start for the same number of updates.
#
#   run.sh                                    everything; finished runs are skipped; delete exp/ to start again
#   run.sh --only "ctc dpo tdpo"              only some methods
#   run.sh --seeds "1 2 3 4 5" --jobs 2       more seeds, two trainings at a time
#
# Needs: folders digits_train and digits_test (manifest.jsonl and a tar of FLAC; free-spoken-digit recordings) and
# noise (FLAC; without it white noise) below --corpus, a path from where you are; other relative paths count from the
# folder of this script. Stages: 0 join digits to strings, 1 baseline, 2 methods (trained and evaluated), 3
# RESULTS.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command="egs/digits/preference/run.sh $*"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}; corpus=../../../../shared/data/dev
strings="6000 400 800"    # of train, dev and test
plan=conf/plan.yaml; seeds="1 2 3"; only=""; jobs=1; threads=1; results=RESULTS.md
baselines=""              # folder of runs of ../awp whose baselines are reused
# shellcheck disable=SC2034  # read by parse_options.sh
inputs=corpus
. ../../../tools/parse_options.sh
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
runs() {
  # The lists must be split into words.
  # shellcheck disable=SC2086
  "$python" -m recipes.preference.run --plan "$plan" --data "$exp/data" --out "$exp/runs" --seeds $seeds \
    --jobs "$jobs" --threads "$threads" ${only:+--only $only} "$@"
}
mkdir -p "$exp"

if run 0 && [ ! -d "$exp/data/test" ]; then
  need corpus digits_{train,test}/manifest.jsonl
  # shellcheck disable=SC2086
  "$python" -m egs.digits.awp.local.prepare --train "$corpus/digits_train" --test "$corpus/digits_test" \
    --noise "$corpus/noise" --out "$exp/data" --strings $strings
fi
if [ -n "$baselines" ]; then ../../../tools/link_baselines.sh "$baselines" "$exp/runs"; fi
if run 1 && ! run 2; then runs --baseline-only; fi
if run 2; then runs; fi
if run 3; then
  "$python" -m recipes.preference.results --runs "$exp/runs" --notes conf/notes.md \
    --title "Preference losses on connected digits in noise" --command "$command" --out "$results"
fi
