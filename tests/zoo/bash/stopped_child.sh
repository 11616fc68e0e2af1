# One of three background jobs was stopped, and the script waits for all.
. "$(dirname "$0")/case.sh"
for n in 1 2 3; do sleep 300 & done
sleep 0.2
kill -STOP $!
say process $!
say ready
wait
