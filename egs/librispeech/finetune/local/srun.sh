#!/usr/bin/env bash
# Run a command once for each GPU of a Slurm allocation: srun.sh LOG COMMAND...  `nodes` and `devices` (GPUs of a node)
# come from the environment. Slurm tells each process its rank, from which the trainer knows the others.
set -euo pipefail
log=$1; shift
: "${nodes:?number of nodes}" "${devices:?GPUs of a node}"
mkdir -p "$(dirname "$log")"
srun --nodes "$nodes" --ntasks-per-node "$devices" --kill-on-bad-exit=1 --output "$log" --open-mode=append "$@"
