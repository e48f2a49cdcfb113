#!/usr/bin/env bash
# Adapt builtin:en to connected digits in noise, from recordings with wrong captions.
#
#   run.sh                                    everything; finished runs are skipped; delete exp/ to start again
#   run.sh --seeds "1 2 3" --stage 1          more seeds
#   run.sh --methods "adapt exact"            some of the methods
#
# Needs: folders digits_train and digits_test (manifest.jsonl and a tar of FLAC; free-spoken-digit recordings) and
# noise (FLAC; without it white noise) below --corpus, a path from where you are; other relative paths count from the
# folder of this script. Stages: 0 talks with wrong captions, 1 the methods, 2 RESULTS.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command="egs/digits/adapt/run.sh $*"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}; corpus=../../../../shared/data/dev
strings="200 10 150"      # of the talks, unused, and held out
seeds="1"; methods="adapt exact unfiltered published"; passes=3; updates=150; lr=0.001; results=RESULTS.md
# shellcheck disable=SC2034  # read by parse_options.sh
inputs=corpus
. ../../../tools/parse_options.sh
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
mkdir -p "$exp"

if run 0 && [ ! -d "$exp/corpus" ]; then
  need corpus digits_{train,test}/manifest.jsonl
  if [ ! -d "$exp/data/test" ]; then
    # The list must be split into words.
    # shellcheck disable=SC2086
    "$python" -m egs.digits.awp.local.prepare --train "$corpus/digits_train" --test "$corpus/digits_test" \
      --noise "$corpus/noise" --out "$exp/data" --strings $strings
  fi
  "$python" -m recipes.adapt.corpus --source "$exp/data/train" --out "$exp/corpus.part"
  mv "$exp/corpus.part" "$exp/corpus"
fi
if run 1; then
  # shellcheck disable=SC2086
  "$python" -m recipes.adapt.run --corpus "$exp/corpus" --held-out "$exp/data/test" --out "$exp/runs" \
    --seeds $seeds --methods $methods --passes "$passes" --updates "$updates" --lr "$lr"
fi
if run 2; then
  "$python" -m recipes.adapt.results --runs "$exp/runs" --notes conf/notes.md \
    --title "builtin:en adapted to digits with wrong captions" --command "$command" --out "$results"
fi
