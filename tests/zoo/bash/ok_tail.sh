# Idle: `tail -f` of a file to which nobody writes.
. "$(dirname "$0")/case.sh"
echo begin > app.log
say ready
exec tail -f app.log
