// Builds and runs the benchmark's networks: target + 4 observed + 8 known + 8 static inputs, three
// quantiles, all forks trained.
#include "cmd/bench_work.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/rng.h"
#include "mq/config/experiment.h"
#include "mq/data/engineered.h"
#include "mq/model/registry.h"

enum { OBSERVED = 4, KNOWN = 8, STATIC = 8, LEVELS = 3 };
static const double levels[LEVELS] = {0.1, 0.5, 0.9};

static const struct size {
    const char *name;
    int64_t T;
    int64_t K;
    int64_t H;
    int64_t C;
    int64_t ctx;
    int64_t L;
    int64_t P;
    int64_t window;
} sizes[] = {
    {"small", 104, 13, 32, 32, 16, 16, 8, 52},
    {"medium", 168, 24, 64, 32, 32, 32, 16, 84},
    {"large", 365, 28, 128, 64, 64, 64, 32, 182},
};

mq_status mq_bench_plan_find(const char *model, const char *size, struct mq_bench_plan *plan)
{
    MQ_TRY(mq_forecaster_find(model, &plan->forecaster));
    if (plan->forecaster->build == NULL) {
        (void)mq_fail(MQ_USAGE, "bench: %s is not a network", model);
        return mq_hint("for instance --model mqrnn");
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (strcmp(sizes[i].name, size) != 0) continue;
        plan->T = sizes[i].T;
        plan->K = sizes[i].K;
        plan->H = sizes[i].H;
        plan->C = sizes[i].C;
        plan->ctx = sizes[i].ctx;
        plan->L = sizes[i].L;
        plan->P = sizes[i].P;
        plan->window = sizes[i].window;
        return MQ_OK;
    }
    return mq_fail(MQ_USAGE, "bench: --size: '%s' is not small, medium or large", size);
}

// What a policy replays: lost sales, costs 1 of holding and 9 of shortage.
static const struct mq_inventory_settings inventory = {
    .lead = 4, .review = 1, .holding = "1", .shortage = "9", .initial = -1};

static bool has_key(const struct mq_section *section, const char *key)
{
    for (int64_t i = 0; i < section->n; i++)
        if (strcmp(section->settings[i].key, key) == 0) return true;
    return false;
}

// Sets a key of the model's own settings; models without it have no such work.
static mq_status set_option(const struct mq_section *section, const char *key, int64_t value,
                            void *options)
{
    const struct mq_setting *setting = NULL;
    const struct mq_source source = {"bench", 0};
    char text[32];
    if (!has_key(section, key)) return MQ_OK;
    MQ_TRY(mq_setting_find(section, key, source, &setting));
    if (setting->type == MQ_BOOL)
        (void)snprintf(text, sizeof text, "%s", value ? "true" : "false");
    else
        (void)snprintf(text, sizeof text, "%lld", (long long)value);
    return mq_setting_parse(section, setting, text, source, options);
}

// The benchmark's sizes and, where a model offers several, its form.
static mq_status make_options(struct mq_bench_work *work)
{
    const struct mq_bench_plan *plan = &work->plan;
    const struct {
        const char *key;
        int64_t value;
    } values[] = {
        {"hidden", plan->H},
        {"channels", plan->C},
        {"dilations", 6},
        {"kernel", 2},
        {"context_size", plan->ctx},
        {"joint", plan->H},
        {"local", plan->L},
        {"static_size", STATIC},
        {"position_size", plan->P},
        {"position_kernel", 1},
        {"heads", 1},
        {"window", plan->window},
        {"query_now", false},
        {"value_position", true},
        {"self_position", false},
        {"self_state", true},
    };
    const struct mq_section section = {"model", plan->forecaster->settings,
                                       plan->forecaster->n_settings};
    work->options = mq_calloc((int64_t)plan->forecaster->options_bytes, 1);
    if (work->options == NULL) return MQ_FAILED;
    MQ_TRY(mq_settings_default(&section, work->options));
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        MQ_TRY(set_option(&section, values[i].key, values[i].value, work->options));
    return MQ_OK;
}

static void fill(mq_real *values, int64_t n, struct mq_rng *rng)
{
    for (int64_t i = 0; i < n; i++)
        values[i] = (mq_real)mq_rng_normal(rng);
}

