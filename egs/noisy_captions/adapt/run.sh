#!/usr/bin/env bash
# Adapt builtin:en to recordings that sound bad, from their wrong captions.
#
#   run.sh                                    everything; finished runs are skipped; delete exp/ to start again
#   run.sh --sound telephone --seeds 1        another sound (recipes/noisy/sounds.py)
#
# Needs: below --corpus, a path from where you are, a folder for each recording with truth.json and its sound, and the
# folders noise and rir (FLAC); other relative paths count from the folder of this script.
# Stages: 0 the same recordings in the sound, with wrong captions; 1 the methods (recipes/adapt/run.py says which there
# are), 2 RESULTS.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command="egs/noisy_captions/adapt/run.sh $*"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}; corpus=../../../../shared/data/dev; model=builtin:en
sound=noise5
train="libri_1919_long libri_2078_long"; held_out=libri_174_long; test=reader_b_long    # recordings
seeds="1 2 3"; methods="adapt exact unfiltered published"; passes=3; updates=150; lr=0.0003; results=RESULTS.md
# shellcheck disable=SC2034  # read by parse_options.sh
inputs=corpus
. ../../../tools/parse_options.sh
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
mkdir -p "$exp"
truths() { for name in "$@"; do printf '%s\n' "$exp/sounds/$name+$sound/truth.json"; done; }

# The lists of names must be split into words.
if run 0 && [ ! -d "$exp/corpus" ]; then
  # shellcheck disable=SC2086
  for name in $train $held_out $test; do need corpus "$name/truth.json"; done
  # shellcheck disable=SC2086
  "$python" -m recipes.noisy.sounds --corpus "$corpus" --recordings $train $held_out $test --noises "$corpus/noise" \
    --rooms "$corpus/rir" --sounds "$sound" --out "$exp/sounds"
  # shellcheck disable=SC2046,SC2086
  "$python" -m recipes.adapt.corpus --source $(truths $train) --out "$exp/corpus.part"
  mv "$exp/corpus.part" "$exp/corpus"
fi
if run 1; then
  # shellcheck disable=SC2046,SC2086
  "$python" -m recipes.adapt.run --corpus "$exp/corpus" --held-out $(truths $held_out) --test $(truths $test) \
    --model "$model" --out "$exp/runs" --seeds $seeds --methods $methods --passes "$passes" --updates "$updates" --lr "$lr"
fi
if run 2; then
  # shellcheck disable=SC2086
  "$python" -m recipes.adapt.results --runs "$exp/runs" --notes conf/notes.md --wanted $methods --seeds $seeds \
    --title "$model adapted to recordings in the sound $sound" --command "$command" --out "$results"
fi
