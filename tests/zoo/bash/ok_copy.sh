# Healthy: copies a large file, again and again.
. "$(dirname "$0")/case.sh"
head -c 100000000 /dev/urandom > from
say ready
while :; do dd if=from of=to bs=64k conv=fsync 2> /dev/null; done
