#!/usr/bin/env bash
# German and French: the model of run.sh, trained further with the letters of both languages, and compared with the
# built-in models on readers that it was not trained on.
#
#   languages.sh --corpus DATA                  everything; finished stages are skipped, a stopped training goes on
#   languages.sh --corpus DATA --steps 6 --exp exp/trial
#
# Needs: read_more/{de,fr}/train (.jsonl and .tar) below --corpus, and the model of run.sh before its export (--init).
# Stages: 0 data, 1 training, 2 export, 3 long recordings joined from the clips left out, 4 alignments, 5 table.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
stage=0; stop_stage=100; exp=exp/languages; python=${PYTHON:-}; corpus=../../../shared/data
init=exp/finish/model.safetensors
plan=conf/languages.json; joined=../noisy_captions/conf/joined.json
recordings="de_actors de_phones de_kerstin fr_12501 fr_12709 fr_phones"
variants="exact text_noise15 mixed"
steps=400; seed=1; precision=bf16-mixed; threads=1
sharpness=1.6; spike_delay=-0.038; unsure=0.18     # those of the model that it starts from
# shellcheck disable=SC2034  # read by parse_options.sh
inputs="corpus init"
. ../../tools/parse_options.sh
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
export OMP_NUM_THREADS=$threads
mkdir -p "$exp"

if run 0; then
  need corpus read_more/{de,fr}/train.{jsonl,tar}
  "$python" -m egs.robust_en.local.languages --corpus "$corpus" --plan "$plan" --joined "$joined" --out "$exp/data"
fi
if run 1 && [ ! -e "$exp/train/model.safetensors" ]; then
  "$python" -m ctcalign fit --config conf/languages.yaml --model.init "checkpoint:$init" --seed "$seed" --resume last \
    --data.train "[$exp/data/de,$exp/data/fr]" --model.optimiser.total_steps "$steps" --trainer.max_steps "$steps" \
    --trainer.default_root_dir "$exp/train" --trainer.precision "$precision" --language de --licence MIT
fi
if run 2 && [ ! -e "$exp/model.safetensors" ]; then
  "$python" -m egs.robust_en.local.export "$exp/train/model.safetensors" --spike-delay "$spike_delay" \
    --sharpness "$sharpness" --unsure "$unsure" --recipe egs/robust_en/languages.sh --out "$exp/model.safetensors"
  "$python" -m egs.robust_en.local.graph "$exp/model.safetensors"
fi
read -r -a names <<<"$recordings"
read -r -a kinds <<<"$variants"
if run 3; then
  "$python" -c 'import json, sys
plan = json.load(open(sys.argv[1], encoding="utf-8"))
json.dump({name: plan[name] for name in sys.argv[3:]}, open(sys.argv[2], "w", encoding="utf-8"))' \
    "$joined" "$exp/joined.json" "${names[@]}"
  "$python" -m recipes.noisy.joined --plan "$exp/joined.json" --data "$corpus" --out "$exp/joined"
fi
models=(builtin:en builtin:en-robust "checkpoint:$exp/model.safetensors")
if run 4; then
  for number in "${!models[@]}"; do
    "$python" -m recipes.noisy.emissions --corpus "$exp/joined" --model "${models[$number]}" --out "$exp/$number/emissions"
    "$python" -m recipes.noisy.align --corpus "$exp/joined" --variants "${kinds[@]}" --methods global \
      --model "${models[$number]}" --emissions "$exp/$number/emissions" --out "$exp/$number/alignments"
    "$python" -m recipes.noisy.scores --corpus "$exp/joined" --variants "${kinds[@]}" --methods global \
      --alignments "$exp/$number/alignments" --out "$exp/$number/scores.json"
  done
fi
if run 5; then
  "$python" -m egs.robust_en.local.compared "$exp"/{0,1,2}/scores.json --models builtin:en builtin:en-robust "this model"
fi
