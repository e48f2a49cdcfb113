#!/usr/bin/env bash
# Train builtin:en, the small English character CTC model that ctcalign ships.
#
#   run.sh                                       everything, LibriSpeech dev-clean as the real speech
#   run.sh --read-en DIR                         real speech from DIR/{train,dev}.{tar,jsonl} instead
#   run.sh --stage 3 --stop-stage 3 --total-hours 400      continue training
#
# Needs: apt-get install flite festival festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts espeak-ng wordnet-base
# bible-kjv, and pip install '.[synth]'. Every stage can be interrupted and run again; delete exp/ to start
# again. Stages: 0 texts, 1 synthesis, 2 real speech, 3 training, 4 spike delay and export, 5 evaluation.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}
read_en=""            # folder with train.tar, train.jsonl, dev.tar, dev.jsonl; empty: LibriSpeech by lhotse
librispeech=""        # existing folder of LibriSpeech; empty: lhotse downloads it
dev_recordings=""     # folder with long recordings (truth.json each) to evaluate on; optional
digits=""             # folder with a tar and manifest.jsonl of spoken digits to train on; optional
austen=""             # data folder of r-cran-janeaustenr; optional
shard_hours=0.5
# shellcheck disable=SC2034  # read as ${!engine}
{ hibari=44; flite=18; festival=16; espeak=6; }    # shards of each synthesiser
total_hours=200; processes=2; seconds=65; lr=2e-3; init=""; init_hours=0; dtype=float32; dim=240; blocks=9
jobs=2
# shellcheck disable=SC2034  # read by parse_options.sh
inputs="read_en librispeech dev_recordings digits austen"
. ../../tools/parse_options.sh
export OMP_NUM_THREADS=1
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
mkdir -p "$exp"

if run 0 && [ ! -s "$exp/texts.jsonl" ]; then
  "$python" -m egs.mini_en.local.texts --out "$exp/texts.jsonl" ${austen:+--austen "$austen"}
fi
if run 1; then
  # The inner bash expands its own arguments.
  # shellcheck disable=SC2016
  for engine in hibari flite festival espeak; do
    for ((shard = 0; shard < ${!engine}; shard++)); do echo "$engine $shard"; done
  done | xargs -r -P "$jobs" -L 1 bash -c '"$0" -m egs.mini_en.local.synthesise --texts "$1/texts.jsonl" --hours "$2" \
      --out "$1/feats" --engine "$3" --shards "$4-$4"' "$python" "$exp" "$shard_hours"
fi
if run 2; then
  if [ -z "$read_en" ]; then
    data=${librispeech:-$exp/corpora/LibriSpeech}
    if [ ! -d "$data" ]; then lhotse download librispeech -p dev-clean -p test-clean "$exp/corpora"; fi
    lhotse prepare librispeech -p dev-clean -p test-clean "$data" "$exp/manifests"
    for part in dev-clean test-clean; do
      lhotse cut simple -r "$exp/manifests/librispeech_recordings_$part.jsonl.gz" \
        -s "$exp/manifests/librispeech_supervisions_$part.jsonl.gz" "$exp/manifests/cuts_$part.jsonl.gz"
    done
    "$python" -m egs.mini_en.local.read_speech --cuts "$exp/manifests/cuts_dev-clean.jsonl.gz" \
      --out "$exp/feats/real-train"
    "$python" -m egs.mini_en.local.read_speech --cuts "$exp/manifests/cuts_test-clean.jsonl.gz" \
      --out "$exp/devfeats/read_en"
  else
    "$python" -m egs.mini_en.local.read_speech --manifest "$read_en/train.jsonl" --tar "$read_en/train.tar" \
      --out "$exp/feats/real-train"
    "$python" -m egs.mini_en.local.read_speech --manifest "$read_en/dev.jsonl" --tar "$read_en/dev.tar" \
      --out "$exp/devfeats/read_en"
  fi
  if [ -n "$digits" ]; then
    "$python" -m egs.mini_en.local.read_speech --manifest "$digits/manifest.jsonl" --tar "$digits"/*.tar \
      --out "$exp/feats/digits-train"
  fi
  for truth in ${dev_recordings:+"$dev_recordings"/*/truth.json}; do
    folder=$(dirname "$truth")
    "$python" -m egs.mini_en.local.read_speech --truth "$folder" --out "$exp/devfeats/$(basename "$folder")"
  done
fi
if run 3; then
  "$python" -m torch.distributed.run --standalone --nproc_per_node "$processes" -m egs.mini_en.local.train \
    --feats "$exp/feats" --dev "$exp/devfeats" --out "$exp/model" --total-hours "$total_hours" \
    --seconds "$seconds" --lr "$lr" --dtype "$dtype" --dim "$dim" --blocks "$blocks" \
    ${init:+--init "$init" --init-hours "$init_hours"}
fi
if run 4; then
  delay=$("$python" -m egs.mini_en.local.spike_delay --checkpoint "$exp/model/last.pt" --feats "$exp/feats")
  "$python" -m egs.mini_en.local.export --checkpoint "$exp/model/last.pt" --spike-delay "$delay" \
    --out "$exp/model.safetensors"
  "$python" -m egs.mini_en.local.graph "$exp/model.safetensors"
fi
if run 5; then
  "$python" -m egs.mini_en.local.evaluate --checkpoint "$exp/model/last.pt" --dev "$exp/devfeats" | tee "$exp/cer.json"
fi
