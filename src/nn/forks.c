// Lists of forks.
#include "nn/op.h"

#include "mq/base/alloc.h"
#include "mq/base/int.h"

// Steps that `forks` and the `before` steps before each of them cover; listed when there is room.
static int64_t cover(struct mq_forks forks, int64_t before, int64_t *steps, int64_t *places)
{
    int64_t n = 0, next = 0;
    for (int64_t f = 0; f < forks.n; f++) {
        for (next = mq_max_i64(next, forks.at[f] - before); next <= forks.at[f]; next++) {
            if (steps) steps[n] = next;
            n++;
        }
        if (places) places[f] = n - 1;
    }
    return n;
}

struct mq_wide_forks mq_forks_widen(struct mq_graph *g, struct mq_forks forks, int64_t before)
{
    struct mq_wide_forks wide = {.all = forks, .asked = {forks.n, NULL}};
    if (forks.at == NULL || before == 0) return wide;
    const int64_t n = cover(forks, before, NULL, NULL);
    wide.memory = mq_calloc(n + forks.n, sizeof *wide.memory);
    if (wide.memory == NULL) {
        (void)mq_build_error(g);
        return wide;
    }
    (void)cover(forks, before, wide.memory, wide.memory + n);
    wide.all = (struct mq_forks){n, wide.memory};
    wide.asked = (struct mq_forks){forks.n, wide.memory + n};
    return wide;
}

void mq_wide_forks_release(struct mq_wide_forks *wide)
{
    mq_free(wide->memory);
    *wide = (struct mq_wide_forks){0};
}
