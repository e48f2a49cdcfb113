#!/usr/bin/env bash
# Adapt a Spanish recogniser to television with its subtitles, and measure it on STM references of other programmes.
#
#   run.sh --rtve DIR                          everything; finished runs are skipped; delete exp/ to start again
#   run.sh --rtve DIR --common-voice DIR/es    with read speech mixed in, and measured, as the source domain
#   run.sh --rtve DIR --methods "adapt published" --seeds "1 2 3"
#
# Needs: the RTVE database (its licence: catedrartve.unizar.es), a path from where you are, with the folders that the
# options name below it: recordings to train on and their subtitles with the same names (SRT, VTT and others, also in
# subfolders), and recordings to choose by and to test on with STM files that name them. An edition that is laid out in
# another way: name its folders. Other relative paths count from the folder of this script.
# Stages: 0 references, 1 the methods (recipes/adapt/run.py says which there are), 2 RESULTS.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command="egs/rtve2022/adapt/run.sh $*"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}; rtve=../../../../rtve; common_voice=""
train_audio=train/audio; train_subtitles=train/subtitles
dev_audio=dev/audio; dev_stm=dev/stm; test_audio=test/audio; test_stm=test/stm
model=hf:jonatasgrosman/wav2vec2-large-xlsr-53-spanish; language=es; device=auto
source_hours=10           # of read speech to train on; a tenth as much is measured on
seeds="1 2 3"; methods="adapt unfiltered published"; passes=3; updates=3000; lr=0.00003; results=RESULTS.md
# shellcheck disable=SC2034  # read by parse_options.sh
inputs="rtve common_voice"
. ../../../tools/parse_options.sh
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
mkdir -p "$exp"

if run 0; then
  need rtve "$train_audio" "$train_subtitles" "$dev_audio" "$dev_stm" "$test_audio" "$test_stm"
  mkdir -p "$exp/corpus"
  ln -sfn "$(realpath "$rtve/$train_audio")" "$exp/corpus/talks"
  ln -sfn "$(realpath "$rtve/$train_subtitles")" "$exp/corpus/captions"
  "$python" -m recipes.adapt.references stm --stm "$rtve/$dev_stm" --audio "$rtve/$dev_audio" --out "$exp/dev"
  "$python" -m recipes.adapt.references stm --stm "$rtve/$test_stm" --audio "$rtve/$test_audio" --out "$exp/test"
  if [ -n "$common_voice" ]; then
    need common_voice train.tsv dev.tsv clips
    "$python" -m recipes.adapt.references common-voice --table "$common_voice/train.tsv" --hours "$source_hours" \
      --out "$exp/source/train.jsonl"
    "$python" -m recipes.adapt.references common-voice --table "$common_voice/dev.tsv" \
      --hours "$("$python" -c "print($source_hours / 10)")" --out "$exp/source/dev.jsonl"
  fi
fi
if run 1; then
  from=()
  if [ -f "$exp/source/train.jsonl" ]; then
    from=(--source "$exp/source/train.jsonl" --source-held-out "$exp/source/dev.jsonl")
  fi
  # The lists must be split into words.
  # shellcheck disable=SC2086
  "$python" -m recipes.adapt.run --corpus "$exp/corpus" --held-out "$exp"/dev/*/truth.json \
    --test "$exp"/test/*/truth.json "${from[@]}" --model "$model" --language "$language" --device "$device" \
    --out "$exp/runs" --seeds $seeds --methods $methods --passes "$passes" --updates "$updates" --lr "$lr"
fi
if run 2; then
  # shellcheck disable=SC2086
  "$python" -m recipes.adapt.results --runs "$exp/runs" --notes conf/notes.md --wanted $methods --seeds $seeds \
    --title "A Spanish recogniser adapted to television with its subtitles" --command "$command" --out "$results"
fi
