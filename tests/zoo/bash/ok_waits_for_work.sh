# Healthy: a shell that waits for a child at work.
. "$(dirname "$0")/case.sh"
say ready
awk 'BEGIN { for (;;) for (n = 0; n < 1000000; n++) s += sin(n) * n % 7 }'
echo done
