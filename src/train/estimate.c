// What training would take. The rehearsal is a session like that of training, with a few lanes per
// thread and without a directory.
#include "mq/train/estimate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "mq/base/alloc.h"
#include "mq/base/clock.h"
#include "mq/base/int.h"
#include "mq/comm/reducer.h"
#include "mq/model/members.h"
#include "mq/model/rundir.h"
#include "train/session.h"

enum { SAMPLES = 201, SAMPLES_LEAST = 3, THREAD_LANES = 4 };
static const double rehearsal_s = 0.3; // of each part

struct sample {
    double value[SAMPLES];
    int64_t n;
};

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(struct sample *sample)
{
    qsort(sample->value, (size_t)sample->n, sizeof *sample->value, compare);
    return sample->value[sample->n / 2];
}

// ---- rehearsal ----------------------------------------------------------------------------------

// How often something that took `once_s` is done in the time there is: the same on all ranks.
static mq_status agree_on_count(struct mq_world *world, double once_s, int64_t *n)
{
    MQ_TRY(mq_max_f64(world, &once_s, 1));
    *n = (int64_t)fmin(fmax(rehearsal_s / once_s, SAMPLES_LEAST), SAMPLES);
    return MQ_OK;
}

// Batches asked for without computing anything: the loader's thread goes as fast as it can.
static mq_status rehearse_loader(struct session *session, struct mq_estimate *estimate)
{
    struct sample fill = {0};
    const struct mq_batch *batches = NULL;
    const double began_s = mq_clock_s();
    while (fill.n < SAMPLES && (fill.n == 0 || mq_clock_s() - began_s < rehearsal_s)) {
        double wait_s = 0;
        MQ_TRY(mq_loader_next(session->loader, &batches, &wait_s));
        fill.value[fill.n++] = wait_s;
    }
    double sum_s = 0; // a mean: the few steps that read series pay for the many that find them
    for (int64_t i = 0; i < fill.n; i++)
        sum_s += fill.value[i];
    estimate->measured.fill = sum_s / (double)(fill.n * session->n_lanes);
    estimate->memory.batches =
        (int64_t)batches[0].arena.capacity * MQ_LOADER_SETS * estimate->work.lanes_most;
    return MQ_OK;
}

static mq_status rehearse_steps(struct session *session, int64_t at_once,
                                struct mq_estimate *estimate)
{
    const double rounds = (double)mq_ceil_div(session->n_lanes, at_once);
    struct sample lane = {0};
    struct sample update = {0};
    int64_t n = 1;
    for (int64_t i = 0; i <= n; i++) { // the first one warms up, and says how many follow
        struct step_result result;
        struct step_times times = {0};
        const double began_s = mq_clock_s();
        MQ_TRY(session_step(session, &result, &times));
        const double took_s = mq_clock_s() - began_s;
        if (i == 0) {
            MQ_TRY(agree_on_count(session->world, took_s, &n));
            continue;
        }
        lane.value[lane.n++] = times.compute_s / rounds;
        update.value[update.n++] = took_s - times.compute_s - times.wait_data_s - times.comm_s;
    }
    estimate->measured.lane = median(&lane);
    estimate->measured.update = median(&update);
    return MQ_OK;
}

static mq_status drop(void *context, const struct mq_series_block *block,
                      const struct mq_forecasts *forecasts)
{
    (void)context;
    (void)block;
    (void)forecasts;
    return MQ_OK;
}

// A block for every thread.
static mq_status rehearse_validation(struct session *session, int64_t at_once,
                                     struct mq_estimate *estimate)
{
    struct sample block = {0};
    const int64_t wanted = session->model.experiment.forecast.batch * at_once;
    const int64_t n_series = mq_min_i64(wanted, mq_panel_info(session->panel)->n_series);
    struct replay_total ignored;
    if (session->validator == NULL && session->orders == NULL) return MQ_OK;
    while (block.n < SAMPLES_LEAST) {
        const double began_s = mq_clock_s();
        MQ_TRY(session->orders != NULL
                   ? session_replay(session, 0, n_series, &ignored)
                   : mq_predictor_run(session->validator, 0, n_series, drop, NULL));
        block.value[block.n++] = mq_clock_s() - began_s;
    }
    estimate->measured.block = median(&block);
    return MQ_OK;
}

