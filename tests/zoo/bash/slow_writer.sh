# Calm: awk waits for lines that come every two seconds.
. "$(dirname "$0")/case.sh"
say ready
while sleep 2; do echo line; done | awk '{ print NR, $0 }'
