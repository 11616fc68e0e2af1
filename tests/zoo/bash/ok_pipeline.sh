# Healthy: a pipeline of sort and uniq over much data, again and again.
. "$(dirname "$0")/case.sh"
say ready
while :; do seq 1 400000 | awk '{ print $1 * 7919 % 10007 }' | sort | uniq -c | sort -n | tail -1; done
