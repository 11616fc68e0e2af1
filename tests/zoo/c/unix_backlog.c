// Connects to a local socket whose daemon does not accept any more: its queue is full.
#include "case.h"
#include <sys/un.h>
int main(void) {
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "daemon.sock"};
    int l = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(l, (void *)&at, sizeof at) || listen(l, 0)) return 1;
    pid_t daemon = fork();
    if (daemon == 0) pause();
    close(l);
    for (int n = 0; n < 3; n++) {
        int c = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(c, (void *)&at, sizeof at);
    }
    say("process %d", getpid());
    say("process %d", daemon);
    say("path %s/daemon.sock", getenv("CASE_DIR"));
    say("ready");
    return connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&at, sizeof at);
}
