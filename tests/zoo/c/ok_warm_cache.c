// Healthy: fills its cache of 160 MB in the first seconds, then works on it.
#include "case.h"
int main(void) {
    size_t size = 160UL << 20, chunk = 4 << 20;
    char *cache = malloc(size);
    say("ready");
    for (size_t at = 0; at < size; at += chunk) memset(cache + at, 3, chunk), nap(0.06);
    for (unsigned long x = 1;; x = x * 6364136223846793005UL + 1442695040888963407UL) {
        cache[(x >> 33) % size]++;
        if (x % 64 == 1) labour(50);
    }
}
