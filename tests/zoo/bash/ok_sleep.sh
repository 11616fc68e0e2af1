# Sleeping: nothing but that.
. "$(dirname "$0")/case.sh"
say ready
exec sleep 300
