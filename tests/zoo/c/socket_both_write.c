// The two ends of a socket pair send without reading until both buffers are full.
#include "case.h"
int main(void) {
    int s[2];
    static char block[1 << 22];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, s)) return 1;
    pid_t child = fork();
    int mine = s[child == 0];
    close(s[child != 0]);
    say("process %d", getpid());
    if (child) nap(0.3), say("ready");
    if (write(mine, block, sizeof block) < 0) return 1;
    while (read(mine, block, sizeof block) > 0) {}
}
