#!/usr/bin/env bash
# Make .venv with everything the project needs; `make` calls it when pyproject.toml has changed. Works on a Python with
# pip alone: nothing is compiled, nothing outside the project's folder is touched but the package caches of uv and pip.
#   tools/set_up.sh PYTHON VENV [EXTRA]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$1 venv=$2 extra=${3:-dev}
unset PYTHONDONTWRITEBYTECODE  # without bytecode `import torch` takes twice as long, every time

say() { printf 'set-up: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

suits() { "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }
for candidate in "$python" python3.13 python3.12 python3.11 python3.10; do
  if suits "$candidate"; then break; fi
done
suits "$candidate" || fail "Python 3.10 to 3.13 is needed, but '$python' is $("$python" -V 2>&1 || echo missing)" \
  "and there is no python3.13 to python3.10; install one, or say: make PYTHON=/path/to/python3.11 ..."
python=$candidate

if ! suits "$venv/bin/python"; then
  rm -rf "$venv"
  "$python" -m venv "$venv" ||
    fail "'$python -m venv' failed; Debian and Ubuntu keep it in a package of its own: apt install python3-venv"
fi
here=$venv/bin/python
project=".[$extra]"

# uv does in a minute what takes pip several; without it pip does.
uv=$venv/bin/uv
[ -x "$uv" ] || "$here" -m pip install --quiet --disable-pip-version-check uv || say "no uv, going on with pip (slower)"

say "installing packages into $venv (some minutes the first time)"
installed() { "$here" -c 'import click, numba, torch' 2>/dev/null && [ -x "$venv/bin/ctcalign" ]; }
if [ -x "$uv" ]; then
  # Bytecode is written on first import, and only for what is imported: most of PyTorch never is.
  "$uv" pip install --quiet --python "$here" -e "$project" ||
    "$here" -m pip install --quiet --disable-pip-version-check -e "$project"
else
  "$here" -m pip install --quiet --disable-pip-version-check -e "$project"
fi
installed || fail "the packages are there but cannot be imported; remove $venv and try again"

# The first run compiles the kernels and the bytecode of what it imports: once, here, not in the user's first minute.
warm=$(mktemp -d)
trap 'rm -rf "$warm"' EXIT
"$venv/bin/ctcalign" align egs/demo/talk.ogg egs/demo/talk.srt -o "$warm/talk.json" >"$warm/log" 2>&1 ||
  say "ctcalign is installed, but its first run failed: $(tail -n 1 "$warm/log")"
