// Idle: a server on a local socket with three clients who say nothing; it has 900 files open, which is below its limit.
#include "case.h"
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/un.h>
int main(void) {
    struct rlimit many = {1024, 1024};
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "server.sock"};
    struct epoll_event want = {.events = EPOLLIN}, got;
    setrlimit(RLIMIT_NOFILE, &many);
    int l = socket(AF_UNIX, SOCK_STREAM, 0), e = epoll_create1(0);
    if (bind(l, (void *)&at, sizeof at) || listen(l, 16)) return 1;
    for (int n = 0; n < 3; n++) {
        if (fork() == 0) {
            int c = socket(AF_UNIX, SOCK_STREAM, 0);
            close(l);
            if (connect(c, (void *)&at, sizeof at)) return 1;
            setsid();
            for (char byte; read(c, &byte, 1) > 0;) {}
            return 0;
        }
        int c = accept(l, NULL, NULL);
        epoll_ctl(e, EPOLL_CTL_ADD, c, &want);
    }
    epoll_ctl(e, EPOLL_CTL_ADD, l, &want);
    for (int n = 0; n < 900; n++) if (open("/dev/null", O_RDONLY) < 0) return 1;
    say("ready");
    while (epoll_wait(e, &got, 1, -1) >= 0) {}
}
