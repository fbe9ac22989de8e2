// Planning: who needs a gradient, how long each array lives, and where it lies.
//
// Time runs over 2N steps: forward of node i at step i, its backward at step 2N-1-i. Step 2N is the
// caller, who reads outputs and input gradients.
#include "nn/op.h"

#include <stdlib.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"

// ---- who needs a gradient
// ------------------------------------------------------------------------

// A value needs a gradient when a parameter or a wanted input lies upstream.
static void find_gradients(struct mq_graph *graph)
{
    for (int v = 0; v < graph->n_values; v++) {
        struct mq_tensor *value = &graph->values[v];
        value->needs_gradient = value->is_wanted;
        if (value->base >= 0) value->needs_gradient = graph->values[value->base].needs_gradient;
        if (value->node < 0) continue;
        struct mq_node *node = graph->nodes[value->node];
        value->needs_gradient = node->n_params > 0;
        for (int i = 0; i < node->n_in; i++) {
            if (graph->values[node->in[i].value].needs_gradient) value->needs_gradient = true;
        }
    }
    for (int i = 0; i < graph->n_nodes; i++) {
        struct mq_node *node = graph->nodes[i];
        node->has_backward = node->n_params > 0;
        for (int e = 0; e < node->n_in; e++) {
            node->in[e].needs_gradient = graph->values[node->in[e].value].needs_gradient;
            if (node->in[e].needs_gradient) node->has_backward = true;
        }
    }
}

// How many columns of its base an alias looks at; 0 when it is not some columns of all rows.
static int64_t columns_of(const struct mq_graph *graph, const struct mq_tensor *alias)
{
    const struct mq_shape base = graph->values[alias->base].shape;
    int64_t columns = 1;
    for (int d = 0; d < alias->shape.rank; d++) {
        if (d < base.rank - 1 && alias->shape.size[d] != base.size[d]) return 0;
        if (d >= base.rank - 1) columns *= alias->shape.size[d];
    }
    return columns;
}

static bool are_apart(const struct mq_graph *graph, const struct mq_tensor *a,
                      const struct mq_tensor *b)
{
    return a->start + columns_of(graph, a) <= b->start ||
           b->start + columns_of(graph, b) <= a->start;
}

// Whether nodes use a value through aliases alone, which share out its columns.
static bool is_parted(const struct mq_graph *graph, mq_value v, const bool is_used[])
{
    const struct mq_tensor *value = &graph->values[v];
    if (value->base >= 0 || value->is_output || value->is_wanted || is_used[v]) return false;
    int64_t left = value->shape.rank > 0 ? value->shape.size[value->shape.rank - 1] : 0;
    for (mq_value a = v + 1; a < graph->n_values; a++) {
        const struct mq_tensor *alias = &graph->values[a];
        if (alias->base < 0 || alias->root != v || !is_used[a]) continue;
        if (alias->base != v || columns_of(graph, alias) == 0) return false;
        for (mq_value b = v + 1; b < a; b++) {
            const struct mq_tensor *other = &graph->values[b];
            if (other->base == v && is_used[b] && !are_apart(graph, alias, other)) return false;
        }
        left -= columns_of(graph, alias);
    }
    return left == 0;
}

// Parts of a value that no other use touches are written first by whoever uses them, not cleared.
static mq_status find_parts(struct mq_graph *graph)
{
    bool *is_used = NULL;
    MQ_NEW(is_used, graph->n_values);
    for (int i = 0; i < graph->n_nodes; i++) {
        for (int e = 0; e < graph->nodes[i]->n_in; e++)
            is_used[graph->nodes[i]->in[e].value] = true;
    }
    for (mq_value v = 0; v < graph->n_values; v++)
        graph->values[v].is_parted = is_parted(graph, v, is_used);
    for (mq_value v = 0; v < graph->n_values; v++) {
        const mq_value base = graph->values[v].base;
        graph->values[v].is_part = base >= 0 && is_used[v] && graph->values[base].is_parted;
    }
    mq_free(is_used);
    return MQ_OK;
}

static struct mq_node *maker_of(const struct mq_graph *graph, const struct mq_edge *edge)
{
    const int maker = graph->values[graph->values[edge->value].root].node;
    return maker >= 0 ? graph->nodes[maker] : NULL;
}

// A ReLU goes back where its output's gradient is made, if that can be done everywhere: the loops that
// make it have the output at hand.
static void find_rectified(struct mq_graph *graph)
{
    for (int v = 0; v < graph->n_values; v++) {
        const struct mq_tensor *value = &graph->values[v];
        if (value->node < 0) continue;
        struct mq_node *node = graph->nodes[value->node];
        node->is_rectified = node->is_relu && !value->is_output && !value->is_wanted;
    }
    for (int i = 0; i < graph->n_nodes; i++) {
        for (int e = 0; e < graph->nodes[i]->n_in; e++) {
            struct mq_node *maker = maker_of(graph, &graph->nodes[i]->in[e]);
            if (maker && !graph->nodes[i]->in[e].can_rectify) maker->is_rectified = false;
        }
    }
    for (int i = 0; i < graph->n_nodes; i++) {
        for (int e = 0; e < graph->nodes[i]->n_in; e++) {
            const struct mq_node *maker = maker_of(graph, &graph->nodes[i]->in[e]);
            graph->nodes[i]->in[e].rectifies = maker && maker->is_rectified;
        }
    }
}

