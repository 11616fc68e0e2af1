# Waits for a named pipe whose writer never opens it.
. "$(dirname "$0")/case.sh"
mkfifo events
say process $$
say path "$PWD/events"
say ready
read -r line < events
