# shellcheck shell=bash
# Sourced by run.sh in its own folder. Turns `--some-name VALUE` into some_name=VALUE for the variables that the script
# has set before; anything else is a usage error. Also lets `python -m recipes...` and `python -m egs...` find the
# modules of this repository (and its ctcalign, installed or not) from any folder.
#
# A script may set `inputs`, the names of its options for folders of the user: their relative paths count from the folder
# where the script was started, all others from the folder of the script. `python` is that of .venv if it is there.
while [ $# -gt 0 ]; do
  case "$1" in
    --help|-h)
      sed -n '2,/^set -/{/^#/s/^# \{0,1\}//p}' "${0##*/}"
      printf '\nOptions and their defaults (some_name is --some-name):\n'
      sed -n '/^cd "/,/parse_options/{/^[a-z{].*=/s/^/  /p}' "${0##*/}" | grep -v '^  command=\|^  inputs='
      exit 0 ;;
    --*)
      name=${1#--}; name=${name//-/_}
      if [ -z "${!name+set}" ]; then echo "$0: unknown option $1 (see --help)" >&2; exit 2; fi
      if [ $# -lt 2 ]; then echo "$0: option $1 needs a value" >&2; exit 2; fi
      value=$2
      if [[ " ${inputs:-} " == *" $name "* && -n $value && $value != /* ]]; then value=$OLDPWD/$value; fi
      printf -v "$name" '%s' "$value"; shift 2 ;;
    *) echo "$0: unexpected argument $1 (see --help)" >&2; exit 2 ;;
  esac
done
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export PYTHONPATH=$root${PYTHONPATH:+:$PYTHONPATH}
if [ -z "${python:-}" ]; then
  python=python3
  if [ -x "$root/.venv/bin/python" ]; then python=$root/.venv/bin/python; PATH=$root/.venv/bin:$PATH; fi
fi

# need OPTION FILE...: a usage error if a file of the user's data, below the folder that the option names, is not there.
need() {
  local option=$1 file; shift
  for file in "$@"; do
    if [ -e "${!option}/$file" ]; then continue; fi
    echo "$0: --${option//_/-}: ${!option}/$file: no such file or folder (what is expected: see --help)" >&2; exit 2
  done
}
