// Healthy: small loops over three bodies, again and again; the counters of its steps live in memory.
#include "case.h"
#include <math.h>
static double at[3][3] = {{0, 0, 0}, {1, 0, 0}, {0, 2, 0}}, v[3][3] = {{0, 0, 0}, {0, 1, 0}, {0.5, 0, 0}};
static volatile unsigned long steps;
static void pull(double h) {
    for (int a = 0; a < 3; a++) for (int b = 0; b < 3; b++) {
        if (a == b) continue;
        double d[3], r = 1e-3;
        for (int k = 0; k < 3; k++) d[k] = at[b][k] - at[a][k], r += d[k] * d[k];
        for (int k = 0; k < 3; k++) v[a][k] += h * d[k] / (r * sqrt(r));
    }
    for (int a = 0; a < 3; a++) for (int k = 0; k < 3; k++) at[a][k] += h * v[a][k];
}
int main(void) {
    say("ready");
    for (;;) pull(1e-6), steps++;
}
