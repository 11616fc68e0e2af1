# Copies its result to a full disk again and again until it succeeds.
. "$(dirname "$0")/case.sh"
say process $$
say path "$PWD"
say path "$PWD/result"
dd if=/dev/zero of=ballast bs=4k 2> /dev/null
say ready
until head -c 100000 /dev/zero > result; do sleep 0.3; done 2> /dev/null
