// Idle: a daemon waits for changes of a folder.
#include "case.h"
#include <sys/inotify.h>
int main(void) {
    char events[4096];
    int fd = inotify_init1(IN_CLOEXEC);
    inotify_add_watch(fd, ".", IN_CREATE);
    say("ready");
    while (read(fd, events, sizeof events) > 0) {}
}
