// A semaphore of two permits, both lost on an error path; the next ones wait for a permit that nobody will post.
#include "case.h"
#include <semaphore.h>
static sem_t permits;
static void *request(void *number) {
    say_me();
    sem_wait(&permits);
    if ((long)number < 2) return NULL;
    sem_post(&permits);
    return NULL;
}
int main(void) {
    say("process %d", getpid());
    sem_init(&permits, 0, 2);
    pthread_t t[4];
    for (long n = 0; n < 4; n++) t[n] = go(request, (void *)n), nap(0.1);
    say("ready");
    for (int n = 0; n < 4; n++) pthread_join(t[n], NULL);
}
