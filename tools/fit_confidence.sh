#!/usr/bin/env bash
# Fit the confidences of builtin:en. Needs a folder with <recording>/truth.json (ctcalign-truth/1), and JSON lines of short
# recordings (path, text, speaker) beside their audio. Takes some minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ $# -ne 2 ]; then
  echo "usage: tools/fit_confidence.sh TRUTH_FOLDER SHORT_RECORDINGS.jsonl" >&2
  exit 2
fi
truth=$1
short=$2
# Left out: learners, who misread and whose noisy clips have uncertain edges, and two readers of the long recordings.
kept="$(dirname "$short")/.fit-confidence.jsonl"
trap 'rm -f "$kept"' EXIT
grep -v -e '"so762-' -e '"speaker": "libri-1919"' -e '"speaker": "libri-2078"' "$short" > "$kept"
.venv/bin/ctcalign calibrate "$truth"/*/truth.json "$kept" --overwrite -o ctcalign/models/builtin/en/confidence.json
