# The filter's standard input is a pipe whose writer sleeps and will not write for long.
. "$(dirname "$0")/case.sh"
sleep 300 | sh -c 'echo process $$ >> "$CASE_TRUTH"; echo ready >> "$CASE_TRUTH"; exec sort'
