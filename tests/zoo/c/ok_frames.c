// Healthy: a loop as programs with windows have it: waits 16 ms at most for an event, then draws a frame.
#include "case.h"
#include <poll.h>
int main(void) {
    int p[2];
    if (pipe(p)) return 1;
    struct pollfd one = {.fd = p[0], .events = POLLIN};
    say("ready");
    for (;;) {
        poll(&one, 1, 16);
        labour(60000);
    }
}
