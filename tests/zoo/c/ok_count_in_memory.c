// Healthy: a tight loop whose progress is a counter and a sum in memory, and nothing else.
#include "case.h"
struct stats { volatile unsigned long seen; volatile double sum; };
int main(void) {
    struct stats *stats = shared(sizeof *stats);
    say("ready");
    while (stats->seen < 1UL << 60) {
        stats->sum += 0.5;
        stats->seen++;
    }
    printf("%f\n", stats->sum);
}
