// Healthy: follows a system of three differential equations for long; all that changes are floating point numbers.
#include "case.h"
int main(void) {
    double x = 1, y = 1, z = 1, t = 0, h = 1e-7;
    say("ready");
    while (t < 1e9) {
        double u = x + h * 10 * (y - x), v = y + h * (x * (28 - z) - y), w = z + h * (x * y - z * 8 / 3);
        x = u, y = v, z = w;
        t += h;
    }
    printf("%f %f %f\n", x, y, z);
}
