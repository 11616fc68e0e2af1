# Healthy: a short look around every second.
. "$(dirname "$0")/case.sh"
say ready
while :; do
    wc -c /proc/self/maps > last
    sleep 1
done
