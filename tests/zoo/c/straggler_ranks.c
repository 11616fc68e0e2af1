// Ranks of a simulation meet at a barrier in shared memory; one of the five is still at work, the launcher waits for all.
#include "case.h"
int main(void) {
    pthread_barrier_t *step = shared(sizeof *step);
    pthread_barrierattr_t attr;
    pthread_barrierattr_init(&attr);
    pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(step, &attr, 5);
    for (int rank = 0; rank < 5; rank++) {
        if (fork() == 0) {
            labour(4000000);
            if (rank == 3) {
                say("process %d", getpid());
                say("ready");
                for (;;) labour(100000);
            }
            pthread_barrier_wait(step);
            _exit(0);
        }
    }
    while (wait(NULL) > 0) {}
}
