// The tail of a graph, and the pieces that go through it.
//
// From where a network spreads its forks over horizons, every value has as many rows as there are
// targets, and each fork goes its own way to the loss. So these last nodes are not run one after the
// other over all forks: a few forks go through all of them, forward and in training at once back, before
// the next ones. What the nodes hand to one another then has memory for a piece alone, which stays in
// the near caches.
#include "mq/base/int.h"
#include "mq/base/status.h"
#include "nn/op.h"

enum { NEAR = 8192 }; // elements of the widest value

// ---- planning ----------------------------------------------------------------------------------

static mq_value any_by_fork(const struct mq_node *node)
{
    for (int e = 0; e < node->n_in; e++)
        if (node->in[e].is_by_fork) return node->in[e].value;
    return -1;
}

static bool has_forks(const struct mq_graph *graph, mq_value value, const struct mq_tail *tail)
{
    const struct mq_shape shape = mq_graph_shape(graph, value);
    return shape.rank >= 2 && shape.size[0] == tail->series && shape.size[1] == tail->forks;
}

// What is used by fork must have these forks, and have its gradient in the rows of these forks.
static bool works_by_fork(const struct mq_graph *graph, const struct mq_node *node,
                          const struct mq_tail *tail)
{
    for (int e = 0; e < node->n_in; e++) {
        const mq_value value = node->in[e].value;
        if (!node->in[e].is_by_fork) continue;
        if (!has_forks(graph, value, tail)) return false;
        if (!has_forks(graph, graph->values[value].root, tail)) return false;
    }
    return any_by_fork(node) >= 0;
}

// The first of the last nodes that all work on the same forks.
static int first_by_fork(const struct mq_graph *graph, const struct mq_tail *tail)
{
    int first = graph->n_nodes;
    while (first > 0 && works_by_fork(graph, graph->nodes[first - 1], tail))
        first--;
    return first;
}

// What goes back piece by piece must end in losses, all of them.
static bool can_go_back(const struct mq_graph *graph, int first)
{
    if (graph->nodes[graph->n_nodes - 1]->out >= 0) return false;
    for (int i = 0; i < first; i++)
        if (graph->nodes[i]->out < 0) return false;
    return true;
}

static int find_begin(const struct mq_graph *graph, const struct mq_tail *tail)
{
    int first = first_by_fork(graph, tail);
    while (first < graph->n_nodes && mq_graph_shape(graph, graph->nodes[first]->out).rank < 4)
        first++;
    if (graph->mode == MQ_TRAIN && !can_go_back(graph, first)) return graph->n_nodes;
    return first;
}

// As many pieces of about one size as keep the widest value near.
static void size_pieces(const struct mq_graph *graph, struct mq_tail *tail)
{
    int64_t widest = 1;
    for (int i = tail->begin; i < graph->n_nodes; i++) {
        const int64_t count = mq_shape_count(mq_graph_shape(graph, graph->nodes[i]->out));
        widest = mq_max_i64(widest, count / (tail->series * tail->forks));
    }
    const int64_t forks = mq_max_i64(1, NEAR / widest);
    const int64_t pieces = mq_ceil_div(tail->forks, forks);
    tail->piece_forks = mq_ceil_div(tail->forks, pieces);
    tail->piece_series = pieces > 1 ? 1 : mq_min_i64(tail->series, forks / tail->forks);
}

void mq_tail_find(struct mq_graph *graph)
{
    struct mq_tail *tail = &graph->tail;
    *tail = (struct mq_tail){.begin = graph->n_nodes};
    if (graph->n_nodes == 0 || graph->is_tail_off) return;
    const struct mq_shape shape =
        mq_graph_shape(graph, any_by_fork(graph->nodes[graph->n_nodes - 1]));
    if (shape.rank < 2) return;
    tail->series = shape.size[0];
    tail->forks = shape.size[1];
    tail->begin = find_begin(graph, tail);
    size_pieces(graph, tail);
    for (int i = tail->begin; i < graph->n_nodes; i++) {
        const mq_value out = graph->nodes[i]->out;
        if (out >= 0) graph->values[out].is_near = !graph->values[out].is_output;
    }
}

int64_t mq_tail_count(const struct mq_graph *graph, int64_t count)
{
    const struct mq_tail *tail = &graph->tail;
    return count / (tail->series * tail->forks) * tail->piece_series * tail->piece_forks;
}

// ---- running -----------------------------------------------------------------------------------

bool mq_piece_next(struct mq_exec *exec)
{
    const struct mq_tail *tail = &exec->graph->tail;
    struct mq_piece *piece = &exec->piece;
    piece->first += piece->n;
    if (piece->first == tail->forks) {
        piece->first = 0;
        piece->first_series += piece->n_series;
    }
    if (tail->begin == exec->graph->n_nodes || piece->first_series == tail->series) {
        *piece = (struct mq_piece){0};
        return false;
    }
    piece->n = mq_min_i64(tail->piece_forks, tail->forks - piece->first);
    piece->n_series = mq_min_i64(tail->piece_series, tail->series - piece->first_series);
    return true;
}

struct mq_view mq_at_hand(const struct mq_exec *exec, mq_value value, bool is_by_fork,
                          struct mq_view all)
{
    const struct mq_piece *piece = &exec->piece;
    if (piece->n == 0 || all.data == NULL) return all;
    const mq_value root = exec->graph->values[value].root;
    struct mq_view view = all;
    view.size[0] = piece->n_series;
    if (is_by_fork) view.size[1] = piece->n;
    if (exec->graph->values[root].is_near) {
        MQ_ASSERT(is_by_fork);
        return view;
    }
    view.data += piece->first_series * view.stride[0];
    if (is_by_fork) view.data += piece->first * view.stride[1];
    return view;
}
