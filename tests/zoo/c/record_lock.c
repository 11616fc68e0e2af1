// Waits for a record of a file (fcntl) that a colleague holds and does not give back.
#include "case.h"
int main(int argc, char **argv) {
    int kind = argc > 1 && !strcmp(argv[1], "ofd") ? F_OFD_SETLKW : F_SETLKW;
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 10};
    pid_t holder = fork();
    int fd = open("ledger.db", O_CREAT | O_RDWR, 0666);
    if (holder == 0) {
        fcntl(fd, kind, &all);
        pause();
    }
    nap(0.4);
    say("process %d", holder);
    say("path %s/ledger.db", getenv("CASE_DIR"));
    say("ready");
    return fcntl(fd, kind, &all);
}
