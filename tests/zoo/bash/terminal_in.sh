# A background job reads the terminal, and the terminal stops it for that (SIGTTIN).
. "$(dirname "$0")/case.sh"
set -m
cat &
say process $!
sleep 0.3
say ready
sleep 300
