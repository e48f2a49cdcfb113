#!/usr/bin/env bash
# Adapt builtin:en to connected digits in noise, from recordings with wrong captions, and keep what it knows of read
# speech.
#
#   run.sh                                    everything; finished runs are skipped; delete exp/ to start again
#   run.sh --seeds 1 --methods "adapt exact"  some of the runs; the table names those that are missing
#
# Needs: folders digits_train and digits_test (manifest.jsonl and a tar of FLAC; free-spoken-digit recordings) and
# noise (FLAC; without it white noise) below --corpus, and read speech (train.jsonl, train.tar, dev.jsonl, dev.tar) below
# --source-corpus; both are paths from where you are, other relative paths count from the folder of this script.
# Stages: 0 talks with wrong captions, and read speech; 1 the methods (recipes/adapt/run.py says which there are), 2 RESULTS.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command="egs/digits/adapt/run.sh $*"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}
corpus=../../../../shared/data/dev; source_corpus=../../../../shared/data/read_en
strings="200 100 150"     # of the talks, to choose and calibrate, and of the test
utterances=200            # of the source domain, in each part
seeds="1 2 3"; methods="adapt exact unfiltered published unmixed exact_unmixed"; passes=3; updates=150; lr=0.0003; results=RESULTS.md
# shellcheck disable=SC2034  # read by parse_options.sh
inputs="corpus source_corpus"
. ../../../tools/parse_options.sh
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
mkdir -p "$exp"

if run 0 && [ ! -d "$exp/corpus" ]; then
  need corpus digits_{train,test}/manifest.jsonl
  need source_corpus {train,dev}.{jsonl,tar}
  # The lists must be split into words.
  # shellcheck disable=SC2086
  if [ ! -d "$exp/data/test" ]; then
    "$python" -m egs.digits.awp.local.prepare --train "$corpus/digits_train" --test "$corpus/digits_test" \
      --noise "$corpus/noise" --out "$exp/data" --strings $strings
  fi
  if [ ! -d "$exp/source/test" ]; then
    "$python" -m egs.read_en.awp.local.prepare --train "$source_corpus/train.jsonl" \
      --test "$source_corpus/dev.jsonl" --out "$exp/source" --dev-speakers 2 --utterances "$utterances"
  fi
  "$python" -m recipes.adapt.corpus --source "$exp/data/train" --out "$exp/corpus.part"
  mv "$exp/corpus.part" "$exp/corpus"
fi
if run 1; then
  # shellcheck disable=SC2086
  "$python" -m recipes.adapt.run --corpus "$exp/corpus" --held-out "$exp/data/dev" --test "$exp/data/test" \
    --source "$exp/source/train" --source-held-out "$exp/source/test" --out "$exp/runs" \
    --seeds $seeds --methods $methods --passes "$passes" --updates "$updates" --lr "$lr"
fi
if run 2; then
  # shellcheck disable=SC2086
  "$python" -m recipes.adapt.results --runs "$exp/runs" --notes conf/notes.md --wanted $methods --seeds $seeds \
    --title "builtin:en adapted to digits with wrong captions" --command "$command" --out "$results"
fi
