// A home-made spin lock with sched_yield, taken twice.
#include "case.h"
static int held;
static void take(void) {
    while (__atomic_exchange_n(&held, 1, __ATOMIC_ACQUIRE)) sched_yield();
}
int main(void) {
    say("process %d", getpid());
    take();
    say("ready");
    take();
}
