#!/usr/bin/env bash
# slurm.sh JOB=1:N LOG COMMAND...: run a command as an array of N jobs of Slurm and wait for all, with JOB in its
# arguments and in the name of its log replaced by the number of the job. SLURM_OPTIONS: options of sbatch.
set -euo pipefail
range=${1#JOB=}; log=$2; shift 2
words=$(printf '%q ' "${@//JOB/\$SLURM_ARRAY_TASK_ID}")
# The number of the job is put in by the shell of the job: it must not be quoted.
words=${words//\\\$SLURM_ARRAY_TASK_ID/\$SLURM_ARRAY_TASK_ID}
read -r -a options <<<"${SLURM_OPTIONS:---cpus-per-task=4 --mem=4G --time=24:00:00}"
# SIGTERM two minutes before the end: the recordings that are being aligned are finished, and the next array goes on.
exec sbatch --wait --array="${range/:/-}" --output="${log//JOB/%a}" --signal=B:TERM@120 "${options[@]}" \
  --wrap "exec $words"
