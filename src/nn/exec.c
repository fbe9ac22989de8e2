// Executing a planned graph: one workspace, forward, backward with watermarks.
#include "nn/op.h"

#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/clock.h"
#include "mq/tensor/runs.h"

static mq_real *slot_data(const struct mq_exec *exec, int slot)
{
    return exec->workspace + exec->graph->slots[slot].offset;
}

// How an alias looks at its base: the columns it begins at, then its own shape over the base's
// leading strides.
static struct mq_view alias_view(const struct mq_tensor *alias, struct mq_view base)
{
    struct mq_view view = mq_view_of(base.data + alias->start, alias->shape);
    for (int d = 0; d < base.rank - 1; d++)
        view.stride[d] = base.stride[d];
    return view;
}

static void place_views(struct mq_exec *exec)
{
    for (mq_value v = 0; v < exec->graph->n_values; v++) {
        const struct mq_tensor *value = &exec->graph->values[v];
        if (value->slot >= 0) {
            exec->value[v] = mq_view_of(slot_data(exec, value->slot), value->shape);
        }
        if (value->gradient_slot >= 0) {
            exec->gradient[v] = mq_view_of(slot_data(exec, value->gradient_slot), value->shape);
        }
        if (value->base < 0) continue;
        if (exec->value[value->base].data) {
            exec->value[v] = alias_view(value, exec->value[value->base]);
        }
        if (exec->gradient[value->base].data) {
            exec->gradient[v] = alias_view(value, exec->gradient[value->base]);
        }
    }
}

static int most_inputs(const struct mq_graph *graph)
{
    int most = 0;
    for (int i = 0; i < graph->n_nodes; i++) {
        if (graph->nodes[i]->n_in > most) most = graph->nodes[i]->n_in;
    }
    return most;
}

static mq_status init_exec(struct mq_exec *exec)
{
    const struct mq_graph *graph = exec->graph;
    MQ_NEW(exec->workspace, graph->workspace_count);
    if (graph->mode == MQ_TRAIN) MQ_NEW(exec->gradients, graph->params->count);
    MQ_NEW(exec->value, graph->n_values);
    MQ_NEW(exec->gradient, graph->n_values);
    MQ_NEW(exec->is_written, graph->n_values);
    MQ_NEW(exec->beta, most_inputs(graph));
    place_views(exec);
    return MQ_OK;
}

mq_status mq_exec_new(struct mq_exec **exec, const struct mq_graph *graph)
{
    MQ_ASSERT(graph->is_planned);
    MQ_NEW(*exec, 1);
    (*exec)->graph = graph;
    const mq_status status = init_exec(*exec);
    if (status != MQ_OK) {
        mq_exec_free(*exec);
        *exec = NULL;
        return mq_frame(status, __func__);
    }
    return MQ_OK;
}

void mq_exec_free(struct mq_exec *exec)
{
    if (exec == NULL) return;
    mq_free(exec->workspace);
    mq_free(exec->gradients);
    mq_free(exec->value);
    mq_free(exec->gradient);
    mq_free(exec->is_written);
    mq_free(exec->beta);
    mq_free(exec);
}

void mq_exec_bind(struct mq_exec *exec, mq_value input, struct mq_view view)
{
    const struct mq_tensor *value = &exec->graph->values[input];
    MQ_ASSERT(value->node < 0 && value->base < 0);
    MQ_ASSERT(mq_shape_equal(mq_view_shape(view), value->shape));
    MQ_ASSERT(view.stride[view.rank - 1] == 1 || view.size[view.rank - 1] == 1);
    exec->value[input] = view;
    for (mq_value v = input + 1; v < exec->graph->n_values; v++) {
        const struct mq_tensor *alias = &exec->graph->values[v];
        if (alias->base >= 0 && alias->root == input) {
            exec->value[v] = alias_view(alias, exec->value[alias->base]);
        }
    }
}

struct mq_view mq_exec_value(const struct mq_exec *exec, mq_value value)
{
    MQ_ASSERT(!exec->graph->values[exec->graph->values[value].root].is_near);
    return exec->value[value];
}

struct mq_view mq_exec_input_gradient(const struct mq_exec *exec, mq_value input)
{
    const bool is_wanted = exec->graph->values[input].is_wanted;
    return is_wanted ? exec->gradient[input] : (struct mq_view){0};
}

const mq_real *mq_exec_gradients(const struct mq_exec *exec)
{
    return exec->gradients;
}

struct mq_loss mq_exec_loss(const struct mq_exec *exec)
{
    return exec->loss;
}

