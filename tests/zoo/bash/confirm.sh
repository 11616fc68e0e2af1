# Asks on the terminal whether it may go on.
. "$(dirname "$0")/case.sh"
say process $$
say ready
read -r -p "Delete 14 files? [y/N] " answer