static mq_status make_batch(struct mq_bench_work *work, int64_t series, int64_t part,
                            struct mq_batch *batch)
{
    const struct mq_bench_plan *plan = &work->plan;
    const bool is_engineered = plan->forecaster->wants_engineered;
    const struct mq_window_shape shape = {
        .series = series, .context = plan->T, .horizon = plan->K, .has_engineered = is_engineered};
    MQ_TRY(mq_batch_init(batch, &work->features, shape));
    struct mq_rng rng = mq_rng_at(1, MQ_RNG_TEST, (uint64_t)part, 0);
    const int64_t dates = shape.series * (plan->T + plan->K);
    fill(batch->history, shape.series * plan->T * (1 + OBSERVED), &rng);
    fill(batch->known, dates * KNOWN, &rng);
    if (is_engineered)
        fill(batch->engineered, shape.series * plan->T * mq_engineered_inputs(&work->features),
             &rng);
    fill(batch->reals, shape.series * STATIC, &rng);
    fill(batch->target, dates, &rng);
    for (int64_t i = 0; plan->forecaster->is_policy && i < dates; i++)
        batch->target[i] = (mq_real)fabs((double)batch->target[i]);
    for (int64_t i = 0; i < dates; i++)
        batch->mask[i] =
            i % (plan->T + plan->K) < plan->T ? (mq_real)1 : (mq_real)0; // the future is not seen
    for (int64_t i = 0; i < shape.series * plan->T; i++)
        batch->scale[i] = batch->weight[i] = 1;
    return MQ_OK;
}

static mq_status make_share(struct mq_bench_work *work, int64_t parts, struct mq_bench_share *share)
{
    const int64_t first = mq_split(parts, mq_size(work->world), mq_rank(work->world));
    share->n = mq_split(parts, mq_size(work->world), mq_rank(work->world) + 1) - first;
    MQ_NEW(share->batch, share->n);
    for (int64_t i = 0; i < share->n; i++)
        MQ_TRY(make_batch(work, work->plan.batch / parts, first + i, &share->batch[i]));
    return MQ_OK;
}

static void release_share(struct mq_bench_share *share)
{
    for (int64_t i = 0; share->batch != NULL && i < share->n; i++)
        mq_batch_release(&share->batch[i]);
    mq_free(share->batch);
}

static mq_status open_networks(struct mq_bench_work *work)
{
    const struct mq_bench_plan *plan = &work->plan;
    const int64_t last = plan->T - 1;
    const struct mq_forks forks[MQ_BENCH_PARTS] = {[MQ_BENCH_TRAIN] = {plan->T, NULL},
                                                   [MQ_BENCH_LAST] = {1, &last},
                                                   [MQ_BENCH_ALL] = {plan->T, NULL}};
    for (int part = 0; part < MQ_BENCH_PARTS; part++) {
        const int64_t parts = part == MQ_BENCH_TRAIN ? plan->lanes : plan->blocks;
        const struct mq_dims dims = {
            .B = plan->batch / parts,
            .T = plan->T,
            .H = plan->K,
            .Q = LEVELS,
            .level = levels,
            .C = 1 + OBSERVED,
            .E = plan->forecaster->wants_engineered ? mq_engineered_inputs(&work->features) : 0,
            .K = KNOWN,
            .R = STATIC,
            .forks = forks[part],
            .inventory = &inventory};
        MQ_TRY(mq_network_init(&work->networks[part], plan->forecaster, work->options, &dims,
                               MQ_LOSS_PINBALL, &work->params,
                               part == MQ_BENCH_TRAIN ? MQ_TRAIN : MQ_INFER));
    }
    MQ_TRY(mq_params_allocate(&work->params));
    mq_params_initialise(&work->params, 1);
    for (int part = 0; part < MQ_BENCH_PARTS; part++) {
        MQ_NEW(work->execs[part], mq_pool_threads(work->pool));
        for (int64_t i = 0; i < mq_pool_threads(work->pool); i++)
            MQ_TRY(mq_exec_new(&work->execs[part][i], work->networks[part].graph));
    }
    return MQ_OK;
}

