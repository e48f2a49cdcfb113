#!/usr/bin/env bash
# Align With Purpose on continuous read speech: training towards earlier emission and fewer errors, and the
# published latency baselines, all from the same start for the same number of updates.
#
#   run.sh                                    everything; finished runs are skipped; delete exp/ to start again
#   run.sh --seeds "1 2 3" --jobs 2           two trainings at a time
#   run.sh --plan conf/latency.yaml --notes conf/latency.md --runs exp/latency --baselines exp/runs --results RESULTS_latency.md
#                                             another plan from the same baseline
#
# Needs: train.jsonl, train.tar, dev.jsonl, dev.tar below --corpus, a path from where you are; other relative paths
# count from the folder of this script. Stages: 0 data, 1 word times of dev and test from the project's own aligner, 2
# baseline, 3 methods, 4 fixed model for drift and missing evaluations, 5 curve and RESULTS.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command="egs/read_en/awp/run.sh $*"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}; corpus=../../../../shared/data/read_en
utterances=""             # use the first N of each part only (for trials)
min_word_score=-2.0       # nats per frame; words with a lower alignment score are left out of latency
plan=conf/plan.yaml; seeds="1 2 3"; only=""; jobs=1; threads=1; results=RESULTS.md; aligner=builtin:en
runs=""; notes=conf/notes.md   # runs: folder of this plan's runs; empty: exp/runs
baselines=""              # folder of runs whose baseline is reused
# shellcheck disable=SC2034  # read by parse_options.sh
inputs=corpus
. ../../../tools/parse_options.sh
runs=${runs:-$exp/runs}
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
train() {
  # The lists must be split into words.
  # shellcheck disable=SC2086
  "$python" -m recipes.awp.run --plan "$plan" --data "$exp/data" --out "$runs" --seeds $seeds \
    --jobs "$jobs" --threads "$threads" --min-word-score="$min_word_score" ${only:+--only $only} "$@"
}
mkdir -p "$exp"

if run 0 && [ ! -d "$exp/plain/test" ]; then
  need corpus {train,dev}.{jsonl,tar}
  "$python" -m egs.read_en.awp.local.prepare --train "$corpus/train.jsonl" --test "$corpus/dev.jsonl" \
    --out "$exp/plain" ${utterances:+--utterances "$utterances"}
fi
if run 1; then
  mkdir -p "$exp/data"
  if [ ! -e "$exp/data/train" ]; then ln -s ../plain/train "$exp/data/train"; fi
  for part in dev test; do
    if [ -d "$exp/data/$part" ]; then continue; fi
    "$python" -m recipes.awp.word_times --shar "$exp/plain/$part" --out "$exp/data/$part" --model "$aligner"
  done
fi
if [ -n "$baselines" ]; then ../../../tools/link_baselines.sh "$baselines" "$runs"; fi
if run 2; then train --baseline-only; fi
if run 3; then train; fi
if run 4; then
  "$python" -m recipes.awp.evaluation --data "$exp/data" --out "$exp/reference" --model "$aligner" \
    --min-word-score="$min_word_score"
  train
fi
if run 5; then
  "$python" -m recipes.awp.results --runs "$runs" --reference "$exp/reference" --notes "$notes" \
    --title "Align With Purpose on read speech" --command "$command" --plot "${results%.md}.png" --out "$results"
fi
