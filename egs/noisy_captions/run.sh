#!/usr/bin/env bash
# Captions that do not match their recording: our methods and other aligners on the same emissions,
# scored against ground truth.
#
#   run.sh                                           the whole grid; finished cells are skipped
#   run.sh --corpus DIR --model onnx:model.onnx      your own recordings and model
#   run.sh --methods "global|ipfa" --variants "mixed extra"
#   run.sh --exp exp/new                             a new grid, for instance after a change of the aligner
#
# Needs: below --corpus (a path from where you are; other relative paths count from the folder of this script) one
# folder a recording with truth.json, captions/NAME.srt (.vtt, .txt) and NAME.key.json (see README.md); the package
# ctc-segmentation, unless --methods names others. Stages: 0 emissions, 1 alignments, 2 scores, 3 RESULTS.md with
# pictures.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command="egs/noisy_captions/run.sh $*"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}; corpus=../../../shared/data/dev
model=builtin:en; device=cpu; jobs=1; threads=1; time_limit=600
recordings=""; variants=""    # names separated by spaces; empty: all
methods=""                    # names separated by |, since some have spaces; empty: all
targets=conf/targets.json; notes=conf/notes.md; results=RESULTS.md
# shellcheck disable=SC2034  # read by parse_options.sh
inputs=corpus
. ../../tools/parse_options.sh
export OMP_NUM_THREADS=$threads
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
which=(--corpus "$corpus")
if [ -n "$recordings" ]; then read -r -a names <<<"$recordings"; which+=(--recordings "${names[@]}"); fi
cells=("${which[@]}")
if [ -n "$variants" ]; then read -r -a names <<<"$variants"; cells+=(--variants "${names[@]}"); fi
if [ -n "$methods" ]; then IFS='|' read -r -a names <<<"$methods"; cells+=(--methods "${names[@]}"); fi
mkdir -p "$exp"

if run 0; then
  "$python" -m recipes.noisy.emissions "${which[@]}" --model "$model" --device "$device" --out "$exp/emissions"
fi
if run 1; then
  "$python" -m recipes.noisy.align "${cells[@]}" --model "$model" --emissions "$exp/emissions" \
    --out "$exp/alignments" --jobs "$jobs" --time-limit "$time_limit"
fi
if run 2; then
  "$python" -m recipes.noisy.scores "${cells[@]}" --alignments "$exp/alignments" --out "$exp/scores.json"
fi
if run 3; then
  "$python" -m recipes.noisy.results --scores "$exp/scores.json" --model "$model" --command "$command" \
    ${targets:+--targets "$targets"} ${notes:+--notes "$notes"} --out "$results"
fi
