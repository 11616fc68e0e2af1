// Healthy: six threads fight for one mutex, and the work goes on.
#include "case.h"
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static double total;
static void *works(void *nothing) {
    for (;;) {
        double part = labour(3000);
        pthread_mutex_lock(&lock);
        total += part + labour(3000);
        pthread_mutex_unlock(&lock);
    }
    return nothing;
}
int main(void) {
    for (int n = 0; n < 5; n++) go(works, NULL);
    say("ready");
    works(NULL);
}
