#!/usr/bin/env bash
# Reuse the finished baselines of another plan with the same `base` and `baseline`: link their folders.
#   tools/link_baselines.sh FROM TO
set -euo pipefail
from=$1 to=$2
mkdir -p "$to"
for one in "$from"/baseline-s*/; do
  [ -e "$one/run.json" ] || { echo "$one: not finished" >&2; exit 1; }
  target=$to/$(basename "$one")
  [ -e "$target" ] || ln -s "$(realpath "$one")" "$target"
done
