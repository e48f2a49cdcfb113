#!/usr/bin/env bash
# New symbols for builtin:en: German read speech with the letters of German, with word pieces, and in another alphabet.
# How many updates do the rows of the old output layer save, compared with random rows?
#
#   run.sh                                    everything; finished runs are skipped; delete exp/ to start again
#   run.sh --seeds "1 2 3"                    more seeds
#
# Needs: train.jsonl and train.tar of read speech below --corpus, a path from where you are; other relative paths count
# from the folder of this script. Stages: 0 data, 1 word pieces, 2 trainings, 3 RESULTS.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command="egs/read_de/vocabulary/run.sh $*"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}; corpus=../../../../shared/data/read_more/de
every=36                  # every n-th text is of dev
pieces=200; seeds=1; config=conf/fit.yaml; results=RESULTS.md
updates=120; random_updates=480
arms="letters-random letters-carried letters-aligned pieces-random pieces-carried georgian-carried georgian-aligned"
# shellcheck disable=SC2034  # read by parse_options.sh
inputs=corpus
. ../../../tools/parse_options.sh
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
train() {  # SYMBOLS-ROWS
  local symbols=${1%-*} rows=${1#*-} data=data kind=letters steps=$updates seed
  if [ "$symbols" = georgian ]; then data=georgian; fi
  if [ "$symbols" = pieces ]; then kind=$exp/pieces.model; fi
  if [ "$rows" = random ]; then steps=$random_updates; fi
  for seed in $seeds; do
    "$python" -m recipes.vocabulary.run --symbols "$kind" --name "$symbols" --rows "$rows" --updates "$steps" \
      --seed "$seed" --data "$exp/$data" --config "$config" --out "$exp/runs/$1-$seed"
  done
}
mkdir -p "$exp"

if run 0; then
  need corpus train.{jsonl,tar}
  for folder in data georgian; do
    if [ -d "$exp/$folder/dev" ]; then continue; fi
    option=""; if [ "$folder" = georgian ]; then option=--georgian; fi
    "$python" -m egs.read_de.vocabulary.local.prepare --manifest "$corpus/train.jsonl" --out "$exp/$folder" \
      --every "$every" $option
  done
fi
if run 1 && [ ! -e "$exp/pieces.model" ]; then
  "$python" -c 'import sys, sentencepiece
sentencepiece.SentencePieceTrainer.train(input=sys.argv[1], model_prefix=sys.argv[2], vocab_size=int(sys.argv[3]),
    character_coverage=1.0, hard_vocab_limit=False, minloglevel=1)' "$exp/data/train.txt" "$exp/pieces" "$pieces"
fi
if run 2; then
  for arm in $arms; do train "$arm"; done
fi
if run 3; then
  "$python" -m recipes.vocabulary.results --runs "$exp/runs" --notes conf/notes.md --command "$command" \
    --title "New symbols for builtin:en" --out "$results"
fi
