# A background job writes to a terminal with tostop set, and is stopped for that (SIGTTOU).
. "$(dirname "$0")/case.sh"
stty tostop
set -m
(while sleep 0.1; do echo working; done) &
say process $!
sleep 0.5
say ready
sleep 300
