#!/usr/bin/env bash
# Make the talk of `make demo` again and align it. Needs flite, and ctcalign with the extra `synth`.
#   run.sh                 the talk and its ground truth into exp/, aligned and checked
#   run.sh --out .         over the committed talk
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=exp; python=${PYTHON:-}
. ../../tools/parse_options.sh

"$python" -m egs.demo.local.make_talk --script script.json --out "$out"
"$python" -m ctcalign align "$out/talk.ogg" "$out/talk.srt" --overwrite -o "$out/talk.json"
"$python" -m egs.demo.local.check_talk "$out/truth.json" "$out/talk.json" --within 0.2