static mq_status rehearse(struct session *session, struct mq_estimate *estimate)
{
    struct mq_world_facts facts;
    MQ_TRY(mq_world_facts(session->world, &facts));
    // More threads than cores would measure this machine's crowd instead of the one planned for.
    const int64_t at_once = mq_min_i64(estimate->work.threads, facts.cores_per_rank);
    session->n_lanes = mq_min_i64(estimate->work.lanes_most, THREAD_LANES * at_once);
    MQ_TRY(session_build(session));
    struct mq_experiment *experiment = &session->model.experiment;
    mq_params_initialise(&session->model.params, (uint64_t)experiment->run.seed);
    session->progress.schedule = mq_schedule_start();
    session->total_steps = SAMPLES + 1;
    experiment->train.lr = 0; // the weights stay what they are at the start
    MQ_TRY(mq_agree(session->world, session_start_loader(session)));
    MQ_TRY(mq_agree(session->world, rehearse_loader(session, estimate)));
    MQ_TRY(rehearse_steps(session, at_once, estimate));
    return mq_agree(session->world, rehearse_validation(session, at_once, estimate));
}

// ---- work and bytes -----------------------------------------------------------------------------

static void describe_work(const struct session *session, const struct mq_estimate_request *request,
                          struct mq_estimate *estimate)
{
    const struct mq_train_settings *train = &session->model.experiment.train;
    const int64_t threads = mq_pool_threads(session->pool);
    const int64_t most = mq_ceil_div(train->lanes, request->ranks);
    const int64_t slots = request->ranks * threads * mq_ceil_div(most, threads);
    const int64_t steps = session_steps(session, estimate->series);
    const bool validates = train->validate_every > 0 && session->split.validation.n > 0;
    estimate->work.ranks = request->ranks;
    estimate->work.threads = threads;
    estimate->work.lanes = train->lanes;
    estimate->work.lanes_least = train->lanes / request->ranks;
    estimate->work.lanes_most = most;
    estimate->work.lane_series = train->batch / train->lanes;
    estimate->work.balance = (double)train->lanes / (double)slots;
    estimate->work.steps = steps;
    estimate->work.epoch_steps = (double)estimate->series / (double)train->batch;
    estimate->work.validations = validates ? mq_ceil_div(steps, train->validate_every) : 0;
}

static mq_status weigh_checkpoint(struct session *session, struct mq_estimate *estimate)
{
    char path[MQ_PATH_MAX];
    MQ_TRY(mq_run_checkpoint(path, session->directory, 0));
    MQ_TRY(mq_checkpoint_weigh(path, &session->model, session->optimizer, &session->progress,
                               &estimate->files.checkpoint));
    estimate->memory.checkpoint = 2 * estimate->files.checkpoint;
    return MQ_OK;
}

// Quantiles and what came; of totals also what to order.
static mq_status weigh_forecast(const struct session *session, struct mq_estimate *estimate)
{
    const struct mq_experiment *experiment = &session->model.experiment;
    struct mq_origins origins = {0};
    MQ_TRY(mq_origins_parse(&origins, experiment->forecast.origins, &session->model.panel.info));
    const int64_t numbers = origins.n * experiment->data.horizon;
    const int64_t levels = mq_forecast_levels(experiment)->n;
    const int64_t totals = origins.n * experiment->loss.spans.n;
    estimate->files.forecast = estimate->series * (numbers * (levels + 1) + totals * (levels + 2)) *
                               (int64_t)sizeof(float);
    mq_free(origins.period);
    return MQ_OK;
}

// Bytes of a series in memory, as the first ones of the panel say.
static mq_status weigh_series(struct session *session, double *bytes)
{
    struct mq_series_block block = {0};
    const int64_t n = mq_min_i64(MQ_CACHE_BLOCK, mq_panel_info(session->panel)->n_series);
    MQ_TRY(mq_panel_read(session->panel, 0, n, &block));
    *bytes = (double)block.bytes / (double)n;
    mq_series_block_release(&block);
    return MQ_OK;
}

// Counted by what it gives back. The session can only be closed afterwards.
static int64_t weigh_validator(struct session *session)
{
    const size_t before = mq_alloc_live_bytes();
    mq_predictor_free(session->validator);
    mq_orders_free(session->orders);
    session->validator = NULL;
    session->orders = NULL;
    return (int64_t)(before - mq_alloc_live_bytes());
}

