// Workers wait for jobs at a semaphore in shared memory; the dispatcher has been killed.
#include "case.h"
#include <semaphore.h>
int main(void) {
    sem_t *jobs = shared(sizeof *jobs);
    sem_init(jobs, 1, 0);
    pid_t dispatcher = fork();
    if (dispatcher == 0) {
        for (int n = 0; n < 3; n++) {
            pid_t worker = fork();
            if (worker == 0) {
                say("process %d", getpid());
                if (n == 0) say("attach %d", getpid());
                sem_wait(jobs);
                _exit(0);
            }
        }
        nap(0.3);
        kill(getpid(), SIGKILL);
    }
    waitpid(dispatcher, NULL, 0);
    say("ready");
}
