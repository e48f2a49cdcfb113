#!/usr/bin/env bash
# Adapt a recogniser to Spanish of Common Voice from wrong captions.
#
#   run.sh --common-voice DIR/es               everything; finished runs are skipped; delete exp/ to start again
#   run.sh --common-voice DIR/es --hours 20 --seeds 1
#
# Needs: the folder of a language of Common Voice, with train.tsv, dev.tsv, test.tsv and clips, a path from where you
# are; other relative paths count from the folder of this script.
# Stages: 0 talks of joined clips with wrong captions, 1 the methods (recipes/adapt/run.py says which there are),
# 2 RESULTS.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command="egs/commonvoice_es/adapt/run.sh $*"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}; common_voice=../../../../common_voice/es
hours=10; held_out_hours=1   # of the talks, and of each of dev and test
minutes=5; wrong=0.15; missing=0.1; extra=0.1    # of a talk; fractions of words and captions
model=torchaudio:VOXPOPULI_ASR_BASE_10K_ES; language=es; device=auto
allow_noncommercial=""       # yes: accept such a licence of the model
seeds="1 2 3"; methods="adapt exact unfiltered published"; passes=3; updates=3000; lr=0.00003; results=RESULTS.md
# shellcheck disable=SC2034  # read by parse_options.sh
inputs=common_voice
. ../../../tools/parse_options.sh
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
mkdir -p "$exp"

if run 0 && [ ! -d "$exp/corpus" ]; then
  need common_voice {train,dev,test}.tsv clips
  "$python" -m recipes.adapt.references common-voice --table "$common_voice/train.tsv" --hours "$hours" \
    --out "$exp/data/train.jsonl"
  for part in dev test; do
    "$python" -m recipes.adapt.references common-voice --table "$common_voice/$part.tsv" --hours "$held_out_hours" \
      --out "$exp/data/$part.jsonl"
  done
  "$python" -m recipes.adapt.corpus --source "$exp/data/train.jsonl" --out "$exp/corpus.part" --minutes "$minutes" \
    --wrong "$wrong" --missing "$missing" --extra "$extra"
  mv "$exp/corpus.part" "$exp/corpus"
fi
if run 1; then
  # The lists must be split into words.
  # shellcheck disable=SC2086
  "$python" -m recipes.adapt.run --corpus "$exp/corpus" --held-out "$exp/data/dev.jsonl" \
    --test "$exp/data/test.jsonl" --model "$model" --language "$language" --device "$device" \
    ${allow_noncommercial:+--allow-noncommercial} --out "$exp/runs" \
    --seeds $seeds --methods $methods --passes "$passes" --updates "$updates" --lr "$lr"
fi
if run 2; then
  # shellcheck disable=SC2086
  "$python" -m recipes.adapt.results --runs "$exp/runs" --notes conf/notes.md --wanted $methods --seeds $seeds \
    --title "A recogniser adapted to Spanish of Common Voice with wrong captions" --command "$command" --out "$results"
fi
