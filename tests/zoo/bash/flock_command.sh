# `flock FILE COMMAND`, as cron jobs use it, while yesterday's run still has the file.
. "$(dirname "$0")/case.sh"
flock nightly.lock sleep 300 &
sleep 0.3
say process $!
say process "$(cat /proc/$!/task/$!/children | cut -d' ' -f1)"
say path "$PWD/nightly.lock"
say ready
flock nightly.lock echo mine
