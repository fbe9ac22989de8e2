// mqcast synth: a synthetic catalogue.
#include "cmd/command.h"
#include "cmd/output.h"
#include "mq/base/clock.h"
#include "mq/base/path.h"
#include "mq/data/synth.h"

static const struct mq_flag flags[] = {
    {"output", 'o', "PANEL.h5", NULL, MQ_FLAG_REQUIRED, "where the panel goes"},
    {"series", 0, "N", NULL, MQ_FLAG_REQUIRED, "number of products"},
    {"length", 0, "T", NULL, MQ_FLAG_REQUIRED, "periods"},
    {"ahead", 0, "N", "28", 0, "periods of known covariates past the end"},
    {"frequency", 0, "NAME", "daily", 0, "hourly, daily, weekly, monthly, quarterly or yearly"},
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

static mq_status run(struct mq_world *world, const struct mq_arguments *arguments)
{
    (void)world;
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
    synth.seed = (uint64_t)seed;
    MQ_TRY(mq_output_panel(output, NULL, 0));
    MQ_TRY(mq_synth_write(&synth, output));
    MQ_TRY(mq_file_size(output, &bytes));
    const double took_s = mq_clock_s() - start_s;
    mq_info("%s: %lld series, %lld bytes in %.1f s (%.0f series/s)", output,
            (long long)synth.n_series, (long long)bytes, took_s, (double)synth.n_series / took_s);
    return MQ_OK;
}

const struct mq_command mq_command_synth = {
    .name = "synth",
    .summary = "write a synthetic catalogue of any size",
    .positionals = "",
    .flags = flags,
    .n_flags = sizeof flags / sizeof *flags,
    .needs = MQ_NEEDS_NOTHING,
    .run = run,
};
