// Two processes share two mutexes and take them in opposite order.
#include "case.h"
int main(void) {
    pthread_mutex_t *m = shared(2 * sizeof *m);
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    for (int n = 0; n < 2; n++) pthread_mutex_init(&m[n], &attr);
    pid_t child = fork();
    int first = child == 0;
    say("process %d", getpid());
    pthread_mutex_lock(&m[first]);
    nap(0.5);
    if (child) say("ready");
    pthread_mutex_lock(&m[!first]);
    pause();
}
