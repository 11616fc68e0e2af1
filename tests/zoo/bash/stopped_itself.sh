# The job itself was stopped, as by Ctrl-Z, while its child works on.
. "$(dirname "$0")/case.sh"
sleep 300 &
say process $$
say ready
kill -STOP $$
wait
