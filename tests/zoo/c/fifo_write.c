// Opens a named pipe for its report; the one who should read it was never started.
#include "case.h"
#include <sys/stat.h>
int main(void) {
    if (mkfifo("report", 0666)) return 1;
    say("process %d", getpid());
    say("path %s/report", getenv("CASE_DIR"));
    say("ready");
    return open("report", O_WRONLY) < 0;
}
