// A level-triggered event that the handler never drains: epoll_wait returns it at once, for ever.
#include "case.h"
#include <sys/epoll.h>
int main(void) {
    int p[2], e = epoll_create1(0), handled = 0;
    if (pipe(p) || write(p[1], "x", 1) != 1) return 1;
    struct epoll_event want = {.events = EPOLLIN}, got[8];
    epoll_ctl(e, EPOLL_CTL_ADD, p[0], &want);
    say("process %d", getpid());
    say("ready");
    for (;;) handled += epoll_wait(e, got, 8, -1);
}
