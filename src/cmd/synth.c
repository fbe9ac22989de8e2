// mqcast synth: a synthetic catalogue, drawn by the ranks and written by one of them.
#include <string.h>

#include "cmd/command.h"
#include "cmd/output.h"
#include "mq/base/alloc.h"
#include "mq/base/clock.h"
#include "mq/base/int.h"
#include "mq/base/path.h"
#include "mq/data/synth.h"

static const struct mq_flag flags[] = {
    {"output", 'o', "PANEL.h5", NULL, MQ_FLAG_REQUIRED, "where the panel goes"},
    {"series", 0, "N", NULL, MQ_FLAG_REQUIRED, "number of products"},
    {"length", 0, "T", NULL, MQ_FLAG_REQUIRED, "periods"},
    {"demand", 0, "catalogue|poisson", "catalogue", 0,
     "poisson: alike and independent in all periods of all products"},
    {"mean", 0, "X", NULL, 0, "mean demand of a period, of --demand poisson"},
    {"ahead", 0, "N", "28", 0, "periods of known covariates past the end"},
    {"frequency", 0, "hourly|daily|weekly|monthly|quarterly|yearly", "daily", 0, "of the periods"},
    {"seed", 0, "N", "1", 0, "product i is a function of (seed, i)"},
};

static mq_status read_unit(const struct mq_arguments *arguments, enum mq_unit *unit)
{
    const char *text = mq_flag_text(arguments, "frequency");
    int64_t multiple = 0;
    if (mq_frequency_parse(text, unit, &multiple) && multiple == 1) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "synth: --frequency: '%s' is not a frequency", text);
    return mq_hint("hourly, daily, weekly, monthly, quarterly or yearly");
}

static mq_status read_demand(const struct mq_arguments *arguments, struct mq_synth *synth)
{
    const char *kind = mq_flag_text(arguments, "demand");
    const char *mean = mq_flag_text(arguments, "mean");
    const bool is_poisson = strcmp(kind, "poisson") == 0;
    if (!is_poisson && strcmp(kind, "catalogue") != 0) {
        (void)mq_fail(MQ_USAGE, "synth: --demand: there is no '%s'", kind);
        return mq_hint("catalogue or poisson");
    }
    synth->demand = is_poisson ? MQ_SYNTH_POISSON : MQ_SYNTH_CATALOGUE;
    if (!is_poisson && mean != NULL) {
        (void)mq_fail(MQ_USAGE, "synth: --mean: a catalogue has many means");
        return mq_hint("--demand poisson --mean %s", mean);
    }
    if (!is_poisson) return MQ_OK;
    if (mean != NULL && mq_parse_f64(mean, &synth->mean)) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "synth: --demand poisson needs --mean, a number");
    return mq_hint("for instance --demand poisson --mean 5");
}

// A rank's part of one round.
enum { ROUND_BYTES = 1 << 20 };

// Rank 0 writes what the others have drawn while they draw the next round; alone it does both.
static mq_status make_rounds(struct mq_world *world, const struct mq_synth_maker *maker,
                             const struct mq_synth *synth, struct mq_panel_writer *writer)
{
    const int64_t drawers = mq_max_i64(mq_size(world) - 1, 1);
    const int64_t drawer = mq_size(world) > 1 ? mq_rank(world) - 1 : 0; // -1: none
    const int64_t values_max = mq_synth_values_max(synth);
    const int64_t block = mq_max_i64(ROUND_BYTES / (values_max * (int64_t)sizeof(float)), 1);
    float *values = mq_calloc(block * values_max, sizeof *values);
    struct mq_str round = {0};
    mq_status status = values != NULL ? MQ_OK : MQ_FAILED;
    for (int64_t first = 0; first < synth->n_series; first += drawers * block) {
        int64_t n = 0;
        if (drawer >= 0 && status == MQ_OK) {
            const int64_t own = mq_min_i64(first + drawer * block, synth->n_series);
            n = mq_synth_draw(maker, own, mq_min_i64(block, synth->n_series - own), values);
        }
        MQ_DO(mq_agree(world, status));
        MQ_DO(mq_gather(world, values, (size_t)n * sizeof *values, &round, NULL));
        if (mq_rank(world) == 0)
            status =
                mq_synth_append(maker, first, mq_min_i64(drawers * block, synth->n_series - first),
                                (float *)(void *)round.data, writer);
    }
done:
    mq_str_release(&round);
    mq_free(values);
    return mq_agree(world, status);
}

// Collective.
static mq_status make(struct mq_world *world, const struct mq_synth *synth, const char *output)
{
    const bool is_writer = mq_rank(world) == 0;
    struct mq_synth_maker *maker = NULL;
    struct mq_panel_writer *writer = NULL;
    mq_status status = mq_synth_maker_new(&maker, synth);
    if (status == MQ_OK && is_writer) status = mq_output_panel(output, NULL, 0);
    if (status == MQ_OK && is_writer) status = mq_synth_create(maker, output, &writer);
    MQ_DO(mq_agree(world, status));
    MQ_DO(make_rounds(world, maker, synth, writer));
    if (is_writer) status = mq_panel_publish(writer);
    writer = NULL;
    MQ_DO(mq_agree(world, status));
done:
    mq_panel_discard(writer);
    mq_synth_maker_free(maker);
    return status;
}

static mq_status run(struct mq_world *world, const struct mq_arguments *arguments)
{
    const double start_s = mq_clock_s();
    const char *output = mq_flag_text(arguments, "output");
    struct mq_synth synth = {0};
    int64_t seed = 0;
    int64_t bytes = 0;
    MQ_TRY(mq_flag_i64(arguments, "series", 1, 1000000000, &synth.n_series));
    MQ_TRY(mq_flag_i64(arguments, "length", 1, 1000000, &synth.length));
    MQ_TRY(mq_flag_i64(arguments, "ahead", 0, 100000, &synth.ahead));
    MQ_TRY(mq_flag_i64(arguments, "seed", 0, INT64_MAX, &seed));
    MQ_TRY(read_unit(arguments, &synth.unit));
    MQ_TRY(read_demand(arguments, &synth));
    synth.seed = (uint64_t)seed;
    MQ_TRY(make(world, &synth, output));
    if (mq_rank(world) != 0) return MQ_OK;
    MQ_TRY(mq_file_size(output, &bytes));
    const double took_s = mq_clock_s() - start_s;
    mq_info("%s: %lld series, %lld bytes in %.1f s (%.0f series/s)", output,
            (long long)synth.n_series, (long long)bytes, took_s, (double)synth.n_series / took_s);
    return MQ_OK;
}

static const struct mq_example examples[] = {
    {"mqcast synth -o sales.h5 --series 1000 --length 400", "a thousand products, 400 days"},
    {"mpirun -n 8 mqcast synth -o big.h5 --series 1000000 --length 208 --frequency weekly",
     "a million, four years of weeks"},
};

const struct mq_command mq_command_synth = {
    .name = "synth",
    .summary = "write a synthetic catalogue of any size",
    .description =
        "Products have trends, seasons, holidays, prices and gaps; product i is a function of "
        "the seed and i, whatever the number of ranks. With more than one rank all others "
        "draw while rank 0 writes.",
    .positionals = "",
    .flags = flags,
    .n_flags = sizeof flags / sizeof *flags,
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .related = "import inspect",
    .needs = MQ_NEEDS_WORLD,
    .run = run,
};
