# shellcheck shell=bash
# How run.sh starts the training: a command that takes its own options, a log file, and the command to run, as Kaldi's
# run.pl, slurm.pl and queue.pl do. --train-cmd of run.sh has precedence.
#
#   train_cmd=local/here.sh                      on this machine
#   train_cmd="run.pl --gpu 8"                   the same, with Kaldi's script
#   train_cmd="slurm.pl --gpu 8 --mem 200G"      as a job of Slurm, on one machine
#   train_cmd="queue.pl -l gpu=8"                as a job of Grid Engine, on one machine
#   train_cmd=local/srun.sh                      on all machines of a Slurm allocation (sbatch or salloc)
# shellcheck disable=SC2034  # read by run.sh
train_cmd=local/here.sh
