// Building a graph: values, aliases and nodes in the order of the forward pass.
#include "nn/op.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"

mq_status mq_graph_new(struct mq_graph **graph, struct mq_params *params)
{
    MQ_NEW(*graph, 1);
    (*graph)->params = params;
    return MQ_OK;
}

static void free_node(struct mq_node *node)
{
    mq_free(node->in);
    mq_free(node->param);
    mq_free(node->fork_at);
    mq_free(node->config);
    mq_free(node);
}

void mq_graph_free(struct mq_graph *graph)
{
    if (graph == NULL) return;
    for (int i = 0; i < graph->n_nodes; i++)
        free_node(graph->nodes[i]);
    for (int v = 0; v < graph->n_values; v++)
        mq_free(graph->values[v].name);
    mq_free(graph->nodes);
    mq_free(graph->values);
    mq_free(graph->slots);
    mq_free(graph);
}

// ---- failures ----------------------------------------------------------------------------------

mq_value mq_build_error(struct mq_graph *graph)
{
    if (graph->error.status == MQ_OK) graph->error = *mq_error_get();
    return -1;
}

mq_value mq_build_fail(struct mq_graph *graph, const char *format, ...)
{
    char text[MQ_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)mq_fail(MQ_FAILED, "%s", text);
    return mq_build_error(graph);
}

// ---- values ------------------------------------------------------------------------------------

static mq_value add_value(struct mq_graph *graph, struct mq_tensor value)
{
    if (graph->error.status != MQ_OK) return -1;
    for (int d = 0; d < value.shape.rank; d++) {
        if (value.shape.size[d] < 1)
            return mq_build_fail(graph, "%s: size %lld in dimension %d",
                                 value.name ? value.name : "value", (long long)value.shape.size[d],
                                 d);
    }
    if (graph->n_values == graph->capacity_values) {
        const int capacity = graph->capacity_values ? 2 * graph->capacity_values : 32;
        struct mq_tensor *values = mq_realloc(graph->values, capacity, sizeof *values);
        if (values == NULL) return mq_build_error(graph);
        graph->values = values;
        graph->capacity_values = capacity;
    }
    graph->values[graph->n_values] = value;
    return graph->n_values++;
}

mq_value mq_graph_input(struct mq_graph *graph, const char *name, struct mq_shape shape)
{
    char *copy = mq_strdup(name);
    if (copy == NULL) return mq_build_error(graph);
    const mq_value value = add_value(graph, (struct mq_tensor){.name = copy,
                                                               .shape = shape,
                                                               .node = -1,
                                                               .base = -1,
                                                               .root = graph->n_values,
                                                               .slot = -1,
                                                               .gradient_slot = -1});
    if (value < 0) mq_free(copy);
    return value;
}

mq_value mq_alias_new(struct mq_graph *graph, mq_value base, struct mq_shape shape, int64_t start)
{
    return add_value(graph, (struct mq_tensor){.shape = shape,
                                               .node = -1,
                                               .base = base,
                                               .root = graph->values[base].root,
                                               .start = start,
                                               .slot = -1,
                                               .gradient_slot = -1});
}

void mq_graph_want_gradient(struct mq_graph *graph, mq_value input)
{
    if (input < 0) return;
    MQ_ASSERT(graph->values[input].node < 0 && graph->values[input].base < 0);
    graph->values[input].is_wanted = true;
}

void mq_graph_output(struct mq_graph *graph, mq_value value)
{
    if (value >= 0) graph->values[graph->values[value].root].is_output = true;
}

struct mq_shape mq_graph_shape(const struct mq_graph *graph, mq_value value)
{
    return value >= 0 ? graph->values[value].shape : (struct mq_shape){0};
}

struct mq_shape mq_shape_with_last(struct mq_shape shape, int64_t last)
{
    MQ_ASSERT(shape.rank >= 1);
    shape.size[shape.rank - 1] = last;
    return shape;
}

// ---- nodes -------------------------------------------------------------------------------------

