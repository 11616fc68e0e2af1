// A tracer has stopped its child and does something else; the child's parent is the tracer.
#include "case.h"
#include <sys/ptrace.h>
int main(void) {
    pid_t child = fork();
    if (child == 0) {
        for (;;) labour(1000);
    }
    nap(0.2);
    if (ptrace(PTRACE_SEIZE, child, 0, 0) || ptrace(PTRACE_INTERRUPT, child, 0, 0)) return 1;
    waitpid(child, NULL, __WALL);
    say("process %d", child);
    say("process %d", getpid());
    say("ready");
    pause();
}
