// Reads a child's output to its end, and has forgotten that it holds the writing side itself; the child is long gone.
#include "case.h"
int main(void) {
    int p[2];
    char buffer[4096];
    if (pipe(p)) return 1;
    pid_t child = fork();
    if (child == 0) {
        if (write(p[1], "result\n", 7) != 7) return 1;
        _exit(0);
    }
    waitpid(child, NULL, 0);
    say("process %d", getpid());
    say("ready");
    while (read(p[0], buffer, sizeof buffer) > 0) {}
}
