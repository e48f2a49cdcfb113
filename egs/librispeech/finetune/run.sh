#!/usr/bin/env bash
# Fine-tune a CTC checkpoint on LibriSpeech, on one GPU, several, or several machines of a cluster.
#
#   run.sh --librispeech /data/LibriSpeech                     8 GPUs of this machine
#   run.sh --librispeech /data/LibriSpeech --train-parts train-clean-100 --devices 1 --accumulate 8
#   run.sh --train-cmd slurm.pl                                a job, in the way of Kaldi: see cmd.sh
#   run.sh --train-cmd local/srun.sh --nodes 2                 in an allocation of Slurm with 2 machines of 8 GPUs
#
# With --accumulate N an update is the sum of N steps. Without --librispeech (a path from where you are) lhotse downloads the corpus. A stopped training is continued by the
# same command; delete exp/ to start again. Stages: 0 corpus and Shar, 1 training, 2 error rates of test-clean and
# test-other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}; librispeech=""
train_parts="train-clean-100 train-clean-360 train-other-500"; workers=16
init=hf:facebook/wav2vec2-base-100h; config=conf/fit.yaml
devices=8; nodes=1; strategy=ddp; accelerator=auto; accumulate=1; device=auto
train_cmd=""    # how the training is started; see cmd.sh
# shellcheck disable=SC2034  # read by parse_options.sh
inputs=librispeech
. ./cmd.sh
. ../../../tools/parse_options.sh
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
mkdir -p "$exp"

if run 0; then
  if [ -z "$librispeech" ]; then
    librispeech=$exp/corpora/LibriSpeech
    if [ ! -d "$librispeech" ]; then lhotse download librispeech "$exp/corpora"; fi
  fi
  # The list must be split into words.
  # shellcheck disable=SC2086
  "$python" -m egs.librispeech.awp.local.prepare --corpus "$librispeech" --out "$exp/data" \
    --train-parts $train_parts --jobs "$workers"
fi
if run 1; then
  start=("$python" -m)
  # torchrun starts the processes of one machine; on several, srun does (local/srun.sh).
  if [ "$nodes" -eq 1 ] && [ "$devices" -gt 1 ]; then
    start=("$python" -m torch.distributed.run --standalone --nproc-per-node "$devices" -m)
  fi
  if [ "$nodes" -eq 1 ] && [ "$devices" -eq 1 ]; then strategy=auto; fi
  export nodes devices  # for local/srun.sh
  # A command of Kaldi's kind is several words.
  # shellcheck disable=SC2086
  $train_cmd "$exp/log/fit.log" "${start[@]}" ctcalign fit --config "$config" \
    --model.init "$init" --data.train "$exp/data/train" --data.validation "$exp/data/dev" \
    --trainer.default_root_dir "$exp/run" --trainer.num_nodes "$nodes" --trainer.devices "$devices" \
    --trainer.strategy "$strategy" --trainer.accelerator "$accelerator" \
    --trainer.accumulate_grad_batches "$accumulate" --resume last
fi
if run 2; then
  for part in test test-other; do
    "$python" -m ctcalign evaluate "$exp/data/$part" --model "hf:$exp/run/model" --device "$device" --json \
      > "$exp/$part.json"
    echo "$exp/$part.json"
  done
fi
