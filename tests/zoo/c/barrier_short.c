// A barrier for four; one of them gave up before it came there.
#include "case.h"
static pthread_barrier_t step;
static void *part(void *number) {
    if ((long)number == 2) return NULL;
    say_me();
    pthread_barrier_wait(&step);
    return NULL;
}
int main(void) {
    say("process %d", getpid());
    pthread_barrier_init(&step, NULL, 4);
    pthread_t t[4];
    for (long n = 0; n < 4; n++) t[n] = go(part, (void *)n);
    nap(0.4);
    say("ready");
    for (int n = 0; n < 4; n++) pthread_join(t[n], NULL);
}
