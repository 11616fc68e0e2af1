// A server loop that forgets two kilobytes for each of its thousand requests a second.
#include "case.h"
int main(void) {
    say("process %d", getpid());
    say("ready");
    for (long n = 0; n < 120000; n++) {
        memset(malloc(2048), 1, 2048);
        labour(2000);
        nap(0.001);
    }
    pause();
}
