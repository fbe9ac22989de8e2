// From a model's `build` to a planned graph.
#include "mq/model/network.h"

#include "mq/base/int.h"
#include "mq/base/track.h"

// Of an executor's workspace, in passes of more than one row: about what the second and third level of
// caches hold for a core, and more where a recurrent layer wants rows. A pass that does not go back takes
// less, for it reads what it writes once and soon, as long as such a layer's steps have some rows.
enum { NEAR_BYTES = 2 << 20, ROWS_BYTES = 16 << 20, NEARER_BYTES = 1 << 20, FEW_ROWS = 8 };

// Lagged observations, addressed by fork and horizon.
static void add_lags(struct mq_network *network)
{
    struct mq_graph *g = network->graph;
    const struct mq_dims *d = &network->dims;
    const int64_t reach = mq_lags_reach(d->lag, d->J);
    network->past = mq_graph_input(g, "past", mq_shape2(d->B, reach + d->T));
    network->inputs.lags = mq_lags(g, network->past, network->observed.scale,
                                   network->observed.level, d->forks, d->H, d->lag, d->J);
}

static void add_observed(struct mq_network *network)
{
    struct mq_graph *g = network->graph;
    const struct mq_dims *d = &network->dims;
    const struct mq_shape dates = mq_shape2(d->B, d->T + d->H);
    network->observed.target = mq_graph_input(g, "target", dates);
    network->observed.mask = mq_graph_input(g, "mask", dates);
    network->observed.weight = mq_graph_input(g, "weight", mq_shape2(d->B, d->T));
    for (int64_t s = 0; s < d->S; s++) {
        network->total[s] = network->observed;
        network->total[s].target = mq_graph_input(g, "total", mq_shape2(d->B, d->T + 1));
        network->total[s].mask = mq_graph_input(g, "total_mask", mq_shape2(d->B, d->T + 1));
    }
}

// A total counts as much as a horizon.
static void add_losses(struct mq_network *network, enum mq_loss_kind kind)
{
    const struct mq_dims *d = &network->dims;
    void (*loss)(struct mq_graph *, mq_value, struct mq_observed, struct mq_forks, const double[],
                 int64_t) = kind == MQ_LOSS_CRPS ? mq_crps : mq_pinball;
    loss(network->graph, network->out.yhat, network->observed, d->forks, d->level, d->Q);
    for (int64_t s = 0; s < d->S; s++)
        loss(network->graph, network->out.span[s], network->total[s], d->forks, d->level, d->Q);
}

static mq_status build(struct mq_network *network, const struct mq_forecaster *forecaster,
                       const void *options, const struct mq_dims *dims, enum mq_loss_kind loss,
                       struct mq_params *params, enum mq_mode mode)
{
    *network = (struct mq_network){
        .dims = *dims, .passes = 1, .past = -1, .observed = {-1, -1, -1, -1, -1}};
    network->inputs.stock = -1;
    MQ_TRY(mq_graph_new(&network->graph, params));
    struct mq_graph *g = network->graph;
    const int64_t dates = dims->T + dims->H;
    struct mq_inputs *in = &network->inputs;
    struct mq_observed *observed = &network->observed;
    in->history = mq_graph_input(g, "history", mq_shape3(dims->B, dims->T, dims->C));
    in->known_past = mq_graph_input(g, "known_past", mq_shape3(dims->B, dims->T, dims->K));
    in->known = mq_graph_input(g, "known", mq_shape3(dims->B, dates, dims->K));
    in->codes = dims->N > 0 ? mq_graph_input(g, "codes", mq_shape2(dims->B, dims->N)) : -1;
    in->reals = dims->R > 0 ? mq_graph_input(g, "reals", mq_shape2(dims->B, dims->R)) : -1;
    in->engineered =
        dims->E > 0 ? mq_graph_input(g, "engineered", mq_shape3(dims->B, dims->T, dims->E)) : -1;
    in->lags = -1;
    in->known_next = mq_graph_input(g, "known_next", mq_shape3(dims->B, dims->T, dims->K));
    in->address = mq_graph_input(g, "address", mq_shape2(dims->B, 4));
    in->scale = observed->scale = mq_graph_input(g, "scale", mq_shape2(dims->B, dims->T));
    in->level = observed->level = mq_graph_input(g, "level", mq_shape2(dims->B, dims->T));
    if (dims->J > 0) add_lags(network);
    if (mode == MQ_TRAIN || forecaster->is_policy) add_observed(network);
    if (forecaster->is_policy) in->replayed = observed;
    if (forecaster->is_policy && mode == MQ_INFER)
        in->stock = mq_graph_input(g, "stock", mq_shape1(dims->B));

