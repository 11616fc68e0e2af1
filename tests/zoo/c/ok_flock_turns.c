// Healthy: two processes take turns on a locked file.
#include "case.h"
#include <sys/file.h>
int main(void) {
    pid_t other = fork();
    int fd = open("turns.lock", O_CREAT | O_RDWR, 0666);
    if (other) say("ready");
    for (char line[32];;) {
        flock(fd, LOCK_EX);
        labour(3000000);
        if (pwrite(fd, line, sizeof line, 0) < 0) return 1;
        flock(fd, LOCK_UN);
        nap(0.005);
    }
}
