# mkdir as a lock, left by a run that is no more: tries again five times a second.
. "$(dirname "$0")/case.sh"
mkdir build.lock
say process $$
say path "$PWD/build.lock"
say ready
until mkdir build.lock 2> /dev/null; do sleep 0.2; done
