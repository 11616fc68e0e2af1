# A build in a control group of eight processes: fork fails, the shell tries again.
. "$(dirname "$0")/case.sh"
say process $$
for n in 1 2 3 4 5 6 7; do sleep 300 & done
say ready
until (exec true); do sleep 1; done
