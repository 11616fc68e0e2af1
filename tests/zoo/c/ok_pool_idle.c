// Healthy: six threads of a pool have nothing to do while the main thread computes.
#include "case.h"
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static void *worker(void *nothing) {
    pthread_mutex_lock(&lock);
    for (;;) pthread_cond_wait(&work, &lock);
    return nothing;
}
int main(void) {
    for (int n = 0; n < 6; n++) go(worker, NULL);
    say("ready");
    for (;;) labour(1000000);
}
