// Idle: a daemon whose event loop has a signalfd and a timer that comes once in an hour.
#include "case.h"
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
int main(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int e = epoll_create1(0), s = signalfd(-1, &set, 0), t = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec hour = {{3600, 0}, {3600, 0}};
    timerfd_settime(t, 0, &hour, NULL);
    struct epoll_event want = {.events = EPOLLIN}, got;
    epoll_ctl(e, EPOLL_CTL_ADD, s, &want);
    epoll_ctl(e, EPOLL_CTL_ADD, t, &want);
    say("ready");
    while (epoll_wait(e, &got, 1, -1) >= 0) {}
}
