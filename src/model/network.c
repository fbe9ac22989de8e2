// From a model's `build` to a planned graph.
#include "mq/model/network.h"

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

mq_status mq_network_init(struct mq_network *network, const struct mq_forecaster *forecaster,
                          const void *options, const struct mq_dims *dims, enum mq_loss_kind loss,
                          struct mq_params *params, enum mq_mode mode)
{
    MQ_ASSERT(forecaster->build != NULL && dims->K >= 1);
    *network = (struct mq_network){.dims = *dims, .past = -1, .observed = {-1, -1, -1, -1, -1}};
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

void mq_network_release(struct mq_network *network)
{
    mq_graph_free(network->graph);
    *network = (struct mq_network){0};
}

void mq_network_bind(const struct mq_network *network, struct mq_exec *exec,
                     const struct mq_batch *batch)
{
    const struct mq_dims *d = &network->dims;
    MQ_ASSERT(batch->shape.series == d->B && batch->shape.context == d->T &&
              batch->shape.horizon == d->H);
    const int64_t dates = d->T + d->H;
    const struct mq_view known = mq_view_of(batch->known, mq_shape3(d->B, dates, d->K));
    mq_exec_bind(exec, network->inputs.history,
                 mq_view_of(batch->history, mq_shape3(d->B, d->T, d->C)));
    mq_exec_bind(exec, network->inputs.known, known);
    mq_exec_bind(exec, network->inputs.known_past, mq_view_slice(known, 1, 0, d->T));
    if (d->N > 0)
        mq_exec_bind(exec, network->inputs.codes, mq_view_of(batch->codes, mq_shape2(d->B, d->N)));
    if (d->R > 0)
        mq_exec_bind(exec, network->inputs.reals, mq_view_of(batch->reals, mq_shape2(d->B, d->R)));
    if (d->E > 0)
        mq_exec_bind(exec, network->inputs.engineered,
                     mq_view_of(batch->engineered, mq_shape3(d->B, d->T, d->E)));
    if (network->inputs.stock >= 0)
        mq_exec_bind(exec, network->inputs.stock, mq_view_of(batch->stock, mq_shape1(d->B)));
    const struct mq_observed *observed = &network->observed;
    const struct mq_shape steps = mq_shape2(d->B, d->T);
    mq_exec_bind(exec, network->inputs.known_next, mq_view_slice(known, 1, 1, d->T));
    mq_exec_bind(exec, network->inputs.address, mq_view_of(batch->address, mq_shape2(d->B, 4)));
    mq_exec_bind(exec, observed->scale, mq_view_of(batch->scale, steps));
    mq_exec_bind(exec, observed->level, mq_view_of(batch->level, steps));
    if (network->past >= 0) {
        const int64_t reach = mq_lags_reach(d->lag, d->J);
        const struct mq_view past = mq_view_of(batch->past, mq_shape2(d->B, batch->reach + d->T));
        mq_exec_bind(exec, network->past,
                     mq_view_slice(past, 1, batch->reach - reach, reach + d->T));
    }
    if (observed->target < 0) return;
    mq_exec_bind(exec, observed->target, mq_view_of(batch->target, mq_shape2(d->B, dates)));
    mq_exec_bind(exec, observed->mask, mq_view_of(batch->mask, mq_shape2(d->B, dates)));
    mq_exec_bind(exec, observed->weight, mq_view_of(batch->weight, steps));
    for (int64_t s = 0; s < d->S; s++) {
        mq_exec_bind(exec, network->total[s].target, mq_batch_total(batch, s));
        mq_exec_bind(exec, network->total[s].mask, mq_batch_total_mask(batch, s));
    }
}