void mq_exec_dropout_address(struct mq_exec *exec, uint64_t seed, uint64_t step, uint32_t lane)
{
    exec->dropout_seed = seed;
    exec->dropout_step = step;
    exec->dropout_lane = lane;
}

void mq_exec_trace(struct mq_exec *exec, struct mq_trace *trace)
{
    exec->trace = trace;
}

// A span of time begins; without a trace nobody looks at the clock.
static double begin_span(const struct mq_exec *exec)
{
    return exec->trace ? mq_clock_s() : 0;
}

// In the tail, which is one span, times of the pieces are added up alone.
static void end_span(const struct mq_exec *exec, double began, double *total, const char *name)
{
    *total += mq_clock_s() - began;
    if (exec->piece.n == 0) mq_span_end(exec->trace->track, began, name, -1);
}

static void run_forward(struct mq_exec *exec, int i)
{
    const struct mq_node *node = exec->graph->nodes[i];
    const double began = begin_span(exec);
    node->op->forward(exec, node);
    if (exec->trace) end_span(exec, began, &exec->trace->node[i].forward_s, node->name);
}

static void run_forward_tail(struct mq_exec *exec)
{
    for (int i = exec->graph->tail.begin; i < exec->graph->n_nodes; i++)
        run_forward(exec, i);
}

// Up to the tail.
static void run_forward_trunk(struct mq_exec *exec)
{
    MQ_ASSERT(exec->graph->params->values != NULL || exec->graph->params->count == 0);
    exec->loss = (struct mq_loss){0};
    for (int i = 0; i < exec->graph->tail.begin; i++)
        run_forward(exec, i);
    if (exec->trace) exec->trace->forwards++;
}

void mq_exec_forward(struct mq_exec *exec)
{
    exec->adds = false;
    run_forward_trunk(exec);
    while (mq_piece_next(exec))
        run_forward_tail(exec);
    exec->is_forward_done = true;
}

// ---- backward
// ------------------------------------------------------------------------------------

// The gradient of a value that has memory, or its columns in that of the one it is a part of: what is
// at hand of it.
static void clear_gradient_of(struct mq_exec *exec, mq_value v, bool is_by_fork)
{
    mq_view_clear(mq_at_hand(exec, v, is_by_fork, exec->gradient[v]));
    exec->is_written[v] = exec->is_written[exec->graph->values[v].root] = true;
}

static void clear_gradients(struct mq_exec *exec)
{
    MQ_ASSERT(exec->graph->mode == MQ_TRAIN);
    memset(exec->gradients, 0, (size_t)exec->graph->params->count * sizeof *exec->gradients);
}

static void begin_backward(struct mq_exec *exec)
{
    const struct mq_graph *graph = exec->graph;
    exec->is_forward_done = false;
    memset(exec->is_written, 0, (size_t)graph->n_values * sizeof *exec->is_written);
}

// The first contribution to a gradient overwrites where the op can and it covers all of it;
// otherwise the gradient starts from zero.
static void prepare_inputs(struct mq_exec *exec, const struct mq_node *node)
{
    for (int i = 0; i < node->n_in; i++) {
        const struct mq_edge *edge = &node->in[i];
        exec->beta[i] = 1;
        if (!edge->needs_gradient) continue;
        const struct mq_tensor *value = &exec->graph->values[edge->value];
        const mq_value whole = value->is_part ? edge->value : value->root;
        if (exec->is_written[whole]) continue;
        const int64_t count = mq_shape_count(exec->graph->values[whole].shape);
        if (edge->can_overwrite && mq_shape_count(value->shape) == count) {
            exec->beta[i] = 0;
            exec->is_written[whole] = exec->is_written[value->root] = true;
        } else {
            clear_gradient_of(exec, whole, edge->is_by_fork);
        }
    }
}

// Parts that nobody contributed to, where others were.
static void clear_rest(struct mq_exec *exec, mq_value parted)
{
    for (mq_value v = parted + 1; v < exec->graph->n_values; v++) {
        const struct mq_tensor *value = &exec->graph->values[v];
        if (value->is_part && value->root == parted && !exec->is_written[v])
            clear_gradient_of(exec, v, true);
    }
}

// A node whose output nobody contributed to has a zero gradient: nothing to pass on.
static void run_node_back(struct mq_exec *exec, const struct mq_node *node)
{
    if (!node->has_backward || (node->out >= 0 && !exec->is_written[node->out])) return;
    if (node->out >= 0 && exec->graph->values[node->out].is_parted) clear_rest(exec, node->out);
    prepare_inputs(exec, node);
    node->op->backward(exec, node);
}

