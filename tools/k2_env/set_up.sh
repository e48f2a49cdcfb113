#!/usr/bin/env bash
# Make the second environment, in which real k2 runs: Python 3.11, torch 1.13.1, k2 1.23.4. Nothing is made again while
# the two lists of packages beside this file stay the same. Exit status 69: this machine has no Python 3.11.
#   tools/k2_env/set_up.sh PYTHON VENV
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=$1 venv=$2 lists=tools/k2_env
unset PYTHONDONTWRITEBYTECODE  # without bytecode `import torch` takes twice as long, every time

say() { printf 'k2 environment: %s\n' "$*" >&2; }
suits() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; }

case $venv in /*) ;; *) venv=$PWD/$venv ;; esac
here=$venv/bin/python
wanted=$(cat "$lists"/*.txt "$lists/set_up.sh" | cksum)
if [ "$(cat "$venv/.ready" 2>/dev/null)" = "$wanted" ] && suits "$here"; then exit 0; fi

for candidate in "$python" python3.11 .venv/bin/python; do
  if suits "$candidate"; then break; fi
done
suits "$candidate" || { say "k2 1.23.4 needs Python 3.11, which this machine does not have"; exit 69; }

say "installing torch 1.13.1 and k2 1.23.4 into $venv (3 GB, some minutes the first time)"
rm -rf "$venv"
"$candidate" -m venv "$venv"
for uv in .venv/bin/uv "$venv/bin/uv"; do
  if [ -x "$uv" ]; then break; fi
done
[ -x "$uv" ] || "$here" -m pip install --quiet --disable-pip-version-check uv || say "no uv, going on with pip (slower)"
install() {
  if [ -x "$uv" ]; then
    "$uv" pip install --quiet --python "$here" "$@"
  else
    "$here" -m pip install --quiet --disable-pip-version-check "$@"
  fi
}
install -r "$lists/requirements.txt"
install --no-deps --require-hashes -r "$lists/k2.txt"

# The package itself, without the dependencies that it has outside of its mathematics.
pwd > "$("$here" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/ctcalign.pth"
(cd / && "$here" -c 'import k2, numba, ctcalign.ctc') || { say "installed, but k2 cannot be imported"; exit 1; }
printf '%s\n' "$wanted" > "$venv/.ready"
