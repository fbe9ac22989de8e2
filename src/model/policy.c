// A policy that orders, trained through the replay of stock: DirectBackprop. Madeka, Torkkola,
// Eisenach, Luo, Foster, Kakade 2022, "Deep Inventory Management", arXiv 2210.03137. Demand, prices and
// delays do not depend on what is ordered, so what is known of them is encoded for all periods at
// once; the rest is one network, asked period by period. Sizes are not published; ours.
#include "mq/model/orders.h"

#include "model/blocks.h"
#include "mq/data/prices.h"

struct options {
    struct mq_convolution_sizes encoder;
    int64_t statics;
    int64_t joint;
    int64_t context;
    int64_t hidden;
    int64_t layers;
    bool is_whole;
};

// What ordering looks at and no order changes: c_t, as the first layer of the network maps it.
static mq_value contexts(struct mq_graph *g, const struct mq_dims *dims,
                         const struct options *options, const struct mq_inputs *in)
{
    const mq_value e = mq_block_statics(g, dims, in, options->statics);
    const mq_value steps = options->encoder.levels > 0
                               ? mq_block_convolutions(g, in, options->encoder)
                               : in->known_next;
    const struct mq_state h = {mq_pick(g, steps, dims->forks), e};
    const mq_value c =
        mq_block_global(g, dims, in, h, dims->forks, options->joint, options->context);
    return mq_linear(g, "policy.context", c, options->hidden, MQ_LINEAR);
}

static struct mq_rollout sizes_of(const struct mq_dims *dims, const struct options *options)
{
    const struct mq_inventory_settings *inventory = dims->inventory;
    struct mq_stock_prices prices;
    (void)mq_prices_numbers(inventory, &prices); // suits saw to that
    return (struct mq_rollout){
        .hidden = options->hidden,
        .layers = options->layers,
        .lead = inventory->lead,
        .delay = inventory->delays.value,
        .n_delays = inventory->delays.n,
        .review = inventory->review,
        .first_review = dims->first_review,
        .is_lost = inventory->unmet == MQ_UNMET_LOST,
        .is_whole = options->is_whole,
        .prices = prices,
        .initial = mq_inventory_initial(inventory),
        .warmup = inventory->warmup,
        .seed = dims->seed,
    };
}

static struct mq_rollout_inputs inputs_of(struct mq_graph *g, const struct mq_dims *dims,
                                          const struct options *options, const struct mq_inputs *in,
                                          const struct mq_observed *observed)
{
    return (struct mq_rollout_inputs){.base = contexts(g, dims, options, in),
                                      .target = observed->target,
                                      .mask = observed->mask,
                                      .scale = observed->scale,
                                      .level = observed->level,
                                      .weight = observed->weight,
                                      .address = in->address,
                                      .stock = in->stock};
}

static struct mq_outputs build(struct mq_graph *g, const struct mq_dims *dims, const void *options,
                               const struct mq_inputs *in)
{
    const struct mq_rollout sizes = sizes_of(dims, options);
    return (struct mq_outputs){.yhat = mq_rollout(g, "policy",
                                                  inputs_of(g, dims, options, in, in->replayed),
                                                  dims->forks, &sizes)};
}

static void build_loss(struct mq_graph *g, const struct mq_dims *dims, const void *options,
                       const struct mq_inputs *in, const struct mq_observed *observed)
{
    const struct mq_rollout sizes = sizes_of(dims, options);
    mq_rollout_cost(g, "policy", inputs_of(g, dims, options, in, observed), dims->forks, &sizes);
}

static int64_t reach(const void *values)
{
    const struct options *options = values;
    return options->encoder.levels > 0 ? mq_block_convolutions_reach(options->encoder) : 1;
}

static mq_status suits(const struct mq_model *model)
{
    const struct mq_inventory_settings *inventory = &model->experiment.inventory;
    const int64_t context = model->experiment.data.context;
    struct mq_stock_prices prices;
    const char *wrong = mq_prices_numbers(inventory, &prices);
    if (wrong != NULL) {
        (void)mq_fail(MQ_USAGE, "inventory.%s: is not a number of 0 or more", wrong);
        return mq_hint("a policy learns from one price for all products and periods");
    }
    if (!model->features.is_nonnegative) {
        (void)mq_fail(MQ_USAGE, "model.type: policy, but some targets are negative");
        return mq_hint("stock meets demand of 0 or more: mend the panel");
    }
    if (model->features.transform != MQ_TRANSFORM_NONE) {
        (void)mq_fail(MQ_USAGE, "model.type: policy, but data.transform is not none");
        return mq_hint("stock meets demand as it is: data.transform: none");
    }
    if (inventory->warmup >= context) {
        (void)mq_fail(MQ_USAGE, "inventory.warmup: %lld of a window's %lld periods leave none",
                      (long long)inventory->warmup, (long long)context);
        return mq_hint("raise data.context, the periods that are replayed while training");
    }
    return MQ_OK;
}

// clang-format off
#define AT(field) offsetof(struct options, field)
static const struct mq_setting settings[] = {
    {"channels", MQ_INT, AT(encoder.channels), "32", 1, 4096, NULL, "", "width of each convolution"},
    {"dilations", MQ_INT, AT(encoder.levels), "6", 0, 16, NULL, "", "convolutions over the past, with dilations 1, 2, 4, ...; 0: none, for demand without memory"},
    {"kernel", MQ_INT, AT(encoder.kernel), "2", 1, 64, NULL, "", "steps each convolution joins"},
    {"static_size", MQ_INT, AT(statics), "8", 1, 1024, NULL, "", "width of the static encoding"},
    {"joint", MQ_INT, AT(joint), "32", 1, 4096, NULL, "", "hidden width where the past meets what is known ahead"},
    {"context_size", MQ_INT, AT(context), "16", 1, 1024, NULL, "", "numbers that ordering sees of both"},
    {"hidden", MQ_INT, AT(hidden), "32", 1, 4096, NULL, "", "width of each layer that sees stock"},
    {"layers", MQ_INT, AT(layers), "2", 1, 8, NULL, "", "such layers"},
    {"whole", MQ_BOOL, AT(is_whole), "false", 0, 0, NULL, "", "orders are rounded to whole units when the policy is used"},
};
// clang-format on

const struct mq_forecaster mq_model_policy = {
    .name = "policy",
    .summary = "orders, not forecasts: convolutions and stock to an order, trained on its cost",
    .source = "Madeka et al. 2022, arXiv 2210.03137",
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
    .options_bytes = sizeof(struct options),
    .build = build,
    .build_loss = build_loss,
    .is_policy = true,
    .suits = suits,
    .reach = reach,
};
