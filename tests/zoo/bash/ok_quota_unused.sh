# Sleeping: has a quota in its control group, and needs little of it.
. "$(dirname "$0")/case.sh"
say ready
while :; do seq 1 100 > list; sleep 0.5; done