static int64_t weigh_optimizer(const struct mq_optimizer *optimizer)
{
    struct mq_optimizer_state states[MQ_OPTIMIZER_STATES_MAX];
    int64_t numbers = 0;
    for (int64_t i = mq_optimizer_states(optimizer, states) - 1; i >= 0; i--)
        numbers += states[i].count;
    return numbers * (int64_t)sizeof(mq_real);
}

// All lanes of the busiest rank, not only those rehearsed.
static mq_status weigh_memory(struct session *session, int64_t before, struct mq_estimate *estimate)
{
    const struct mq_experiment *experiment = &session->model.experiment;
    const int64_t gradient = session->model.params.count * (int64_t)sizeof(mq_real);
    const int64_t program = mq_resident_bytes() - (int64_t)mq_alloc_live_bytes();
    double series_bytes = 0;
    MQ_TRY(weigh_series(session, &series_bytes));
    mq_loader_stop(session->loader);
    session->loader = NULL;
    const int64_t validator = weigh_validator(session);

    const double share =
        ceil((double)(estimate->series * estimate->work.lanes_most) / (double)estimate->work.lanes);
    const double cached = fmin(share * series_bytes, (double)(experiment->data.cache_mib << 20));
    const int64_t index = estimate->series / MQ_CACHE_BLOCK * (int64_t)sizeof(void *);
    const double block = (double)(experiment->forecast.batch * estimate->work.threads);
    estimate->memory.weights = 2 * gradient;
    estimate->memory.optimizer = weigh_optimizer(session->optimizer);
    estimate->memory.sums = session->model.params.count * (int64_t)sizeof(int64_t);
    estimate->memory.workers =
        estimate->work.threads * (gradient + mq_graph_workspace_bytes(session->network.graph));
    estimate->memory.panel = (int64_t)mq_alloc_live_bytes() - before - estimate->memory.weights -
                             estimate->memory.optimizer - estimate->memory.sums -
                             estimate->memory.workers;
    estimate->memory.series = (int64_t)cached + (int64_t)share * (int64_t)sizeof(int64_t) + index;
    estimate->memory.validation = validator > 0 ? validator + (int64_t)(block * series_bytes) : 0;
    estimate->memory.program = program;
    estimate->memory.total = estimate->memory.weights + estimate->memory.optimizer +
                             estimate->memory.sums + estimate->memory.workers +
                             estimate->memory.batches + estimate->memory.series +
                             estimate->memory.validation + estimate->memory.panel + program;
    return MQ_OK;
}

// ---- time ---------------------------------------------------------------------------------------

// A long message asks first: its beginning travels with the question, the rest once the answer is
// back.
static double message_s(const struct mq_wire *wire, double bytes)
{
    enum { BEGINNING = 1 << 16 }; // of Open MPI over TCP: btl_tcp_rndv_eager_limit
    const double rest_s = (bytes - BEGINNING) / wire->bytes_per_s;
    if (rest_s <= 0) return wire->latency_s + bytes / wire->bytes_per_s;
    return wire->latency_s + fmax(2 * wire->latency_s, BEGINNING / wire->bytes_per_s) + rest_s;
}

double mq_sum_s(const struct mq_wire *wire, int64_t ranks, double bytes)
{
    if (ranks == 1) return 0;
    if (bytes < MQ_SUM_LARGE_BYTES || bytes < 8 * (double)ranks)
        return 2 * ceil(log2((double)ranks)) * message_s(wire, bytes);
    int64_t power = 1;
    double part = bytes;
    double sum_s = 0;
    for (; 2 * power <= ranks; power *= 2) {
        part /= 2;
        sum_s += 2 * message_s(wire, part);
    }
    if (power < ranks) sum_s += 2 * message_s(wire, bytes / 2) + message_s(wire, bytes);
    return sum_s;
}

double mq_exposed_s(const struct mq_wire *wire, int64_t ranks, double bytes, double bucket_bytes,
                    double hidden_s)
{
    const double whole = fmax(ceil(bytes / bucket_bytes) - 1, 0);
    const double early_s = whole * mq_sum_s(wire, ranks, bucket_bytes);
    return fmax(early_s - hidden_s, 0) + mq_sum_s(wire, ranks, bytes - whole * bucket_bytes);
}

// A bucket leaves when this rank's last lane has passed it, so only the last backward pass hides it.
static double backward_s(const struct session *session, double lane_s)
{
    const double train = mq_graph_train_flops(session->network.graph);
    const double forward = mq_graph_forward_flops(session->network.graph);
    const double pass_s = lane_s / (double)session->network.passes;
    return train > 0 ? pass_s * (train - forward) / train : 0;
}