static bool append_node(struct mq_graph *graph, struct mq_node *node)
{
    if (graph->n_nodes == graph->capacity_nodes) {
        const int capacity = graph->capacity_nodes ? 2 * graph->capacity_nodes : 32;
        struct mq_node **nodes = mq_realloc(graph->nodes, capacity, sizeof *nodes);
        if (nodes == NULL) return false;
        graph->nodes = nodes;
        graph->capacity_nodes = capacity;
    }
    graph->nodes[graph->n_nodes++] = node;
    return true;
}

struct mq_node *mq_node_new(struct mq_graph *graph, const struct mq_op *op, const char *name,
                            const mq_value in[], int64_t n_in, size_t config_bytes)
{
    if (graph->error.status != MQ_OK) return NULL;
    MQ_ASSERT(!graph->is_planned && n_in >= 1);
    for (int64_t i = 0; i < n_in; i++) {
        if (in[i] < 0) {
            (void)mq_build_fail(graph, "%s: input %lld is no value", name, (long long)i);
            return NULL;
        }
    }
    struct mq_node *node = mq_calloc(1, sizeof *node);
    if (node) {
        node->op = op;
        node->out = -1;
        node->n_in = mq_to_int(n_in);
        (void)snprintf(node->name, sizeof node->name, "%s", name);
        node->in = mq_calloc(n_in, sizeof *node->in);
        node->config = mq_calloc(1, config_bytes);
    }
    if (node == NULL || node->in == NULL || node->config == NULL || !append_node(graph, node)) {
        (void)mq_build_error(graph);
        if (node) free_node(node);
        return NULL;
    }
    for (int i = 0; i < node->n_in; i++) {
        node->in[i] = (struct mq_edge){.value = in[i], .can_overwrite = true};
    }
    return node;
}

static bool append_param(struct mq_graph *graph, struct mq_node *node, int64_t index)
{
    int64_t *param = mq_realloc(node->param, node->n_params + 1, sizeof *param);
    if (param == NULL) {
        (void)mq_build_error(graph);
        return false;
    }
    node->param = param;
    node->param[node->n_params++] = index;
    return true;
}

bool mq_node_declare(struct mq_graph *graph, struct mq_node *node, const char *suffix,
                     struct mq_shape shape, int64_t fan_in, int64_t fan_out, enum mq_init init)
{
    char name[2 * MQ_PARAM_NAME_MAX];
    (void)snprintf(name, sizeof name, "%s%s%s", node->name, suffix ? "." : "",
                   suffix ? suffix : "");
    const int64_t index = mq_params_declare(graph->params, name, shape, fan_in, fan_out, init);
    if (index < 0) {
        (void)mq_build_error(graph);
        return false;
    }
    return append_param(graph, node, index);
}

void mq_declare(struct mq_graph *graph, const char *name, struct mq_shape shape, int64_t fan_in)
{
    if (graph->error.status != MQ_OK) return;
    const int64_t index = mq_params_declare(graph->params, name, shape, fan_in,
                                            shape.size[shape.rank - 1], MQ_INIT_GLOROT);
    if (index < 0) (void)mq_build_error(graph);
}

bool mq_node_borrow(struct mq_graph *graph, struct mq_node *node, const char *name)
{
    const int64_t index = mq_params_find(graph->params, name);
    if (index < 0) {
        (void)mq_build_fail(graph, "%s: no parameter %s", node->name, name);
        return false;
    }
    return append_param(graph, node, index);
}

