// A thread reads an eventfd that only this process has, and the thread that should have written to it has ended.
#include "case.h"
#include <sys/eventfd.h>
static int bell;
static void *rings(void *nothing) { return nothing; }
static void *listens(void *nothing) {
    unsigned long n;
    say_me();
    if (read(bell, &n, sizeof n) < 0) perror("read");
    return nothing;
}
int main(void) {
    say("process %d", getpid());
    bell = eventfd(0, EFD_CLOEXEC);
    pthread_t a = go(rings, NULL), b = go(listens, NULL);
    pthread_join(a, NULL);
    nap(0.3);
    say("ready");
    pthread_join(b, NULL);
}