// After the backward of node i, the parameters of nodes below it are pending still.
static void find_watermarks(struct mq_graph *graph)
{
    int64_t pending_end = 0;
    for (int i = 0; i < graph->n_nodes; i++) {
        struct mq_node *node = graph->nodes[i];
        node->watermark = pending_end;
        for (int p = 0; p < node->n_params; p++) {
            const struct mq_param *param = &graph->params->table[node->param[p]];
            pending_end = mq_max_i64(pending_end, param->offset + mq_shape_count(param->shape));
        }
    }
}

// ---- lifetimes
// -----------------------------------------------------------------------------------

static int backward_step(const struct mq_graph *graph, int node)
{
    return 2 * graph->n_nodes - 1 - node;
}

// Pieces go through the tail again and again: what one of its steps uses lives as long as all of them.
static void stretch_over_tail(const struct mq_graph *graph, struct mq_slot *slot)
{
    const int first = graph->tail.begin, n = graph->n_nodes;
    const int last = graph->mode == MQ_TRAIN ? backward_step(graph, first) : n - 1;
    if (first == n || slot->end < first || slot->begin > last) return;
    if (slot->begin > first) slot->begin = first;
    if (slot->end < last) slot->end = last;
}

static mq_status add_slot(struct mq_graph *graph, int64_t count, int begin, int end, int *slot)
{
    if (graph->n_slots == graph->capacity_slots) {
        const int capacity = graph->capacity_slots ? 2 * graph->capacity_slots : 64;
        struct mq_slot *slots = mq_realloc(graph->slots, capacity, sizeof *slots);
        if (slots == NULL) return MQ_FAILED;
        graph->slots = slots;
        graph->capacity_slots = capacity;
    }
    graph->slots[graph->n_slots] = (struct mq_slot){.count = count, .begin = begin, .end = end};
    stretch_over_tail(graph, &graph->slots[graph->n_slots]);
    *slot = graph->n_slots++;
    return MQ_OK;
}

// First and last step at which a value or, with `gradient`, its gradient is in use by a consumer.
struct uses {
    int last_read;
    int first_contribution;
};

static void find_uses(const struct mq_graph *graph, struct uses uses[])
{
    for (int v = 0; v < graph->n_values; v++) {
        uses[v] = (struct uses){.last_read = -1, .first_contribution = 2 * graph->n_nodes};
    }
    for (int i = 0; i < graph->n_nodes; i++) {
        const struct mq_node *node = graph->nodes[i];
        const int back = backward_step(graph, i);
        for (int e = 0; e < node->n_in; e++) {
            const struct mq_edge *edge = &node->in[e];
            struct uses *use = &uses[graph->values[edge->value].root];
            const bool is_read_back =
                graph->mode == MQ_TRAIN && node->has_backward && edge->is_read_back;
            use->last_read = is_read_back && use->last_read < back ? back : use->last_read;
            use->last_read = use->last_read < i ? i : use->last_read;
            if (edge->needs_gradient && back < use->first_contribution) {
                use->first_contribution = back;
            }
        }
    }
}

static mq_status plan_value(struct mq_graph *graph, mq_value v, const struct uses *use)
{
    struct mq_tensor *value = &graph->values[v];
    const int64_t all = mq_shape_count(value->shape);
    const int64_t count = value->is_near ? mq_tail_count(graph, all) : all;
    const int end_of_time = 2 * graph->n_nodes;
    value->slot = value->gradient_slot = -1;
    if (value->base >= 0) return MQ_OK;
    const int i = value->node;
    if (i >= 0) {
        const struct mq_node *node = graph->nodes[i];
        int end = use->last_read > i ? use->last_read : i;
        const bool is_read_back = graph->mode == MQ_TRAIN && node->has_backward &&
                                  node->is_output_read && !node->is_rectified;
        if (is_read_back && backward_step(graph, i) > end) end = backward_step(graph, i);
        if (value->is_output) end = end_of_time;
        MQ_TRY(add_slot(graph, count, i, end, &value->slot));
    }
    if (graph->mode != MQ_TRAIN || !value->needs_gradient) return MQ_OK;
    const bool is_seed = value->is_output || value->is_wanted; // the caller may write or read it
    if (!is_seed && use->first_contribution == end_of_time) return MQ_OK;
    return add_slot(graph, count, is_seed ? graph->n_nodes : use->first_contribution,
                    i >= 0 ? backward_step(graph, i) : end_of_time, &value->gradient_slot);
}