bool mq_node_fork(struct mq_graph *graph, struct mq_node *node, struct mq_forks forks, int64_t T)
{
    if (forks.at == NULL && forks.n != T) {
        (void)mq_build_fail(graph, "%s: all forks are %lld, not %lld", node->name, (long long)T,
                            (long long)forks.n);
        return false;
    }
    for (int64_t f = 0; forks.at && f < forks.n; f++) {
        const int64_t least = f > 0 ? forks.at[f - 1] + 1 : 0;
        if (forks.at[f] < least || forks.at[f] >= T) {
            (void)mq_build_fail(graph, "%s: fork %lld at step %lld is not in [%lld, %lld)",
                                node->name, (long long)f, (long long)forks.at[f], (long long)least,
                                (long long)T);
            return false;
        }
    }
    node->n_forks = forks.n;
    if (forks.at == NULL) return true;
    node->fork_at = mq_calloc(forks.n, sizeof *node->fork_at);
    if (node->fork_at == NULL) {
        (void)mq_build_error(graph);
        return false;
    }
    memcpy(node->fork_at, forks.at, (size_t)forks.n * sizeof *node->fork_at);
    return true;
}

void mq_node_keep(struct mq_node *node, enum mq_lifetime lifetime, int64_t train_count,
                  int64_t infer_count)
{
    MQ_ASSERT(node->n_buffers < MQ_NODE_BUFFERS_MAX);
    node->buffer[node->n_buffers++] = (struct mq_buffer){
        .lifetime = lifetime, .train_count = train_count, .infer_count = infer_count, .slot = -1};
}

void mq_node_keep_by_fork(struct mq_node *node, enum mq_lifetime lifetime, int64_t count)
{
    mq_node_keep(node, lifetime, count, count);
    node->buffer[node->n_buffers - 1].is_by_fork = true;
}

void mq_node_activates(struct mq_node *node, enum mq_activation activation)
{
    node->is_output_read = activation != MQ_LINEAR;
    node->is_relu = activation == MQ_RELU;
}

mq_value mq_node_yields(struct mq_graph *graph, struct mq_node *node, struct mq_shape shape)
{
    node->out = add_value(graph, (struct mq_tensor){.shape = shape,
                                                    .node = graph->n_nodes - 1,
                                                    .base = -1,
                                                    .root = graph->n_values,
                                                    .slot = -1,
                                                    .gradient_slot = -1});
    return node->out;
}

// ---- what a graph costs
// --------------------------------------------------------------------------

int64_t mq_graph_workspace_bytes(const struct mq_graph *graph)
{
    return graph->workspace_count * (int64_t)sizeof(mq_real);
}

int64_t mq_graph_unplanned_bytes(const struct mq_graph *graph)
{
    return graph->unplanned_count * (int64_t)sizeof(mq_real);
}

static double backward_flops(const struct mq_node *node)
{
    if (!node->has_backward) return 0;
    double flops = node->backward_flops;
    for (int i = 0; i < node->n_in; i++) {
        if (node->in[i].needs_gradient) flops += node->in[i].flops;
    }
    return flops;
}

double mq_graph_forward_flops(const struct mq_graph *graph)
{
    double flops = 0;
    for (int i = 0; i < graph->n_nodes; i++)
        flops += graph->nodes[i]->forward_flops;
    return flops;
}

double mq_graph_train_flops(const struct mq_graph *graph)
{
    double flops = mq_graph_forward_flops(graph);
    for (int i = 0; i < graph->n_nodes; i++)
        flops += backward_flops(graph->nodes[i]);
    return flops;
}

int64_t mq_graph_nodes(const struct mq_graph *graph)
{
    return graph->n_nodes;
}

bool mq_graph_is_recurrent(const struct mq_graph *graph)
{
    for (int i = 0; i < graph->n_nodes; i++)
        if (graph->nodes[i]->is_recurrent) return true;
    return false;
}

struct mq_layer mq_graph_layer(const struct mq_graph *graph, int64_t i)
{
    const struct mq_node *node = graph->nodes[i];
    struct mq_layer layer = {.name = node->name,
                             .op = node->op->name,
                             .shape = mq_graph_shape(graph, node->out),
                             .forward_flops = node->forward_flops,
                             .backward_flops = graph->mode == MQ_TRAIN ? backward_flops(node) : 0};
    for (int p = 0; p < node->n_params; p++)
        layer.parameters += mq_shape_count(graph->params->table[node->param[p]].shape);
    return layer;
}
