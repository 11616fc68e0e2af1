// Three processes pass tokens round a ring of pipes, each writes more than it reads: all three pipes fill.
#include "case.h"
int main(void) {
    int p[3][2];
    static char block[40000];
    for (int n = 0; n < 3; n++) if (pipe(p[n])) return 1;
    int me = fork() == 0 ? 1 : fork() == 0 ? 2 : 0;
    for (int n = 0; n < 3; n++) {
        if (n != me) close(p[n][1]);
        if (n != (me + 2) % 3) close(p[n][0]);
    }
    say("process %d", getpid());
    if (me == 0) nap(0.4), say("ready");
    for (;;) {
        for (int n = 0; n < 2; n++) if (write(p[me][1], block, sizeof block) < 0) return 1;
        if (read(p[(me + 2) % 3][0], block, sizeof block) <= 0) return 1;
    }
}
