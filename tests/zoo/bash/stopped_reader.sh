# The last stage of a pipeline was stopped; what is before it stands in its write.
. "$(dirname "$0")/case.sh"
mkfifo lines
cat < lines > /dev/null &
reader=$!
yes > lines &
sleep 0.3
kill -STOP $reader
say process $reader
say ready
wait
