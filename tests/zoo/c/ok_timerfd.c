// Sleeping: wakes by a timerfd twice a second for a little work.
#include "case.h"
#include <sys/timerfd.h>
int main(void) {
    int t = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec half = {{0, 500000000}, {0, 500000000}};
    unsigned long ticks;
    timerfd_settime(t, 0, &half, NULL);
    say("ready");
    while (read(t, &ticks, sizeof ticks) > 0) labour(50000);
}
