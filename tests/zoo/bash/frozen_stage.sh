# A stage of the job is in a frozen control group.
. "$(dirname "$0")/case.sh"
while :; do :; done &
say process $!
say freeze "$1" $!
say ready
wait