    network->out.yhat = -1;
    if (mode == MQ_TRAIN && forecaster->build_loss != NULL) {
        forecaster->build_loss(g, dims, options, in, observed);
        return mq_graph_plan(g, mode);
    }
    network->out = forecaster->build(g, dims, options, in);
    mq_graph_output(g, network->out.yhat);
    for (int64_t s = 0; s < dims->S; s++)
        mq_graph_output(g, network->out.span[s]);
    if (mode == MQ_TRAIN) add_losses(network, loss);
    return mq_graph_plan(g, mode);
}

// How a network is made, but for the rows of a pass.
struct plan {
    const struct mq_forecaster *forecaster;
    const void *options;
    const struct mq_dims *dims;
    enum mq_loss_kind loss;
    struct mq_params *params;
    enum mq_mode mode;
};

static mq_status build_in(struct mq_network *network, const struct plan *plan, int64_t passes)
{
    struct mq_dims pass = *plan->dims;
    pass.B /= passes;
    MQ_TRY(build(network, plan->forecaster, plan->options, &pass, plan->loss, plan->params,
                 plan->mode));
    network->passes = passes;
    return MQ_OK;
}

// More passes, until a workspace takes no more than `limit` or a pass has `least` rows.
static mq_status divide(struct mq_network *network, const struct plan *plan, int64_t limit,
                        int64_t least)
{
    while (network->dims.B > least) {
        const int64_t bytes = mq_graph_workspace_bytes(network->graph), before = network->passes;
        if (bytes <= limit) break;
        // Part of a workspace does not depend on the rows: this is never too many.
        const int64_t wanted =
            mq_min_i64(mq_ceil_div(before * bytes, limit), plan->dims->B / least);
        mq_network_release(network);
        MQ_TRY(build_in(network, plan,
                        mq_divisor_from(plan->dims->B, mq_max_i64(before + 1, wanted))));
    }
    return MQ_OK;
}

mq_status mq_network_init(struct mq_network *network, const struct mq_forecaster *forecaster,
                          const void *options, const struct mq_dims *dims, enum mq_loss_kind loss,
                          struct mq_params *params, enum mq_mode mode)
{
    MQ_ASSERT(forecaster->build != NULL && dims->K >= 1);
    const struct plan plan = {forecaster, options, dims, loss, params, mode};
    MQ_TRY(build_in(network, &plan, 1));
    const bool wants_rows = mq_graph_is_recurrent(network->graph);
    MQ_TRY(divide(network, &plan, wants_rows ? ROWS_BYTES : NEAR_BYTES, 1));
    return mode == MQ_TRAIN ? MQ_OK
                            : divide(network, &plan, NEARER_BYTES, wants_rows ? FEW_ROWS : 1);
}

void mq_network_release(struct mq_network *network)
{
    mq_graph_free(network->graph);
    *network = (struct mq_network){0};
}

double mq_network_train_flops(const struct mq_network *network)
{
    return mq_graph_train_flops(network->graph) * (double)network->passes;
}

// The rows of one pass.
struct pass {
    int64_t rows;
    int64_t first;
    int64_t n;
};

static struct mq_view rows_of(const struct pass *pass, mq_real *data, struct mq_shape row)
{
    struct mq_shape all = {.rank = row.rank + 1, .size = {pass->rows, 1, 1, 1}};
    for (int d = 0; d < row.rank; d++)
        all.size[d + 1] = row.size[d];
    return mq_view_slice(mq_view_of(data, all), 0, pass->first, pass->n);
}

