// Two processes lock two files with flock, in opposite order.
#include "case.h"
#include <sys/file.h>
int main(void) {
    int fd[2] = {-1, -1};
    pid_t child = fork();
    int first = child == 0;
    fd[0] = open("accounts.lock", O_CREAT | O_RDWR, 0666);
    fd[1] = open("journal.lock", O_CREAT | O_RDWR, 0666);
    say("process %d", getpid());
    flock(fd[first], LOCK_EX);
    nap(0.5);
    if (child) say("ready");
    flock(fd[!first], LOCK_EX);
    pause();
}
