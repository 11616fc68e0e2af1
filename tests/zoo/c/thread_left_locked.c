// A thread returned from an error path without unlocking; three others want the mutex.
#include "case.h"
static pthread_mutex_t cache = PTHREAD_MUTEX_INITIALIZER;
static void *fails(void *nothing) {
    pthread_mutex_lock(&cache);
    return nothing;
}
static void *serves(void *nothing) {
    say_me();
    pthread_mutex_lock(&cache);
    pthread_mutex_unlock(&cache);
    return nothing;
}
int main(void) {
    pthread_join(go(fails, NULL), NULL);
    pthread_t t[3];
    for (int n = 0; n < 3; n++) t[n] = go(serves, NULL);
    nap(0.4);
    say("ready");
    for (int n = 0; n < 3; n++) pthread_join(t[n], NULL);
}
