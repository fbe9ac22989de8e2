// ranks: 1 2 3
// Scores of series split over ranks have the bits of one rank.
#include "support/harness.h"

#include <stdlib.h>
#include <string.h>

#include "mq/base/int.h"
#include "mq/base/rng.h"
#include "mq/eval/scores.h"

enum { SERIES = 50, O = 2, H = 4, Q = 3, SEGMENTS = 3 };

static const double levels[Q] = {0.1, 0.5, 0.9};
static const int64_t origin[O] = {20, 21};

static struct mq_scores *add_series(int64_t first, int64_t last)
{
    struct mq_scores *scores = NULL;
    ck_ok(mq_scores_new(&scores, levels, Q, H, O, SEGMENTS, true));
    for (int64_t i = first; i < last; i++) {
        struct mq_rng rng = mq_rng_at(5, MQ_RNG_TEST, (uint64_t)i, 0);
        float quantiles[O * H * Q];
        float observed[O * H];
        for (int j = 0; j < O * H * Q; j++)
            quantiles[j] = (float)mq_rng_normal(&rng);
        for (int j = 0; j < O * H; j++)
            observed[j] = (float)mq_rng_normal(&rng);
        const enum mq_history history[O] = {(enum mq_history)(i % MQ_HISTORY_KINDS),
                                            MQ_HISTORY_FULL};
        const struct mq_series_facts facts = {mq_rng_uniform(&rng), mq_rng_uniform(&rng),
                                              i % SEGMENTS, 100 * mq_rng_uniform(&rng), history};
        mq_scores_add(scores, &facts, origin, quantiles, observed);
    }
    return scores;
}

static void check_same_text(json_t *got, json_t *want)
{
    char *texts[] = {json_dumps(got, JSON_REAL_PRECISION(17)),
                     json_dumps(want, JSON_REAL_PRECISION(17))};
    ck_assert_str_eq(texts[0], texts[1]);
    free(texts[0]);
    free(texts[1]);
    json_decref(got);
    json_decref(want);
}

START_TEST(test_split_series_give_the_bits_of_one_rank)
{
    static const char *const names[SEGMENTS] = {"a", "b", "c"};
    const int size = mq_size(test_world());
    const int rank = mq_rank(test_world());
    struct mq_scores *split =
        add_series(mq_split(SERIES, size, rank), mq_split(SERIES, size, rank + 1));
    struct mq_scores *whole = add_series(0, SERIES);
    ck_ok(mq_scores_reduce(split, test_world()));
    check_same_text(mq_scores_json(split), mq_scores_json(whole));
    check_same_text(mq_scores_by_horizon(split), mq_scores_by_horizon(whole));
    check_same_text(mq_scores_by_segment(split, names), mq_scores_by_segment(whole, names));
    check_same_text(mq_scores_by_volume(split), mq_scores_by_volume(whole));
    check_same_text(mq_scores_by_history(split), mq_scores_by_history(whole));
    mq_scores_free(split);
    mq_scores_free(whole);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("mpi");
    tcase_add_test(tc, test_split_series_give_the_bits_of_one_rank);
    return run_mpi_tests("mpi/scores", tc);
}
