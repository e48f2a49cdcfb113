#!/usr/bin/env bash
# Make the talk of `make demo` again and align it. Needs: flite, and ctcalign with the extra `synth`.
#   ./run.sh                 the talk and its truth into exp/, aligned and scored
#   ./run.sh --out .         over the committed talk
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=exp
if [ "${1:-}" = --out ] && [ -n "${2:-}" ]; then out=$2; elif [ $# -gt 0 ]; then sed -n '2,4p' run.sh; exit 2; fi
python=${PYTHON:-../../.venv/bin/python}

"$python" local/make_talk.py --script script.json --out "$out"
"$python" -m ctcalign align "$out/talk.ogg" "$out/talk.srt" --overwrite -o "$out/talk.json"
"$python" local/check_talk.py "$out/truth.json" "$out/talk.json" --within 0.2
