// Idle: a daemon whose main thread waits in sigwait while a helper thread sleeps on its condition with a time limit.
#include "case.h"
static void *keeper(void *nothing) {
    for (;;) nap(0.7), labour(1000);
    return nothing;
}
int main(void) {
    sigset_t set;
    int got;
    sigfillset(&set);
    sigdelset(&set, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    go(keeper, NULL);
    say("ready");
    while (sigwait(&set, &got) == 0) {}
}
