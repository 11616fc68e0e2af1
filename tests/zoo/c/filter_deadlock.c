// Writes all its data into `tr` before it reads the first answer: both pipes fill.
#include "case.h"
int main(void) {
    int to[2], from[2];
    static char block[1 << 20];
    memset(block, 'x', sizeof block);
    if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC)) return 1;
    pid_t child = fork();
    if (child == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        execlp("tr", "tr", "a-z", "A-Z", NULL);
        _exit(1);
    }
    close(to[0]);
    close(from[1]);
    say("process %d", getpid());
    say("process %d", child);
    say("ready");
    if (write(to[1], block, sizeof block) < 0) return 1;
    close(to[1]);
    while (read(from[0], block, sizeof block) > 0) {}
}
