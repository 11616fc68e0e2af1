# Healthy: waits for a job that writes a line every half second.
. "$(dirname "$0")/case.sh"
say ready
for n in $(seq 1 1000); do sleep 0.5; echo "epoch $n"; done | while read -r line; do echo "$line"; done
