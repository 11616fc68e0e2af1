// Healthy: writes and syncs, nearly always in the kernel.
#include "case.h"
int main(void) {
    static char block[4 << 20];
    int fd = open("data", O_CREAT | O_RDWR, 0666);
    say("ready");
    for (long n = 0;; n++) {
        memset(block, (int)n, sizeof block);
        if (pwrite(fd, block, sizeof block, (n % 16) * (long)sizeof block) < 0) return 1;
        fsync(fd);
    }
}