static void reckon_step(const struct session *session, const struct mq_wire *wire,
                        struct mq_estimate *estimate)
{
    const int64_t ranks = estimate->work.ranks;
    const int64_t threads = estimate->work.threads;
    const int64_t lanes = estimate->work.lanes_most;
    const double bytes = (double)estimate->memory.sums;
    const double hidden = backward_s(session, estimate->measured.lane);
    const double batch = (double)session->model.experiment.train.batch;
    estimate->time.compute = (double)mq_ceil_div(lanes, threads) * estimate->measured.lane;
    estimate->time.data = (double)lanes * estimate->measured.fill;
    estimate->time.sum = mq_exposed_s(wire, ranks, bytes, BUCKET_BYTES, 0);
    estimate->time.exposed = mq_exposed_s(wire, ranks, bytes, BUCKET_BYTES, hidden);
    estimate->time.step =
        fmax(estimate->time.compute + estimate->time.data / (double)threads, estimate->time.data) +
        estimate->time.exposed + estimate->measured.update;
    estimate->time.series_per_s = batch / estimate->time.step;
    estimate->time.communication = estimate->time.exposed / estimate->time.step;
}

static void reckon_run(const struct session *session, struct mq_estimate *estimate)
{
    const int64_t ranks = estimate->work.ranks;
    const int64_t threads = estimate->work.threads;
    const int64_t series = estimate->series;
    const int64_t blocks = mq_ceil_div(series, session->model.experiment.forecast.batch);
    const int64_t rounds = mq_ceil_div(mq_ceil_div(blocks, ranks), threads);
    const double times_the_panel = (double)series / (double)mq_panel_info(session->panel)->n_series;
    estimate->time.epoch = estimate->work.epoch_steps * estimate->time.step;
    estimate->time.validation = (double)rounds * estimate->measured.block;
    estimate->time.start = estimate->measured.statistics * times_the_panel *
                           (double)mq_size(session->world) / (double)ranks;
    estimate->time.run = estimate->time.start + (double)estimate->work.steps * estimate->time.step +
                         (double)estimate->work.validations * estimate->time.validation;
    estimate->time.core_hours = estimate->time.run * (double)(ranks * threads) / 3600;
}

// ---- all ----------------------------------------------------------------------------------------

static mq_status open_session(struct session *session, const struct mq_estimate_request *request,
                              struct mq_estimate *estimate)
{
    const double began_s = mq_clock_s();
    MQ_TRY(session_open_data(session, request->ranks));
    MQ_TRY(mq_agree(session->world, mq_members_find(&session->model)));
    estimate->measured.statistics = mq_clock_s() - began_s;
    (void)snprintf(estimate->model, sizeof estimate->model, "%s", session->model.forecaster->name);
    estimate->is_trained = session->model.forecaster->build != NULL;
    estimate->series =
        request->series > 0 ? request->series : mq_panel_info(session->panel)->n_series;
    return MQ_OK;
}

static mq_status estimate_all(struct session *session, const struct mq_estimate_request *request,
                              struct mq_estimate *estimate)
{
    const int64_t before = (int64_t)mq_alloc_live_bytes();
    MQ_TRY(open_session(session, request, estimate));
    if (estimate->is_trained) {
        describe_work(session, request, estimate);
        MQ_TRY(rehearse(session, estimate));
        estimate->work.parameters = session->model.params.count;
        estimate->work.gflop =
            1e-9 * mq_network_train_flops(&session->network) * (double)estimate->work.lanes;
    }
    MQ_TRY(mq_agree(session->world, weigh_forecast(session, estimate)));
    MQ_TRY(mq_agree(session->world, weigh_checkpoint(session, estimate)));
    if (!estimate->is_trained) return MQ_OK;
    MQ_TRY(mq_agree(session->world, weigh_memory(session, before, estimate)));
    reckon_step(session, &request->wire, estimate);
    reckon_run(session, estimate);
    return MQ_OK;
}

mq_status mq_estimate(struct mq_world *world, struct mq_pool *pool,
                      const struct mq_estimate_request *request, struct mq_estimate *estimate)
{
    const struct mq_train_request training = {.experiment = request->experiment};
    struct session session = {.world = world, .pool = pool, .request = &training, .claim = -1};
    *estimate = (struct mq_estimate){0};
    const mq_status status = estimate_all(&session, request, estimate);
    session_close(&session);
    return status;
}
