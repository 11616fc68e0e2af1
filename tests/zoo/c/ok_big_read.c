// Healthy: one long read after the other, each of 512 MB from the kernel's source of zeros and random numbers.
#include "case.h"
int main(void) {
    size_t size = 256UL << 20;
    char *block = malloc(size);
    int fd = open("/dev/urandom", O_RDONLY);
    memset(block, 1, size);
    say("ready");
    for (;;) if (read(fd, block, size) <= 0) return 1;
}
