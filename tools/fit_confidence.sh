#!/usr/bin/env bash
# Fit the confidences of a built-in model, by default builtin:en. Needs a folder with <recording>/truth.json (ctcalign-truth/1), JSON lines of short
# recordings (path, text, speaker) beside their audio, and versions of the recordings in the folder with other sounds, made by
#   python -m recipes.noisy.sounds --corpus TRUTH_FOLDER --noises NOISE --rooms ROOMS --out SOUNDS_FOLDER
# Takes about half an hour of one core.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ $# -lt 3 ] || [ $# -gt 4 ]; then
  echo "usage: tools/fit_confidence.sh TRUTH_FOLDER SHORT_RECORDINGS.jsonl SOUNDS_FOLDER [MODEL]" >&2
  exit 2
fi
truth=$1
short=$2
model=${4:-builtin:en}
versions=()
# Left out: what is hardly recognised (louder noise and voices), and 0.8 times the speed, for a test.
for sound in noise10 noise5 babble10 codec room telephone fast clipped; do
  versions+=("$3"/*+"$sound"/truth.json)
done
# Left out: learners, who misread and whose noisy clips have uncertain edges, and two readers of the long recordings.
kept="$(dirname "$short")/.fit-confidence.jsonl"
trap 'rm -f "$kept"' EXIT
grep -v -e '"so762-' -e '"speaker": "libri-1919"' -e '"speaker": "libri-2078"' "$short" > "$kept"
.venv/bin/ctcalign calibrate "$truth"/*/truth.json "${versions[@]}" "$kept" --model "$model" --overwrite \
  -o "ctcalign/models/builtin/${model#builtin:}/confidence.json"
