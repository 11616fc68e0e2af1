// Healthy: a fast producer is held back by a consumer that works all the time.
#include "case.h"
int main(void) {
    int p[2];
    static char block[65536];
    if (pipe(p)) return 1;
    if (fork() == 0) {
        close(p[1]);
        for (ssize_t got; (got = read(p[0], block, sizeof block)) > 0;) labour((unsigned long)got * 20);
        return 0;
    }
    close(p[0]);
    say("ready");
    while (write(p[1], block, sizeof block) > 0) {}
}
