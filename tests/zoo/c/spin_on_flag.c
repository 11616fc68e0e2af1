// A thread waits for a flag by looking at it, and nobody sets it.
#include "case.h"
static volatile int done;
static void *waits(void *nothing) {
    say_me();
    say("ready");
    while (!done) {}
    return nothing;
}
int main(void) {
    pthread_join(go(waits, NULL), NULL);
}
