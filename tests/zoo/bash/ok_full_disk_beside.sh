# Healthy: the disk under its feet is full, but it writes elsewhere and works.
. "$(dirname "$0")/case.sh"
dd if=/dev/zero of=ballast bs=4k 2> /dev/null
exec 3>> ballast
say ready
awk 'BEGIN { for (;;) { for (n = 0; n < 500000; n++) s += cos(n) * n % 11; print s } }'
