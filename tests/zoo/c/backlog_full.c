// Connects to a listener that never accepts and whose queue is full.
#include "case.h"
#include <arpa/inet.h>
int main(void) {
    int l = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    if (bind(l, (void *)&at, len) || listen(l, 0) || getsockname(l, (void *)&at, &len)) return 1;
    if (fork() == 0) {
        pause();
    }
    close(l);
    for (int n = 0; n < 6; n++) {
        int c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(c, (void *)&at, len);
    }
    nap(0.3);
    say("process %d", getpid());
    say("path 127.0.0.1:%d", ntohs(at.sin_port));
    say("ready");
    int c = socket(AF_INET, SOCK_STREAM, 0);
    return connect(c, (void *)&at, len);
}
