/// Counter-based random numbers (Philox4x32-10): a draw is a pure function of its address.
///
/// The address is (seed, purpose, a, b): for instance (run seed, MQ_RNG_SAMPLE, step, lane). Two
/// different addresses give independent streams; the same address gives the same numbers on every
/// rank, thread and machine. Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2,
/// 3".
#ifndef MQ_BASE_RNG_H
#define MQ_BASE_RNG_H

#include <stdint.h>

enum mq_rng_purpose {
    MQ_RNG_INIT = 1,
    MQ_RNG_SAMPLE,
    MQ_RNG_SHUFFLE,
    MQ_RNG_DROPOUT,
    MQ_RNG_SYNTH,
    MQ_RNG_TEST,
    MQ_RNG_PATH,
    MQ_RNG_FOREST,
    MQ_RNG_DELAY,
};

/// A stream at an address; plain data, copy it freely.
struct mq_rng {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t block[4];
    int left;
};

/// a: any 64-bit number; b < 2^24.
struct mq_rng mq_rng_at(uint64_t seed, enum mq_rng_purpose purpose, uint64_t a, uint32_t b);

uint32_t mq_rng_u32(struct mq_rng *rng);
/// Uniform in [0, n), n >= 1, without modulo bias.
uint64_t mq_rng_below(struct mq_rng *rng, uint64_t n);
/// Uniform in (0, 1).
double mq_rng_uniform(struct mq_rng *rng);
/// Standard normal (Box-Muller).
double mq_rng_normal(struct mq_rng *rng);
/// Gamma with this shape > 0 and scale 1.
double mq_rng_gamma(struct mq_rng *rng, double shape);
/// Poisson with mean `lambda` >= 0.
int64_t mq_rng_poisson(struct mq_rng *rng, double lambda);

#endif
