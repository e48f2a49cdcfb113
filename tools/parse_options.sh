# shellcheck shell=bash
# Sourced by run.sh in its own folder. Turns `--some-name VALUE` into some_name=VALUE for the variables that the script
# has set before; anything else is a usage error. Also lets `python -m recipes...` and `python -m egs...` find the
# modules of this repository (and its ctcalign, installed or not) from any folder.
while [ $# -gt 0 ]; do
  case "$1" in
    --help|-h) sed -n '2,/^set -/{/^#/s/^# \{0,1\}//p}' "${0##*/}"; exit 0 ;;
    --*)
      name=${1#--}; name=${name//-/_}
      if [ -z "${!name+set}" ]; then echo "$0: unknown option $1 (see --help)" >&2; exit 2; fi
      if [ $# -lt 2 ]; then echo "$0: option $1 needs a value" >&2; exit 2; fi
      printf -v "$name" '%s' "$2"; shift 2 ;;
    *) echo "$0: unexpected argument $1 (see --help)" >&2; exit 2 ;;
  esac
done
PYTHONPATH=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)${PYTHONPATH:+:$PYTHONPATH}
export PYTHONPATH
