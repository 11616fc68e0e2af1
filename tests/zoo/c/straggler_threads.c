// Four threads share a step; three wait at the barrier for the one that got the large piece.
#include "case.h"
static pthread_barrier_t step;
static void *part(void *number) {
    if ((long)number == 1) {
        say_me();
        say("ready");
        for (;;) labour(100000);
    }
    labour(3000000);
    pthread_barrier_wait(&step);
    return NULL;
}
int main(void) {
    pthread_t t[4];
    pthread_barrier_init(&step, NULL, 4);
    for (long n = 0; n < 4; n++) t[n] = go(part, (void *)n);
    for (int n = 0; n < 4; n++) pthread_join(t[n], NULL);
}
