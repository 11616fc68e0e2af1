// A client sends its request over TCP; the server took it, and sits on it.
#include "case.h"
#include <arpa/inet.h>
int main(void) {
    int l = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    char line[80];
    if (bind(l, (void *)&at, len) || listen(l, 4) || getsockname(l, (void *)&at, &len)) return 1;
    pid_t server = fork();
    if (server == 0) {
        int c = accept(l, NULL, NULL);
        if (read(c, line, sizeof line) < 0) return 1;
        pause();
    }
    close(l);
    pid_t client = fork();
    if (client == 0) {
        int c = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(c, (void *)&at, len) || write(c, "GET\n", 4) != 4) return 1;
        say("process %d", server);
        say("path 127.0.0.1:%d", ntohs(at.sin_port));
        say("attach %d", getpid());
        say("ready");
        return read(c, line, sizeof line) < 0;
    }
    while (wait(NULL) > 0) {}
}
