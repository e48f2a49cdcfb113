#!/usr/bin/env bash
# Train a small streaming recogniser of connected digits towards earlier emission and fewer errors: Align With Purpose
# and the published latency baselines, all from the same start for the same number of updates.
#
#   run.sh                                    everything; finished runs are skipped; delete exp/ to start again
#   run.sh --stage 2 --stop-stage 2 --only "awp_latency ctc"      only two methods
#   run.sh --seeds "1 2 3 4 5" --jobs 2       more seeds, two trainings at a time
#   run.sh --plan conf/latency.yaml --notes conf/latency.md --runs exp/latency --baselines exp/runs --results RESULTS_latency.md
#                                             another plan from the same baselines
#
# Needs: folders digits_train and digits_test (manifest.jsonl and a tar of FLAC; free-spoken-digit recordings) and
# noise (FLAC; without it white noise) below --corpus, a path from where you are; other relative paths count from the
# folder of this script. Stages: 0 join digits to strings, 1 baseline, 2 methods, 3 fixed model for drift and missing
# evaluations, 4 curve and RESULTS.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command="egs/digits/awp/run.sh $*"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}; corpus=../../../../shared/data/dev
strings="6000 400 800"    # of train, dev and test
plan=conf/plan.yaml; seeds="1 2 3"; only=""; jobs=1; threads=1; results=RESULTS.md
runs=""; notes=conf/notes.md   # runs: folder of this plan's runs; empty: exp/runs
baselines=""              # folder of runs whose baselines are reused
# shellcheck disable=SC2034  # read by parse_options.sh
inputs=corpus
. ../../../tools/parse_options.sh
runs=${runs:-$exp/runs}
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
train() {
  # The lists must be split into words.
  # shellcheck disable=SC2086
  "$python" -m recipes.awp.run --plan "$plan" --data "$exp/data" --out "$runs" --seeds $seeds \
    --jobs "$jobs" --threads "$threads" ${only:+--only $only} "$@"
}
mkdir -p "$exp"

if run 0 && [ ! -d "$exp/data/test" ]; then
  need corpus digits_{train,test}/manifest.jsonl
  # shellcheck disable=SC2086
  "$python" -m egs.digits.awp.local.prepare --train "$corpus/digits_train" --test "$corpus/digits_test" \
    --noise "$corpus/noise" --out "$exp/data" --strings $strings
fi
if [ -n "$baselines" ]; then ../../../tools/link_baselines.sh "$baselines" "$runs"; fi
if run 1; then train --baseline-only; fi
if run 2; then train; fi
if run 3; then
  "$python" -m recipes.awp.evaluation --data "$exp/data" --out "$exp/reference"
  train
fi
if run 4; then
  "$python" -m recipes.awp.results --runs "$runs" --reference "$exp/reference" --notes "$notes" \
    --title "Align With Purpose on connected digits" --command "$command" --plot "${results%.md}.png" --out "$results"
fi
