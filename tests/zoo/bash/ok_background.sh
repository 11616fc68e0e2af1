# Healthy: `wait` for two background jobs that work.
. "$(dirname "$0")/case.sh"
work() { while :; do seq 1 30000 | sort -R | md5sum; done > "$1"; }
work a & work b &
say ready
wait
