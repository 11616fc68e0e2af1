// Two threads are polite: each takes one lock, fails to get the other, gives back and tries again at the same pace.
#include "case.h"
static pthread_mutex_t m[2] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static pthread_barrier_t pace;
static void *polite(void *which) {
    long mine = (long)which;
    say_me();
    for (;;) {
        pthread_mutex_lock(&m[mine]);
        for (volatile int n = 0; n < 2000; n++) {}
        if (pthread_mutex_trylock(&m[!mine]) == 0) pthread_mutex_unlock(&m[!mine]);
        pthread_mutex_unlock(&m[mine]);
    }
    return NULL;
}
int main(void) {
    say("process %d", getpid());
    pthread_t a = go(polite, (void *)0), b = go(polite, (void *)1);
    nap(0.2);
    say("ready");
    pthread_join(a, NULL);
    pthread_join(b, NULL);
}
