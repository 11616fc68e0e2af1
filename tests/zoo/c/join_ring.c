// The main thread joins a worker while it holds the mutex that the worker needs to end.
#include "case.h"
static pthread_mutex_t state = PTHREAD_MUTEX_INITIALIZER;
static void *finish(void *nothing) {
    say_me();
    nap(0.3);
    pthread_mutex_lock(&state);
    return nothing;
}
int main(void) {
    say_me();
    pthread_mutex_lock(&state);
    pthread_t t = go(finish, NULL);
    nap(0.6);
    say("ready");
    pthread_join(t, NULL);
}
