# Healthy: compresses a large file.
. "$(dirname "$0")/case.sh"
seq 1 2000000 > numbers
say ready
while :; do "$1" -9 -c numbers > numbers.packed; done
