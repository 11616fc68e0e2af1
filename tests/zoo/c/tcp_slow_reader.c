// Streams over TCP to a reader that takes a kilobyte every two seconds.
#include "case.h"
#include <arpa/inet.h>
int main(void) {
    int l = socket(AF_INET, SOCK_STREAM, 0), small = 4096;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    static char block[1 << 22];
    setsockopt(l, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (bind(l, (void *)&at, len) || listen(l, 1) || getsockname(l, (void *)&at, &len)) return 1;
    pid_t reader = fork();
    if (reader == 0) {
        int c = accept(l, NULL, NULL);
        while (read(c, block, 1024) > 0) nap(2);
        _exit(0);
    }
    close(l);
    int c = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c, (void *)&at, len)) return 1;
    say("process %d", reader);
    say("ready");
    while (write(c, block, sizeof block) > 0) {}
}
