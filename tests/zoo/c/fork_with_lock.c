// A thread writes the log, under its mutex, at the very moment of a fork; the child wants to log as well.
#include "case.h"
static pthread_mutex_t logging = PTHREAD_MUTEX_INITIALIZER;
static volatile int inside;
static void *logs(void *nothing) {
    for (;;) {
        pthread_mutex_lock(&logging);
        inside = 1;
        nap(0.2);
        inside = 0;
        pthread_mutex_unlock(&logging);
        nap(0.01);
    }
    return nothing;
}
int main(void) {
    go(logs, NULL);
    while (!inside) nap(0.001);
    pid_t child = fork();
    if (child == 0) {
        pthread_mutex_lock(&logging);
        _exit(0);
    }
    say("process %d", child);
    say("ready");
    waitpid(child, NULL, 0);
}
