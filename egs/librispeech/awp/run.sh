#!/usr/bin/env bash
# Align With Purpose on LibriSpeech at full scale: 960 hours, 8 GPUs a training, word times from the project's aligner.
#
#   run.sh --librispeech /data/LibriSpeech                                     everything
#   run.sh --librispeech /data/LibriSpeech --train-parts train-clean-100 --devices 4
#
# Without --librispeech (a path from where you are) lhotse downloads the corpus. Finished runs are skipped; delete
# exp/ to start again. Stages: 0 corpus and Shar, 1 word times of dev and test, 2 baseline, 3 methods, 4 fixed model
# for drift and missing evaluations, 5 curve and RESULTS.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command="egs/librispeech/awp/run.sh $*"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}; librispeech=""
train_parts="train-clean-100 train-clean-360 train-other-500"; workers=16; device=auto
devices=8; jobs=1; threads=4; plan=conf/plan.yaml; seeds="1 2 3"; only=""; results=RESULTS.md
aligner=builtin:en; min_word_score=-2.0
# shellcheck disable=SC2034  # read by parse_options.sh
inputs=librispeech
. ../../../tools/parse_options.sh
parts="dev test test-other"
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
runs() {
  # The lists must be split into words.
  # shellcheck disable=SC2086
  "$python" -m recipes.awp.run --plan "$plan" --data "$exp/data" --out "$exp/runs" --seeds $seeds \
    --parts $parts --devices "$devices" --jobs "$jobs" --threads "$threads" --min-word-score="$min_word_score" \
    ${only:+--only $only} "$@"
}
mkdir -p "$exp"

if run 0; then
  if [ -z "$librispeech" ]; then
    librispeech=$exp/corpora/LibriSpeech
    if [ ! -d "$librispeech" ]; then lhotse download librispeech "$exp/corpora"; fi
  fi
  # shellcheck disable=SC2086
  "$python" -m egs.librispeech.awp.local.prepare --corpus "$librispeech" --out "$exp/plain" \
    --train-parts $train_parts --jobs "$workers"
fi
if run 1; then
  mkdir -p "$exp/data"
  if [ ! -e "$exp/data/train" ]; then ln -s ../plain/train "$exp/data/train"; fi
  for part in $parts; do
    if [ -d "$exp/data/$part" ]; then continue; fi
    "$python" -m recipes.awp.word_times --shar "$exp/plain/$part" --out "$exp/data/$part" --model "$aligner" \
      --device "$device"
  done
fi
if run 2; then runs --baseline-only; fi
if run 3; then runs; fi
if run 4; then
  # shellcheck disable=SC2086
  "$python" -m recipes.awp.evaluation --data "$exp/data" --parts $parts --out "$exp/reference" --model "$aligner" \
    --min-word-score="$min_word_score"
  runs
fi
if run 5; then
  "$python" -m recipes.awp.results --runs "$exp/runs" --reference "$exp/reference" --notes conf/notes.md \
    --tests test test-other --title "Align With Purpose on LibriSpeech" --command "$command" \
    --plot "${results%.md}.png" --out "$results"
fi
