// Two threads each write-lock one table and then want to read the other's.
#include "case.h"
static pthread_rwlock_t users = PTHREAD_RWLOCK_INITIALIZER, orders = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t both;
static void *update(void *first) {
    pthread_rwlock_t *mine = first, *other = mine == &users ? &orders : &users;
    say_me();
    pthread_rwlock_wrlock(mine);
    pthread_barrier_wait(&both);
    pthread_rwlock_rdlock(other);
    return NULL;
}
int main(void) {
    pthread_barrier_init(&both, NULL, 2);
    pthread_t a = go(update, &users), b = go(update, &orders);
    nap(0.5);
    say("ready");
    pthread_join(a, NULL);
    pthread_join(b, NULL);
}