mq_status mq_bench_open(struct mq_bench_work *work, struct mq_world *world, struct mq_pool *pool,
                        const struct mq_bench_plan *plan)
{
    enum { BUCKET_BYTES = 4 << 20 };
    *work = (struct mq_bench_work){.plan = *plan, .world = world, .pool = pool};
    work->features = (struct mq_features){
        .history_width = 1 + OBSERVED, .known_width = KNOWN, .n_reals = STATIC};
    work->train =
        (struct mq_train_settings){.optimizer = MQ_OPTIMIZER_ADAM, .clip = 1.0, .lr = 1e-3};
    MQ_TRY(make_options(work));
    MQ_TRY(open_networks(work));
    MQ_TRY(make_share(work, plan->lanes, &work->lanes));
    MQ_TRY(make_share(work, plan->blocks, &work->blocks));
    MQ_NEW(work->gradients, work->params.count);
    MQ_TRY(mq_optimizer_new(&work->optimizer, &work->train, work->params.count));
    return mq_reducer_new(&work->reducer, world, work->params.count, 1, plan->lanes, work->lanes.n,
                          BUCKET_BYTES);
}

void mq_bench_close(struct mq_bench_work *work)
{
    for (int part = 0; part < MQ_BENCH_PARTS; part++) {
        for (int64_t i = 0; work->execs[part] != NULL && i < mq_pool_threads(work->pool); i++)
            mq_exec_free(work->execs[part][i]);
        mq_free(work->execs[part]);
        mq_network_release(&work->networks[part]);
    }
    release_share(&work->lanes);
    release_share(&work->blocks);
    mq_free(work->gradients);
    mq_free(work->options);
    mq_optimizer_free(work->optimizer);
    mq_reducer_free(work->reducer);
    mq_params_release(&work->params);
}

struct task_context {
    struct mq_bench_work *work;
    enum mq_bench_part part;
};

static const struct mq_bench_share *share_of(const struct mq_bench_work *work,
                                             enum mq_bench_part part)
{
    return part == MQ_BENCH_TRAIN ? &work->lanes : &work->blocks;
}

static mq_status compute_part(void *context, int64_t worker, int64_t task)
{
    const struct task_context *at = context;
    struct mq_bench_work *work = at->work;
    struct mq_exec *exec = work->execs[at->part][worker];
    const struct mq_network *network = &work->networks[at->part];
    const struct mq_batch *batch = &share_of(work, at->part)->batch[task];
    if (at->part != MQ_BENCH_TRAIN) {
        for (int64_t pass = 0; pass < network->passes; pass++) {
            mq_network_bind(network, exec, batch, pass);
            mq_exec_forward(exec);
        }
        return MQ_OK;
    }
    struct mq_reducer_report report = {work->reducer, task, worker == 0};
    const struct mq_lane lane = {.batch = batch,
                                 .loss_scale = mq_bench_loss_scale(work),
                                 .notify = mq_reducer_report,
                                 .context = &report};
    const struct mq_loss loss = mq_network_learn(network, exec, &lane);
    mq_reducer_scalar(work->reducer, 0, mq_scalar_from(loss.loss_sum));
    return MQ_OK;
}

mq_status mq_bench_step(struct mq_bench_work *work, enum mq_bench_part part, double *comm_s)
{
    struct task_context context = {work, part};
    int64_t scalar = 0;
    if (part != MQ_BENCH_TRAIN)
        return mq_pool_run(work->pool, work->blocks.n, compute_part, NULL, &context);
    mq_reducer_begin(work->reducer);
    MQ_TRY(mq_pool_run(work->pool, work->lanes.n, compute_part, NULL, &context));
    MQ_TRY(mq_reducer_end(work->reducer, work->gradients, &scalar, comm_s));
    work->loss_sum = mq_scalar_value(scalar);
    (void)mq_optimizer_step(work->optimizer, work->params.values, work->gradients, work->train.lr);
    return MQ_OK;
}

double mq_bench_loss_scale(const struct mq_bench_work *work)
{
    return 1.0 / (double)(work->plan.batch * work->plan.T * work->plan.K);
}

int64_t mq_bench_parameters(const struct mq_bench_work *work)
{
    return work->params.count;
}

double mq_bench_flops(const struct mq_bench_work *work)
{
    return mq_network_train_flops(&work->networks[MQ_BENCH_TRAIN]) * (double)work->plan.lanes;
}
