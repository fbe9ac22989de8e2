// The calls of a set of ranks, of which there may be one.
#include "mq/base/ranks.h"

#include <stddef.h>

mq_status mq_ranks_sum(const struct mq_ranks *ranks, int64_t values[], int64_t n)
{
    return ranks->sum != NULL ? ranks->sum(ranks->context, values, n) : MQ_OK;
}

mq_status mq_ranks_sum_exact(const struct mq_ranks *ranks, struct mq_exact sums[], int64_t n)
{
    enum { WORDS = sizeof(struct mq_exact) / sizeof(int64_t) };
    return mq_ranks_sum(ranks, (int64_t *)(void *)sums, n * WORDS);
}

mq_status mq_ranks_agree(const struct mq_ranks *ranks, mq_status status)
{
    return ranks->agree != NULL ? ranks->agree(ranks->context, status) : status;
}
