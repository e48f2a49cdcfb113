#!/usr/bin/env bash
# Run the tests of the mathematics beside real k2; without Python 3.11 say which are skipped, and succeed.
#   tools/k2_env/test.sh PYTHON VENV [PYTEST OPTIONS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=$1 venv=$2
shift 2
folders=()
for room in ctc lattice objectives preference; do
  if [ -d "tests/$room" ]; then folders+=("tests/$room"); fi
done

status=0
tools/k2_env/set_up.sh "$python" "$venv" || status=$?
if [ "$status" = 69 ]; then
  echo "test-k2: SKIPPED ${folders[*]} beside k2: no Python 3.11"
  exit 0
fi
[ "$status" = 0 ] || exit "$status"
OMP_NUM_THREADS=1 exec "$venv/bin/python" -m pytest "$@" "${folders[@]}"
