#!/bin/bash
# One scan as an array of jobs: sbatch --array=1-16 slurm.sh /data/repositories /shared/out
# Then, once all have ended (sbatch --dependency=afterany:JOBID):
#   telltale scan --merge /shared/out/part-*.json --format html -o leaks.html
# A job that failed leaves no part behind, and the merge says which one is missing (exit code 3).
#SBATCH --cpus-per-task=4
set -eu
cd "$1"
telltale scan . --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_MAX" --threads "$SLURM_CPUS_PER_TASK" \
  --id-key "$2/ids.key" --fail-on never --format report -o "$2/part-$SLURM_ARRAY_TASK_ID.json"
