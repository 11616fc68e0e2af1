// Healthy: one tight loop for a long time; it sieves primes in 64 MB of memory again and again.
#include "case.h"
int main(void) {
    size_t size = 64UL << 20;
    unsigned char *sieve = malloc(size);
    memset(sieve, 0, size);
    say("ready");
    for (unsigned char mark = 1;; mark++)
        for (size_t p = 2; p * p < size; p++)
            for (size_t at = p * p; at < size; at += p) sieve[at] = mark;
}
