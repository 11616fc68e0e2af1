// Healthy: starts short jobs and looks after them every second, so that a few are dead and not yet buried.
#include "case.h"
int main(void) {
    say("ready");
    for (;;) {
        for (int n = 0; n < 4; n++) if (fork() == 0) labour(2000000), _exit(0);
        nap(1);
        while (waitpid(-1, NULL, WNOHANG) > 0) {}
    }
}
