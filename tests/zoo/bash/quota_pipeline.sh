# A pipeline in a control group that may use five hundredths of one processor.
. "$(dirname "$0")/case.sh"
say process $$
seq 1 1000000000 | gzip -c > /dev/null &
say process $!
say process "$(jobs -p)"
say ready
wait
