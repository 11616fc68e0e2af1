// A vfork child does not come to its exec: it waits for a mount that does not answer, here a sleep. The parent is in D.
#include "case.h"
int main(void) {
    say("process %d", getpid());
    say("ready");
    pid_t child = vfork();
    if (child == 0) {
        struct timespec long_time = {300, 0};
        nanosleep(&long_time, NULL);
        _exit(0);
    }
    return waitpid(child, NULL, 0) < 0;
}
