// Healthy: a long silent calculation with several parts.
#include "case.h"
#include <math.h>
#define N 256
static double a[N][N], b[N][N], c[N][N];
static void multiply(void) {
    for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) {
        double sum = 0;
        for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
        c[i][j] = sum;
    }
}
static void smooth(void) {
    for (int i = 1; i < N - 1; i++) for (int j = 1; j < N - 1; j++)
        a[i][j] = (c[i - 1][j] + c[i + 1][j] + c[i][j - 1] + c[i][j + 1]) / (4 + fabs(c[i][j]));
}
static void waves(int t) {
    for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) b[i][j] = sin(i * 0.01 + t) * exp(-j * 0.001);
}
int main(void) {
    say("ready");
    for (int t = 0;; t++) waves(t), multiply(), smooth();
}
