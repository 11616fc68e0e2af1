// Asks for a password on the terminal, without echo.
#include "case.h"
#include <termios.h>
int main(void) {
    struct termios t;
    char line[80];
    int tty = open("/dev/tty", O_RDWR);
    if (tty < 0 || tcgetattr(tty, &t)) return 1;
    t.c_lflag &= ~ECHO;
    tcsetattr(tty, TCSANOW, &t);
    dprintf(tty, "Password: ");
    say("process %d", getpid());
    say("ready");
    return read(tty, line, sizeof line) < 0;
}
