#!/usr/bin/env bash
# Fine-tune builtin:en on connected digits, then train it further towards earlier emission beside CTC alone.
#
#   run.sh                                    everything; finished runs are skipped; delete exp/ to start again
#   run.sh --stage 2 --stop-stage 2           the fine-tuned models alone
#   run.sh --seeds "1 2 3 4 5" --jobs 2       more seeds, two trainings at a time
#
# Needs: folders digits_train and digits_test (manifest.jsonl and a tar of FLAC; free-spoken-digit recordings) and
# noise (FLAC; without it white noise) below --corpus, a path from where you are; other relative paths count from the
# folder of this script. Stages: 0 join digits to strings, 1 the model before training, 2 fine-tuning, 3 methods that
# continue from it, 4 the mean of the weights of a method's models, 5 curve and RESULTS.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command="egs/digits/finetune/run.sh $*"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}; corpus=../../../../shared/data/dev
strings="6000 200 400"    # of train, dev and test
plan=conf/plan.yaml; seeds="1 2 3"; only=""; soup=ctc_average; jobs=1; threads=1; results=RESULTS.md
# shellcheck disable=SC2034  # read by parse_options.sh
inputs=corpus
. ../../../tools/parse_options.sh
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
train() {
  # The lists must be split into words.
  # shellcheck disable=SC2086
  "$python" -m recipes.awp.run --plan "$plan" --data "$exp/data" --out "$exp/runs" --seeds $seeds \
    --jobs "$jobs" --threads "$threads" --parts dev test takes ${only:+--only $only} "$@"
}
mkdir -p "$exp"

if run 0; then
  need corpus digits_{train,test}/manifest.jsonl
  if [ ! -d "$exp/data/test" ]; then
    # shellcheck disable=SC2086
    "$python" -m egs.digits.awp.local.prepare --train "$corpus/digits_train" --test "$corpus/digits_test" \
      --noise "$corpus/noise" --out "$exp/data" --bare 0.2 --strings $strings
  fi
  if [ ! -d "$exp/data/takes" ]; then
    "$python" -m egs.digits.finetune.local.takes --takes "$corpus/digits_test" --out "$exp/data/takes"
  fi
fi
if run 1; then
  "$python" -m recipes.awp.start --model builtin:en --data "$exp/data" --parts dev test takes --runs "$exp/runs"
fi
if run 2; then train --baseline-only; fi
if run 3; then train; fi
if run 4; then
  # shellcheck disable=SC2086
  "$python" -m recipes.awp.soup --runs "$exp/runs" --method "$soup" --seeds $seeds --data "$exp/data" \
    --parts dev test takes
fi
if run 5; then
  "$python" -m recipes.awp.results --runs "$exp/runs" --tests test takes --notes conf/notes.md \
    --title "builtin:en fine-tuned on digits" --command "$command" --plot "${results%.md}.png" --out "$results"
fi
