// How a case in C tells the runner the truth about itself; see ../run.py.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Adds one line to the truth; to the standard error when nobody wants to know it.
static inline void say(const char *format, ...) {
    const char *path = getenv("CASE_TRUTH");
    FILE *f = path ? fopen(path, "a") : fdopen(dup(2), "w");
    if (!f) exit(9);
    va_list words;
    va_start(words, format);
    vfprintf(f, format, words);
    va_end(words);
    fputc('\n', f);
    fclose(f);
}

static inline void say_me(void) { say("thread %d %d", getpid(), gettid()); }

static inline void nap(double s) {
    struct timespec t = {(time_t)s, (long)((s - (time_t)s) * 1e9)};
    while (nanosleep(&t, &t)) {}
}

static inline pthread_t go(void *(*body)(void *), void *with) {
    pthread_t t;
    if (pthread_create(&t, NULL, body, with)) exit(8);
    return t;
}

// Memory that children share.
static inline void *shared(size_t size) {
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

// Work whose instructions and data vary: a random walk over a table, and some of the mathematics.
static inline double labour(unsigned long rounds) {
    static __thread unsigned long table[4096], x = 88172645463325252UL;
    double sum = 0;
    while (rounds--) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        table[x % 4096] += x;
        sum += (double)(table[(x >> 20) % 4096] % 1000) / 7;
    }
    return sum;
}
