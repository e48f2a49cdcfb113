#!/usr/bin/env bash
# Adapt builtin:en to one reader, from a recording with wrong captions, and keep what it knows of other read speech.
#
#   run.sh                                    everything; finished runs are skipped; delete exp/ to start again
#   run.sh --seeds 1 --methods "adapt exact"  some of the runs; the table names those that are missing
#
# Needs: folders dev/reader_b_long (truth.json and its recording), dev/reader_b_train (manifest.jsonl and FLAC) and
# read_en (train.jsonl, train.tar, dev.jsonl, dev.tar) below --corpus, a path from where you are; other relative paths
# count from the folder of this script.
# Stages: 0 data, 1 the methods (recipes/adapt/run.py says which there are), 2 RESULTS.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command="egs/reader_b/adapt/run.sh $*"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}; corpus=../../../../shared/data
utterances=200            # of the source domain, in each part
seeds="1 2 3"; methods="adapt exact unfiltered published unmixed exact_unmixed"; passes=3; updates=150; lr=0.0003; results=RESULTS.md
# shellcheck disable=SC2034  # read by parse_options.sh
inputs=corpus
. ../../../tools/parse_options.sh
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
mkdir -p "$exp"

if run 0 && [ ! -d "$exp/corpus" ]; then
  need corpus dev/reader_b_long/truth.json dev/reader_b_train/manifest.jsonl read_en/{train,dev}.{jsonl,tar}
  if [ ! -d "$exp/source/test" ]; then
    "$python" -m egs.read_en.awp.local.prepare --train "$corpus/read_en/train.jsonl" \
      --test "$corpus/read_en/dev.jsonl" --out "$exp/source" --dev-speakers 2 --utterances "$utterances"
  fi
  "$python" -m recipes.adapt.corpus --source "$corpus/dev/reader_b_long/truth.json" --out "$exp/corpus.part"
  mv "$exp/corpus.part" "$exp/corpus"
fi
if run 1; then
  # The lists must be split into words. Half of the held-out recordings choose, the others are the test.
  # shellcheck disable=SC2086
  "$python" -m recipes.adapt.run --corpus "$exp/corpus" --held-out "$corpus/dev/reader_b_train/manifest.jsonl" \
    --source "$exp/source/train" --source-held-out "$exp/source/test" --out "$exp/runs" \
    --seeds $seeds --methods $methods --passes "$passes" --updates "$updates" --lr "$lr"
fi
if run 2; then
  # shellcheck disable=SC2086
  "$python" -m recipes.adapt.results --runs "$exp/runs" --notes conf/notes.md --wanted $methods --seeds $seeds \
    --title "builtin:en adapted to one reader with wrong captions" --command "$command" --out "$results"
fi
