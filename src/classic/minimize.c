// L-BFGS with a line search that only asks for enough descent: functions here cost as much as their
// gradient, and few of them are needed.
#include "classic/minimize.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "mq/base/int.h"
#include "mq/base/status.h"

// The last steps s and changes of the gradient y, as a ring.
struct memory {
    int64_t n; // numbers in a vector
    int64_t count; // pairs ever stored
    double s[MINIMIZE_MEMORY][MINIMIZE_MAX];
    double y[MINIMIZE_MEMORY][MINIMIZE_MAX];
    double rho[MINIMIZE_MEMORY]; // 1 / s y
};

static double dot(int64_t n, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void remember(struct memory *memory, const double *step, const double *change)
{
    const double product = dot(memory->n, step, change);
    const double size = dot(memory->n, change, change);
    if (!(product > 1e-12 * size) || size == 0) return;
    const int64_t slot = memory->count++ % MINIMIZE_MEMORY;
    memcpy(memory->s[slot], step, (size_t)memory->n * sizeof *step);
    memcpy(memory->y[slot], change, (size_t)memory->n * sizeof *change);
    memory->rho[slot] = 1 / product;
}

// d = -H g by the two loops, with the guesses as the curvature that nothing is remembered of.
static void direction(const struct memory *memory, const double *curvature, const double *gradient,
                      double *d)
{
    double a[MINIMIZE_MEMORY];
    const int64_t oldest = mq_max_i64(memory->count - MINIMIZE_MEMORY, 0);
    for (int64_t i = 0; i < memory->n; i++)
        d[i] = -gradient[i];
    for (int64_t k = memory->count - 1; k >= oldest; k--) {
        const int64_t slot = k % MINIMIZE_MEMORY;
        a[slot] = memory->rho[slot] * dot(memory->n, memory->s[slot], d);
        for (int64_t i = 0; i < memory->n; i++)
            d[i] -= a[slot] * memory->y[slot][i];
    }
    for (int64_t i = 0; i < memory->n; i++)
        d[i] /= curvature[i];
    for (int64_t k = oldest; k < memory->count; k++) {
        const int64_t slot = k % MINIMIZE_MEMORY;
        const double b = memory->rho[slot] * dot(memory->n, memory->y[slot], d);
        for (int64_t i = 0; i < memory->n; i++)
            d[i] += (a[slot] - b) * memory->s[slot][i];
    }
}

static void shorten(int64_t n, const double *longest, double *d)
{
    double factor = 1;
    for (int64_t i = 0; i < n; i++)
        if (fabs(d[i]) * factor > longest[i]) factor = longest[i] / fabs(d[i]);
    for (int64_t i = 0; i < n; i++)
        d[i] *= factor;
}

double minimize(minimize_function *f, void *context, int64_t n, double x[],
                const double curvature[], const double step[], double tolerance, int64_t iterations)
{
    MQ_ASSERT(n >= 1 && n <= MINIMIZE_MAX);
    struct memory memory = {.n = n};
    double gradient[MINIMIZE_MAX];
    double d[MINIMIZE_MAX];
    double next[MINIMIZE_MAX];
    double next_gradient[MINIMIZE_MAX];
    double value = f(context, x, gradient);
    int64_t idle = 0;
    for (int64_t iteration = 0; iteration < iterations && idle < 2; iteration++) {
        direction(&memory, curvature, gradient, d);
        shorten(n, step, d);
        const double slope = dot(n, d, gradient);
        if (!(slope < 0)) break;
        double length = 1;
        double next_value = INFINITY;
        for (int64_t tries = 0; tries < 10; tries++, length *= 0.3) {
            for (int64_t i = 0; i < n; i++)
                next[i] = x[i] + length * d[i];
            next_value = f(context, next, next_gradient);
            if (next_value <= value + 1e-4 * length * slope) break;
        }
        if (!(next_value < value)) {
            if (memory.count == 0) break;
            memory.count = 0; // what is remembered misled: once more from the guesses
            continue;
        }
        idle = value - next_value < tolerance ? idle + 1 : 0;
        for (int64_t i = 0; i < n; i++) {
            d[i] = next[i] - x[i];
            gradient[i] = next_gradient[i] - gradient[i];
        }
        remember(&memory, d, gradient);
        memcpy(x, next, (size_t)n * sizeof *x);
        memcpy(gradient, next_gradient, (size_t)n * sizeof *gradient);
        value = next_value;
    }
    return value;
}
