// Starts a checker every tenth of a second beside its own work, and never asks how it ended.
#include "case.h"
int main(void) {
    say("process %d", getpid());
    for (int n = 0;; n++) {
        if (n < 60 && fork() == 0) _exit(0);
        if (n == 40) say("ready");
        labour(300000);
        nap(0.05);
    }
}
