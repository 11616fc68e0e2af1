// Three threads hold a mutex each and want their neighbour's.
#include "case.h"
static pthread_mutex_t seat[3] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static pthread_barrier_t seated;
static void *dine(void *at) {
    long n = (long)at;
    say_me();
    pthread_mutex_lock(&seat[n]);
    pthread_barrier_wait(&seated);
    pthread_mutex_lock(&seat[(n + 1) % 3]);
    return NULL;
}
int main(void) {
    pthread_t t[3];
    pthread_barrier_init(&seated, NULL, 3);
    for (long n = 0; n < 3; n++) t[n] = go(dine, (void *)n);
    nap(0.5);
    say("ready");
    for (int n = 0; n < 3; n++) pthread_join(t[n], NULL);
}
