// Healthy: one big lock, held for seconds of real work by each thread in turn while the others wait.
#include "case.h"
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *works(void *nothing) {
    for (;;) {
        pthread_mutex_lock(&lock);
        for (int n = 0; n < 30; n++) labour(5000000);
        pthread_mutex_unlock(&lock);
        nap(0.01);
    }
    return nothing;
}
int main(void) {
    for (int n = 0; n < 3; n++) go(works, NULL);
    nap(0.3);
    say("ready");
    pause();
}
