// A mutex in shared memory, without PTHREAD_MUTEX_ROBUST, whose owner was killed and buried; two processes want it.
#include "case.h"
int main(void) {
    pthread_mutex_t *m = shared(sizeof *m);
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(m, &attr);
    pid_t owner = fork();
    if (owner == 0) {
        pthread_mutex_lock(m);
        kill(getpid(), SIGKILL);
    }
    waitpid(owner, NULL, 0);
    pid_t other = fork();
    say("process %d", getpid());
    if (other) nap(0.3), say("ready");
    pthread_mutex_lock(m);
}
