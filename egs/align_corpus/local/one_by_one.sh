#!/usr/bin/env bash
# one_by_one.sh JOB=1:N LOG COMMAND...: run a command N times on this machine, one after the other, with JOB in its arguments
# and in the name of its log replaced by 1, 2, ... N. As run.pl of Kaldi, which runs them at the same time.
set -euo pipefail
range=${1#JOB=}; log=$2; shift 2
status=0
for ((job = ${range%:*}; job <= ${range#*:}; job++)); do
  "${@//JOB/$job}" >"${log//JOB/$job}" 2>&1 || status=$?
done
exit "$status"