static void run_backward(struct mq_exec *exec, int i)
{
    const struct mq_node *node = exec->graph->nodes[i];
    const double began = begin_span(exec);
    run_node_back(exec, node);
    if (exec->trace) end_span(exec, began, &exec->trace->node[i].backward_s, node->name);
}

// Another piece has other forks of the gradients that nodes of the tail contribute to, or even other
// series: nothing was written there.
static void forget_written(struct mq_exec *exec)
{
    const struct mq_graph *graph = exec->graph;
    for (int i = graph->tail.begin; i < graph->n_nodes; i++) {
        const struct mq_node *node = graph->nodes[i];
        for (int e = 0; e < node->n_in; e++) {
            const mq_value value = node->in[e].value;
            if (!node->in[e].is_by_fork && exec->piece.first > 0) continue;
            exec->is_written[value] = exec->is_written[graph->values[value].root] = false;
        }
    }
}

// Forward and back, piece by piece.
static void run_tail(struct mq_exec *exec)
{
    if (exec->graph->tail.begin == exec->graph->n_nodes) return;
    const double began = begin_span(exec);
    while (mq_piece_next(exec)) {
        forget_written(exec);
        run_forward_tail(exec);
        for (int i = exec->graph->n_nodes - 1; i >= exec->graph->tail.begin; i--)
            run_backward(exec, i);
    }
    if (exec->trace) mq_span_end(exec->trace->track, began, "tail", -1);
}

static void end_backward(struct mq_exec *exec)
{
    for (mq_value v = 0; v < exec->graph->n_values; v++) {
        if (exec->graph->values[v].is_wanted && !exec->is_written[v])
            clear_gradient_of(exec, v, true);
    }
}

static void tell(struct mq_exec *exec, int64_t watermark, mq_watermark *notify, void *context)
{
    if (notify == NULL) return;
    const double began = begin_span(exec);
    notify(context, exec->gradients, watermark);
    if (exec->trace) end_span(exec, began, &exec->trace->notify_s, "gradients");
}

// The tail forward and back, the trunk back.
static void go_back(struct mq_exec *exec, double loss_scale, mq_watermark *notify, void *context)
{
    const struct mq_graph *graph = exec->graph;
    const int begin = graph->tail.begin;
    int64_t watermark = graph->params->count;
    begin_backward(exec);
    exec->loss_scale = loss_scale;
    run_tail(exec);
    for (int i = begin < graph->n_nodes ? begin : begin - 1; i >= 0; i--) {
        if (i < begin) run_backward(exec, i);
        if (graph->nodes[i]->watermark >= watermark) continue;
        watermark = graph->nodes[i]->watermark;
        tell(exec, watermark, notify, context);
    }
    if (watermark > 0) tell(exec, 0, notify, context);
    end_backward(exec);
}

void mq_exec_learn(struct mq_exec *exec, double loss_scale, bool adds, mq_watermark *notify,
                   void *context)
{
    exec->adds = adds;
    if (!adds) clear_gradients(exec);
    run_forward_trunk(exec);
    go_back(exec, loss_scale, notify, context);
}

void mq_exec_backward(struct mq_exec *exec, double loss_scale)
{
    const bool has_tail = exec->graph->tail.begin < exec->graph->n_nodes;
    MQ_ASSERT(exec->is_forward_done);
    exec->adds = false;
    clear_gradients(exec);
    if (has_tail) exec->loss = (struct mq_loss){0}; // all losses are in it, and are found again
    go_back(exec, loss_scale, NULL, NULL);
}

void mq_exec_backward_from(struct mq_exec *exec, mq_value output, struct mq_view doutput)
{
    const struct mq_graph *graph = exec->graph;
    const mq_value root = graph->values[output].root;
    MQ_ASSERT(exec->is_forward_done && exec->gradient[output].data != NULL);
    MQ_ASSERT(graph->values[root].node < graph->tail.begin);
    exec->adds = false;
    MQ_ASSERT(graph->values[root].is_output || graph->values[root].is_wanted);
    clear_gradients(exec);
    begin_backward(exec);
    exec->loss_scale = 0; // losses below the output have no say
    clear_gradient_of(exec, root, true);
    mq_view_put(doutput, 0, exec->gradient[output]);
    for (int i = graph->values[root].node; i >= 0; i--)
        run_node_back(exec, graph->nodes[i]);
    end_backward(exec);
}
