// The condition is signalled before anybody waits, and no predicate remembers it.
#include "case.h"
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t loaded = PTHREAD_COND_INITIALIZER;
static void *loader(void *nothing) {
    pthread_mutex_lock(&lock);
    pthread_cond_signal(&loaded);
    pthread_mutex_unlock(&lock);
    return nothing;
}
static void *user(void *nothing) {
    say_me();
    nap(0.3);
    pthread_mutex_lock(&lock);
    pthread_cond_wait(&loaded, &lock);
    pthread_mutex_unlock(&lock);
    return nothing;
}
int main(void) {
    say("process %d", getpid());
    pthread_t a = go(loader, NULL), b = go(user, NULL);
    nap(0.5);
    say("ready");
    pthread_join(a, NULL);
    pthread_join(b, NULL);
}
