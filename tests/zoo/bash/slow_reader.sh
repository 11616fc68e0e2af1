# seq writes faster than the loop reads, which sleeps between the lines.
. "$(dirname "$0")/case.sh"
seq 1 100000000 | (
    say process $BASHPID
    say ready
    while read -r line; do sleep 3; done
)
