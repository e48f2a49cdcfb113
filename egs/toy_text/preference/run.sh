#!/usr/bin/env bash
# Train a tiny causal language model to add, then continue with every preference loss: right sums are preferred to wrong.
#
#   run.sh                                    everything; finished runs are skipped; delete exp/ to start again
#   run.sh --only "sft dpo tdpo"              only some methods
#
# Needs transformers (pip install '.[train,hf]'), no data and no network. Stages: 0 problems and a model with
# random weights, 1 baseline and methods (trained and evaluated), 2 RESULTS.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command="egs/toy_text/preference/run.sh $*"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}
problems="2500 500 2000"  # of train, dev and test
dim=96; layers=3; most=99
plan=conf/plan.yaml; seeds="1 2 3"; only=""; results=RESULTS.md
. ../../../tools/parse_options.sh
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
mkdir -p "$exp"

# The lists must be split into words.
# shellcheck disable=SC2086
if run 0 && [ ! -d "$exp/data/start" ]; then
  "$python" -m egs.toy_text.preference.local.prepare --out "$exp/data" --problems $problems --most "$most" \
    --dim "$dim" --layers "$layers"
fi
# shellcheck disable=SC2086
if run 1; then
  "$python" -m recipes.preference.run_text --plan "$plan" --data "$exp/data" --out "$exp/runs" --seeds $seeds \
    ${only:+--only $only}
fi
if run 2; then
  "$python" -m recipes.preference.results --runs "$exp/runs" --plain sft --measure "wrong answers" \
    --title "Preference losses on sums" --notes conf/notes.md --command "$command" \
    --packages torch pytorch-lightning transformers numpy --out "$results"
fi
