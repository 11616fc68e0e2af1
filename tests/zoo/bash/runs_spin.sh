# A build step runs a program that has lost its end condition.
. "$(dirname "$0")/case.sh"
(
    say process $BASHPID
    say ready
    exec awk 'BEGIN { n = 1; while (n != 0) n = n % 2 == 1 ? 1 : 0 }'
)
echo built
