#!/usr/bin/env bash
# Run a command here, with its output in a log file as well: here.sh LOG COMMAND...
set -euo pipefail
log=$1; shift
mkdir -p "$(dirname "$log")"
"$@" 2>&1 | tee -a "$log"