static mq_status plan_buffers(struct mq_graph *graph, int i)
{
    struct mq_node *node = graph->nodes[i];
    const int back = backward_step(graph, i), end_of_time = 2 * graph->n_nodes;
    const bool is_training = graph->mode == MQ_TRAIN;
    for (int b = 0; b < node->n_buffers; b++) {
        struct mq_buffer *buffer = &node->buffer[b];
        const int64_t all = is_training ? buffer->train_count : buffer->infer_count;
        const bool is_near = buffer->is_by_fork && i >= graph->tail.begin;
        const int64_t count = is_near ? mq_tail_count(graph, all) : all;
        switch (buffer->lifetime) {
        case MQ_KEPT:
            MQ_TRY(add_slot(graph, count, i, is_training ? back : i, &buffer->slot));
            break;
        case MQ_SCRATCH:
            MQ_TRY(add_slot(graph, count, i, i, &buffer->slot));
            break;
        case MQ_SCRATCH_BACK:
            if (is_training) MQ_TRY(add_slot(graph, count, back, back, &buffer->slot));
            break;
        case MQ_LASTING:
            if (is_training) MQ_TRY(add_slot(graph, count, 0, end_of_time, &buffer->slot));
            break;
        }
    }
    return MQ_OK;
}

static mq_status find_lifetimes(struct mq_graph *graph)
{
    mq_status status = MQ_OK;
    struct uses *uses = NULL;
    MQ_NEW_DO(uses, graph->n_values);
    find_uses(graph, uses);
    for (mq_value v = 0; v < graph->n_values; v++)
        MQ_DO(plan_value(graph, v, &uses[v]));
    for (int i = 0; i < graph->n_nodes; i++)
        MQ_DO(plan_buffers(graph, i));
done:
    mq_free(uses);
    return status;
}

// ---- places
// --------------------------------------------------------------------------------------

// Slots begin on cache lines.
static int64_t slot_cost(const struct mq_slot *slot)
{
    return mq_round_up(slot->count, MQ_LINE);
}

static int by_size(const void *left, const void *right)
{
    const struct mq_slot *a = *(const struct mq_slot *const *)left;
    const struct mq_slot *b = *(const struct mq_slot *const *)right;
    if (a->count != b->count) return a->count > b->count ? -1 : 1;
    return a < b ? -1 : a > b;
}

static int by_offset(const void *left, const void *right)
{
    const struct mq_slot *a = *(const struct mq_slot *const *)left;
    const struct mq_slot *b = *(const struct mq_slot *const *)right;
    if (a->offset != b->offset) return a->offset < b->offset ? -1 : 1;
    return a < b ? -1 : a > b;
}

// The lowest gap between the placed slots that are alive with this one. `placed` is by offset.
static int64_t lowest_gap(const struct mq_slot *slot, struct mq_slot *const placed[], int n)
{
    int64_t offset = 0;
    for (int i = 0; i < n; i++) {
        const struct mq_slot *other = placed[i];
        if (other->end < slot->begin || slot->end < other->begin) continue;
        if (offset + slot_cost(slot) <= other->offset) break;
        offset = mq_max_i64(offset, other->offset + slot_cost(other));
    }
    return offset;
}

// Greedy by size: large slots choose first, each takes the lowest place that is free throughout
// its life.
static mq_status place_slots(struct mq_graph *graph)
{
    struct mq_slot **order = NULL;
    MQ_NEW(order, graph->n_slots);
    for (int i = 0; i < graph->n_slots; i++)
        order[i] = &graph->slots[i];
    qsort(order, (size_t)graph->n_slots, sizeof *order, by_size);
    graph->workspace_count = graph->unplanned_count = 0;
    for (int i = 0; i < graph->n_slots; i++) {
        struct mq_slot *slot = order[i];
        slot->offset = graph->is_reuse_off ? graph->unplanned_count : lowest_gap(slot, order, i);
        graph->unplanned_count += slot_cost(slot);
        graph->workspace_count = mq_max_i64(graph->workspace_count, slot->offset + slot_cost(slot));
        qsort(order, (size_t)i + 1, sizeof *order, by_offset);
    }
    mq_free(order);
    return MQ_OK;
}

mq_status mq_graph_plan(struct mq_graph *graph, enum mq_mode mode)
{
    if (graph->error.status != MQ_OK) {
        mq_error_set(&graph->error);
        return mq_frame(graph->error.status, __func__);
    }
    MQ_ASSERT(!graph->is_planned);
    for (int i = 0; mode == MQ_TRAIN && i < graph->n_nodes; i++)
        if (graph->nodes[i]->op->backward == NULL)
            return mq_fail(MQ_FAILED, "%s: nothing goes back through it", graph->nodes[i]->name);
    graph->mode = mode;
    find_gradients(graph);
    MQ_TRY(find_parts(graph));
    find_rectified(graph);
    find_watermarks(graph);
    mq_tail_find(graph);
    MQ_TRY(find_lifetimes(graph));
    MQ_TRY(place_slots(graph));
    graph->is_planned = true;
    return MQ_OK;
}
