#!/usr/bin/env bash
# Align a corpus: on this machine, as an array of jobs (Slurm, or run.pl and queue.pl of Kaldi), or on a Ray cluster.
#
#   run.sh                                            the bundled talk, on this machine
#   run.sh --corpus DIR                               recordings with captions of the same names, or a manifest
#   run.sh --corpus DIR --engine array --shards 64 --cmd local/slurm.sh
#   run.sh --corpus DIR --engine array --shards 64 --cmd queue.pl
#   run.sh --corpus DIR --engine ray --address auto   after: ray up conf/ray.yaml
#
# Needs: --corpus (a path from where you are; other relative paths count from the folder of this script). The output
# folder --exp must be on a disk that all jobs of an array see; Ray needs that for the recordings alone.
# Stages: 0 the corpus, 1 alignments, 2 manifest and report of an array. A stopped stage is continued.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
stage=0; stop_stage=100; exp=exp; python=${PYTHON:-}; corpus=""
model=builtin:en; formats=vtt; workers=""
engine=local; shards=4; cmd=local/one_by_one.sh; address=""
# shellcheck disable=SC2034  # read by parse_options.sh
inputs=corpus
. ../../tools/parse_options.sh
run() { [ "$stage" -le "$1" ] && [ "$1" -le "$stop_stage" ]; }
mkdir -p "$exp"

if run 0 && [ -z "$corpus" ]; then "$python" local/prepare.py --out "$exp/corpus"; fi
options=("${corpus:-$exp/corpus}" -o "$exp/aligned" --model "$model")
for format in $formats; do options+=(--format "$format"); done
if [ -n "$workers" ]; then options+=(--workers "$workers"); fi

if run 1; then
  case "$engine" in
    local) "$python" -m ctcalign align-corpus "${options[@]}" ;;
    ray) "$python" -m ctcalign align-corpus "${options[@]}" --engine ray ${address:+--address "$address"} ;;
    array)
      mkdir -p "$exp/log"
      # Recordings that failed give a job the status 1; `merge` names them, and the shards that did not end.
      read -r -a launcher <<<"$cmd"
      "${launcher[@]}" JOB=1:"$shards" "$exp/log/align.JOB.log" \
        "$python" -m ctcalign align-corpus "${options[@]}" --shard "JOB/$shards" || true ;;
    *) echo "$0: --engine is $engine, expected local, array or ray" >&2; exit 2 ;;
  esac
fi
if run 2 && [ "$engine" = array ]; then "$python" -m ctcalign merge "$exp/aligned"; fi
