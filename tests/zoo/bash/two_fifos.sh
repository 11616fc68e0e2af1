# Two stages with two named pipes: the first writes all of its data before it reads, and so does the second.
. "$(dirname "$0")/case.sh"
mkfifo there back
(exec 3> there 4< back; say process $BASHPID; exec cat /dev/zero >&3) &
(exec 3< there 4> back; say process $BASHPID; exec cat /dev/zero >&4) &
sleep 0.5
say ready
wait
