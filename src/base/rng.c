// Philox4x32 with 10 rounds (Salmon et al. 2011), and the usual distributions on top of it.
#include "mq/base/rng.h"

#include <math.h>

#include "mq/base/status.h"

static void philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    uint32_t k[2] = {key[0], key[1]};
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)0xD2511F53u * c[0];
        const uint64_t p1 = (uint64_t)0xCD9E8D57u * c[2];
        const uint32_t mixed[4] = {(uint32_t)(p1 >> 32) ^ c[1] ^ k[0], (uint32_t)p1,
                                   (uint32_t)(p0 >> 32) ^ c[3] ^ k[1], (uint32_t)p0};
        for (int i = 0; i < 4; i++)
            c[i] = mixed[i];
        k[0] += 0x9E3779B9u;
        k[1] += 0xBB67AE85u;
    }
    for (int i = 0; i < 4; i++)
        out[i] = c[i];
}

struct mq_rng mq_rng_at(uint64_t seed, enum mq_rng_purpose purpose, uint64_t a, uint32_t b)
{
    MQ_ASSERT(b < (1u << 24));
    return (struct mq_rng){
        .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
        .counter = {0, (uint32_t)purpose << 24 | b, (uint32_t)a, (uint32_t)(a >> 32)},
    };
}

uint32_t mq_rng_u32(struct mq_rng *rng)
{
    if (rng->left == 0) {
        philox(rng->counter, rng->key, rng->block);
        rng->counter[0]++;
        rng->left = 4;
    }
    return rng->block[4 - rng->left--];
}

static uint64_t next_u64(struct mq_rng *rng)
{
    const uint64_t high = mq_rng_u32(rng);
    return high << 32 | mq_rng_u32(rng);
}

uint64_t mq_rng_below(struct mq_rng *rng, uint64_t n)
{
    MQ_ASSERT(n >= 1);
    const uint64_t limit = UINT64_MAX - UINT64_MAX % n; // multiples of n below 2^64 - 1
    uint64_t draw = next_u64(rng);
    while (draw >= limit)
        draw = next_u64(rng);
    return draw % n;
}

double mq_rng_uniform(struct mq_rng *rng)
{
    return ((double)(next_u64(rng) >> 12) + 0.5) * 0x1p-52;
}

double mq_rng_normal(struct mq_rng *rng)
{
    const double u = mq_rng_uniform(rng);
    const double v = mq_rng_uniform(rng);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

// Marsaglia and Tsang 2000; for shapes below 1, gamma(shape + 1) u^(1 / shape).
double mq_rng_gamma(struct mq_rng *rng, double shape)
{
    if (shape < 1) return pow(mq_rng_uniform(rng), 1 / shape) * mq_rng_gamma(rng, shape + 1);
    const double d = shape - 1.0 / 3;
    const double c = 1 / sqrt(9 * d);
    for (;;) {
        const double x = mq_rng_normal(rng);
        const double v = pow(1 + c * x, 3);
        if (v > 0 && log(mq_rng_uniform(rng)) < 0.5 * x * x + d * (1 - v + log(v))) return d * v;
    }
}

int64_t mq_rng_poisson(struct mq_rng *rng, double lambda)
{
    if (lambda > 60.0) { // normal approximation; the error is far below the noise of a catalogue
        const double x = floor(lambda + sqrt(lambda) * mq_rng_normal(rng) + 0.5);
        return x > 0.0 ? (int64_t)x : 0;
    }
    const double limit = exp(-lambda);
    double product = mq_rng_uniform(rng);
    int64_t n = 0;
    while (product > limit) {
        product *= mq_rng_uniform(rng);
        n++;
    }
    return n;
}
