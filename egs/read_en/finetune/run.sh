#!/usr/bin/env bash
# Fine-tune builtin:en on read speech, and compare its error rates with those before.
#
#   run.sh                                    everything; finished runs are skipped; delete exp/ to start again
#   run.sh --seeds "1 2 3" --jobs 2           more seeds, two trainings at a time
#
# Needs: train.jsonl, train.tar, dev.jsonl, dev.tar below --corpus, a path from where you are; other relative paths
# count from the folder of this script. Stages: 0 data, 1 the model before training, 2 fine-tuning, 3 RESULTS.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command="egs/read_en/finetune/run.sh $*"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}; corpus=../../../../shared/data/read_en
utterances=""             # use the first N of each part only (for trials)
dev_speakers=20           # of the training speakers, reserved for dev
plan=conf/plan.yaml; seeds="1"; jobs=1; threads=1; results=RESULTS.md
# shellcheck disable=SC2034  # read by parse_options.sh
inputs=corpus
. ../../../tools/parse_options.sh
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
mkdir -p "$exp"

if run 0 && [ ! -d "$exp/data/test" ]; then
  need corpus {train,dev}.{jsonl,tar}
  "$python" -m egs.read_en.awp.local.prepare --train "$corpus/train.jsonl" --test "$corpus/dev.jsonl" \
    --out "$exp/data" --dev-speakers "$dev_speakers" ${utterances:+--utterances "$utterances"}
fi
if run 1; then "$python" -m recipes.awp.start --model builtin:en --data "$exp/data" --runs "$exp/runs"; fi
if run 2; then
  # The list must be split into words.
  # shellcheck disable=SC2086
  "$python" -m recipes.awp.run --plan "$plan" --data "$exp/data" --out "$exp/runs" --seeds $seeds \
    --jobs "$jobs" --threads "$threads" --baseline-only
fi
if run 3; then
  "$python" -m recipes.awp.before_after --runs "$exp/runs" --notes conf/notes.md \
    --title "builtin:en fine-tuned on read speech" --command "$command" --out "$results"
fi
