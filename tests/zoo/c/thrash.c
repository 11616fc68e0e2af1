// Goes through a file of 64 MB again and again, in a group that may keep 24 MB: each page is read from disk again.
#include "case.h"
int main(void) {
    static char block[1 << 20];
    int fd = open("table.dat", O_CREAT | O_RDWR, 0666);
    for (int n = 0; n < 64; n++) {
        memset(block, n + 1, sizeof block);
        if (write(fd, block, sizeof block) != sizeof block) return 1;
    }
    fsync(fd);
    volatile char *map = mmap(NULL, 64 << 20, PROT_READ, MAP_SHARED, fd, 0);
    say("process %d", getpid());
    say("ready");
    for (long sum = 0;;) for (long at = 0; at < 64 << 20; at += 4096) sum += map[at];
}