static void bind_inputs(const struct mq_network *network, struct mq_exec *exec,
                        const struct mq_batch *batch, const struct pass *pass)
{
    const struct mq_dims *d = &network->dims;
    const struct mq_inputs *in = &network->inputs;
    const struct mq_view known = rows_of(pass, batch->known, mq_shape2(d->T + d->H, d->K));
    mq_exec_bind(exec, in->history, rows_of(pass, batch->history, mq_shape2(d->T, d->C)));
    mq_exec_bind(exec, in->known, known);
    mq_exec_bind(exec, in->known_past, mq_view_slice(known, 1, 0, d->T));
    mq_exec_bind(exec, in->known_next, mq_view_slice(known, 1, 1, d->T));
    mq_exec_bind(exec, in->address, rows_of(pass, batch->address, mq_shape1(4)));
    if (d->N > 0) mq_exec_bind(exec, in->codes, rows_of(pass, batch->codes, mq_shape1(d->N)));
    if (d->R > 0) mq_exec_bind(exec, in->reals, rows_of(pass, batch->reals, mq_shape1(d->R)));
    if (d->E > 0) {
        mq_exec_bind(exec, in->engineered, rows_of(pass, batch->engineered, mq_shape2(d->T, d->E)));
    }
    if (in->stock >= 0)
        mq_exec_bind(exec, in->stock, rows_of(pass, batch->stock, (struct mq_shape){0}));
    if (network->past >= 0) {
        const int64_t reach = mq_lags_reach(d->lag, d->J);
        const struct mq_view past = rows_of(pass, batch->past, mq_shape1(batch->reach + d->T));
        mq_exec_bind(exec, network->past,
                     mq_view_slice(past, 1, batch->reach - reach, reach + d->T));
    }
}

static void bind_observed(const struct mq_network *network, struct mq_exec *exec,
                          const struct mq_batch *batch, const struct pass *pass)
{
    const struct mq_dims *d = &network->dims;
    const struct mq_observed *observed = &network->observed;
    const struct mq_shape steps = mq_shape1(d->T), dates = mq_shape1(d->T + d->H);
    mq_exec_bind(exec, observed->scale, rows_of(pass, batch->scale, steps));
    mq_exec_bind(exec, observed->level, rows_of(pass, batch->level, steps));
    if (observed->target < 0) return;
    mq_exec_bind(exec, observed->target, rows_of(pass, batch->target, dates));
    mq_exec_bind(exec, observed->mask, rows_of(pass, batch->mask, dates));
    mq_exec_bind(exec, observed->weight, rows_of(pass, batch->weight, steps));
    for (int64_t s = 0; s < d->S; s++) {
        mq_exec_bind(exec, network->total[s].target,
                     mq_view_slice(mq_batch_total(batch, s), 0, pass->first, pass->n));
        mq_exec_bind(exec, network->total[s].mask,
                     mq_view_slice(mq_batch_total_mask(batch, s), 0, pass->first, pass->n));
    }
}

void mq_network_bind(const struct mq_network *network, struct mq_exec *exec,
                     const struct mq_batch *batch, int64_t pass)
{
    const struct mq_dims *d = &network->dims;
    const struct pass rows = {batch->shape.series, pass * d->B, d->B};
    MQ_ASSERT(batch->shape.series == network->passes * d->B && batch->shape.context == d->T &&
              batch->shape.horizon == d->H);
    bind_inputs(network, exec, batch, &rows);
    bind_observed(network, exec, batch, &rows);
}

struct mq_loss mq_network_learn(const struct mq_network *network, struct mq_exec *exec,
                                const struct mq_lane *lane)
{
    struct mq_loss sum = {0};
    for (int64_t pass = 0; pass < network->passes; pass++) {
        const bool is_last = pass == network->passes - 1;
        const int64_t place = lane->number * network->passes + pass;
        mq_network_bind(network, exec, lane->batch, pass);
        mq_exec_dropout_address(exec, lane->seed, lane->step, (uint32_t)place);
        const double began_s = mq_span_begin(lane->track);
        mq_exec_learn(exec, lane->loss_scale, pass > 0, is_last ? lane->notify : NULL,
                      lane->context);
        mq_span_end(lane->track, began_s, "pass", pass);
        const struct mq_loss loss = mq_exec_loss(exec);
        sum.loss_sum += loss.loss_sum;
        sum.weight_sum += loss.weight_sum;
    }
    return sum;
}
