// A server that has used up its descriptors: accept fails with EMFILE, the connection stays, the loop comes back in a moment.
#include "case.h"
#include <arpa/inet.h>
#include <poll.h>
#include <sys/resource.h>
int main(void) {
    struct rlimit few = {32, 32};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int l = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(l, (void *)&at, len) || listen(l, 128) || getsockname(l, (void *)&at, &len)) return 1;
    if (fork() == 0) {
        for (int n = 0; n < 60; n++) connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&at, len);
        pause();
    }
    setrlimit(RLIMIT_NOFILE, &few);
    say("process %d", getpid());
    say("ready");
    struct pollfd one = {.fd = l, .events = POLLIN};
    for (;;) {
        poll(&one, 1, -1);
        if (accept(l, NULL, NULL) < 0) nap(0.01);
    }
}
