#!/usr/bin/env bash
# Guided decoding: is builtin:en-robust, which is not trained, better in a domain if builtin:en steers it that was adapted
# to the domain? Domains: strings of digits in noise (three speakers), and one reader.
#
#   guided.sh --corpus DATA      everything; what is done is skipped; delete exp/guided/ to start again
#
# Needs, below --corpus (a path from where you are), what egs/digits/adapt and egs/reader_b/adapt need: the folder dev with
# digits_train, digits_test, noise, reader_b_long and reader_b_train, and read_en. Other relative paths count from the
# folder of this script.
# Stages: 0 adapt builtin:en to each domain, with exact captions, 1 decode, RESULTS_guided.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command="egs/mini_en/objectives/guided.sh"
stage=0; stop_stage=100; exp=exp/guided; python=${PYTHON:-}; corpus=../../../../shared/data
weights="0.3 0.5 1.0"; beam=8; seed=1; results=RESULTS_guided.md
# shellcheck disable=SC2034  # read by parse_options.sh
inputs=corpus
. ../../../tools/parse_options.sh
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
mkdir -p "$exp"
exp=$(cd "$exp" && pwd); corpus=$(cd "$corpus" && pwd)
export PYTHON=$python

if run 0; then
  ../../digits/adapt/run.sh --exp "$exp/digits" --corpus "$corpus/dev" --source-corpus "$corpus/read_en" \
    --seeds "$seed" --methods exact --stop-stage 1
  ../../reader_b/adapt/run.sh --exp "$exp/reader" --corpus "$corpus" --seeds "$seed" --methods exact --stop-stage 1
fi
if run 1; then
  digits=$exp/digits/runs/exact-s$seed; reader=$exp/reader/runs/exact-s$seed
  # shellcheck disable=SC2086  # the list must be split into words
  "$python" -m recipes.guided.run --exp "$exp/decoded" --weights $weights --beam "$beam" --notes conf/guided.md \
    --domain "Digits in noise" "$exp/digits/data/dev" "$exp/digits/data/test" "checkpoint:$digits/model.safetensors" \
    --domain "One reader" "$reader/held-out-choosing.jsonl.gz" "$reader/held-out-test.jsonl.gz" \
    "checkpoint:$reader/model.safetensors" --command "$command" --out "$results"
fi
