#!/usr/bin/env bash
# Make a virtual environment with everything that development needs; `make` calls it when pyproject.toml has changed.
# Needs Python with pip only: nothing is compiled, and only the package caches of uv and pip outside the project change.
#   tools/set_up.sh PYTHON VENV [EXTRA]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$1 venv=$2 extra=${3:-dev}
unset PYTHONDONTWRITEBYTECODE  # without bytecode `import torch` takes twice as long, every time

log() { printf 'set-up: %s\n' "$*" >&2; }
fail() { log "$*"; exit 1; }

suits() { "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }
for candidate in "$python" python3.13 python3.12 python3.11 python3.10; do
  if suits "$candidate"; then break; fi
done
suits "$candidate" || fail "Python 3.10 to 3.13 is needed, but '$python' is $("$python" -V 2>&1 || echo missing)" \
  "and there is no python3.13 to python3.10; install one, or run: make PYTHON=/path/to/python3.11 ..."
python=$candidate

if ! suits "$venv/bin/python"; then
  rm -rf "$venv"
  "$python" -m venv "$venv" ||
    fail "'$python -m venv' failed; Debian and Ubuntu keep it in a package of its own: apt install python3-venv"
fi
here=$venv/bin/python
project=".[$extra]"

# uv is several times as fast as pip, which is the fallback.
uv=$venv/bin/uv
[ -x "$uv" ] || "$here" -m pip install --quiet --disable-pip-version-check uv || log "no uv, continuing with pip (slower)"

log "installing packages into $venv (some minutes the first time)"
installed() { "$here" -c 'import click, numba, torch' 2>/dev/null && [ -x "$venv/bin/ctcalign" ]; }
if [ -x "$uv" ]; then
  # uv writes no bytecode: Python does so on the first import, and most of PyTorch is never imported.
  "$uv" pip install --quiet --python "$here" -e "$project" ||
    "$here" -m pip install --quiet --disable-pip-version-check -e "$project"
else
  "$here" -m pip install --quiet --disable-pip-version-check -e "$project"
fi
installed || fail "the packages are installed but cannot be imported; remove $venv and try again"

# The first run compiles the kernels and the bytecode: do it here, so that the first command of the user is fast.
warm=$(mktemp -d)
trap 'rm -rf "$warm"' EXIT
"$venv/bin/ctcalign" align egs/demo/talk.ogg egs/demo/talk.srt -o "$warm/talk.json" >"$warm/log" 2>&1 ||
  log "ctcalign is installed, but its first run failed: $(tail -n 1 "$warm/log")"
