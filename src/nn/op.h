/// Inside the engine: what a graph is made of, and what an op has to provide.
///
/// An op is one file: a constructor declared in mq/nn/ops.h, which checks shapes, declares
/// parameters and asks for buffers, and two kernels, which find their arrays by position. Values
/// are tensors that nodes write; an alias is a value that looks at columns of another one, has no
/// memory and no node of its own, and its gradient is the same columns of the other's gradient.
#ifndef SRC_NN_OP_H
#define SRC_NN_OP_H

#include <stddef.h>

#include "mq/base/rng.h"
#include "mq/nn/graph.h"
#include "mq/nn/ops.h"

struct mq_node;

/// One kind of layer.
struct mq_op {
    const char *name;
    /// Writes the output, or adds to the executor's loss. Finds nothing but its inputs, parameters
    /// and buffers defined.
    void (*forward)(struct mq_exec *exec, const struct mq_node *node);
    /// From the output's gradient adds parameter gradients, and for each input that has a gradient
    /// (data != NULL) sets d = mq_node_beta() d + contribution. May destroy the output's gradient
    /// and what forward kept of the forks at hand. NULL: forward only.
    void (*backward)(struct mq_exec *exec, const struct mq_node *node);
};

/// A use of a value as input of a node.
struct mq_edge {
    mq_value value;
    bool is_by_fork; ///< forks of the input go to the same forks of the output, or of the loss
    bool is_read_back; ///< backward reads the input again
    bool can_overwrite; ///< backward honours beta == 0; otherwise it always adds
    bool can_rectify; ///< backward reads the input back and calls mq_node_rectify after all it adds
    bool rectifies; ///< set by planning: and does
    double flops; ///< of the gradient by this input
    bool needs_gradient; ///< set by planning
};

/// Numbers in a cache line.
enum { MQ_LINE = 64 / sizeof(mq_real) };

enum { MQ_NODE_BUFFERS_MAX = 10 };

enum mq_lifetime {
    MQ_KEPT, ///< from forward to backward; a scratch of forward under MQ_INFER
    MQ_SCRATCH, ///< during forward
    MQ_SCRATCH_BACK, ///< during backward; none under MQ_INFER
    MQ_LASTING, ///< always: what is made of the weights once for all passes; none under MQ_INFER
};

struct mq_buffer {
    enum mq_lifetime lifetime;
    bool is_by_fork; ///< so many for all forks, and as many fewer for some of them
    int64_t train_count; ///< elements in a graph planned for training
    int64_t infer_count;
    int slot;
};

struct mq_node {
    const struct mq_op *op;
    char name[MQ_PARAM_NAME_MAX];
    struct mq_edge *in;
    int n_in;
    mq_value out; ///< -1 for a loss
    bool is_output_read; ///< backward reads the output
    bool is_recurrent; ///< goes from period to period: its products have the batch's rows alone
    bool is_relu; ///< the output is that of a ReLU
    bool is_rectified; ///< set by planning: whoever uses the output goes back through the ReLU
    int64_t *param; ///< indices into the table of parameters
    int n_params;
    struct mq_buffer buffer[MQ_NODE_BUFFERS_MAX];
    int n_buffers;
    int64_t n_forks;
    int64_t *fork_at; ///< owned; NULL means every step
    void *config; ///< what the op's constructor was told; owned
    double forward_flops;
    double backward_flops; ///< beyond the gradients by inputs
    bool has_backward; ///< set by planning: a parameter or an input needs a gradient
    int64_t watermark; ///< after this node's backward
};

struct mq_tensor {
    char *name; ///< of an input; owned
    struct mq_shape shape;
    int node; ///< the one that writes it; -1 for inputs and aliases
    mq_value base; ///< of an alias: what it looks at; otherwise -1
    mq_value root; ///< the value that has memory: itself unless an alias
    int64_t start; ///< of an alias: its first column
    bool is_output;
    bool is_wanted; ///< an input whose gradient the caller reads
    bool needs_gradient; ///< set by planning, as the next two
    bool is_parted; ///< aliases share its columns out among themselves, and nobody else uses it
    bool is_part; ///< one of those aliases: its gradient is written apart from the others'
    bool is_near; ///< made and used in the tail alone: it has memory for the forks of a piece
    int slot; ///< -1 for inputs and aliases
    int gradient_slot;
};

/// Forks that the tail goes through together: some of one series, or all of some series.
struct mq_piece {
    int64_t first_series;
    int64_t n_series;
    int64_t first;
    int64_t n; ///< 0: all forks of all series
};

/// The last nodes of a graph, each of which works fork by fork (tail.c).
struct mq_tail {
    int begin; ///< the number of nodes where there is none
    int64_t series;
    int64_t forks;
    int64_t piece_series;
    int64_t piece_forks; ///< at most
};

/// A piece of workspace in use during steps [begin, end].
struct mq_slot {
    int64_t count;
    int begin;
    int end;
    int64_t offset; ///< in elements
};

struct mq_graph {
    struct mq_params *params;
    struct mq_tensor *values;
    int n_values;
    int capacity_values;
    struct mq_node **nodes;
    int n_nodes;
    int capacity_nodes;
    struct mq_slot *slots;
    int n_slots;
    int capacity_slots;
    struct mq_error error; ///< the first failure of a constructor
    bool is_planned;
    bool is_reuse_off; ///< every slot gets memory of its own: for tests of the planner
    bool is_tail_off; ///< every node runs over all forks: for tests of the tail
    enum mq_mode mode;
    struct mq_tail tail;
    int64_t workspace_count;
    int64_t unplanned_count;
};

struct mq_exec {
    const struct mq_graph *graph;
    mq_real *workspace;
    mq_real *gradients; ///< by parameters; NULL under MQ_INFER
    struct mq_view *value; ///< by mq_value
    struct mq_view *gradient; ///< by mq_value; data == NULL where there is none
    bool *is_written; ///< by mq_value of a root or a part: its gradient holds contributions
    mq_real *beta; ///< by input of the node whose backward runs
    bool adds; ///< another pass with the same weights
    bool is_forward_done; ///< and no backward has consumed it yet
    struct mq_piece piece; ///< what is at hand
    struct mq_trace *trace; ///< NULL: nobody asks
    struct mq_loss loss;
    double loss_scale;
    uint64_t dropout_seed;
    uint64_t dropout_step;
    uint32_t dropout_lane;
};

// ---- for constructors ------------------------------------------------------------------------

/// Records the first failure of a build; returns the invalid value.
mq_value mq_build_fail(struct mq_graph *graph, const char *format, ...) MQ_PRINTF(2, 3);
/// Records the failure that is in this thread's error record.
mq_value mq_build_error(struct mq_graph *graph);

/// A node over these inputs with a zeroed config; NULL when the build has failed, now or before.
struct mq_node *mq_node_new(struct mq_graph *graph, const struct mq_op *op, const char *name,
                            const mq_value in[], int64_t n_in, size_t config_bytes);
/// Declares parameter "<node>.<suffix>", or "<node>" for NULL. False when that fails.
bool mq_node_declare(struct mq_graph *graph, struct mq_node *node, const char *suffix,
                     struct mq_shape shape, int64_t fan_in, int64_t fan_out, enum mq_init init);
/// Uses a parameter that another node has declared, by its full name. False when there is none.
bool mq_node_borrow(struct mq_graph *graph, struct mq_node *node, const char *name);
/// Copies the forks after checking them against T context steps. False when that fails.
bool mq_node_fork(struct mq_graph *graph, struct mq_node *node, struct mq_forks forks, int64_t T);
/// Asks for a buffer; they are found by the order of asking.
void mq_node_keep(struct mq_node *node, enum mq_lifetime lifetime, int64_t train_count,
                  int64_t infer_count);
/// The same for a buffer of so many elements for all forks.
void mq_node_keep_by_fork(struct mq_node *node, enum mq_lifetime lifetime, int64_t count);
/// Says that the output is an activation's, which backward needs.
void mq_node_activates(struct mq_node *node, enum mq_activation activation);
/// Gives the node its output.
mq_value mq_node_yields(struct mq_graph *graph, struct mq_node *node, struct mq_shape shape);
/// A value that looks at columns of another one from `start` on, shaped (leading..., groups, size).
mq_value mq_alias_new(struct mq_graph *graph, mq_value base, struct mq_shape shape, int64_t start);
/// The shape with another last size.
struct mq_shape mq_shape_with_last(struct mq_shape shape, int64_t last);

// ---- for kernels -----------------------------------------------------------------------------

/// What is at hand of a value or its gradient: all of it, or in the tail the series of the piece, and
/// of these its forks if the use is by fork.
struct mq_view mq_at_hand(const struct mq_exec *exec, mq_value value, bool is_by_fork,
                          struct mq_view all);

static inline struct mq_view mq_node_in(const struct mq_exec *exec, const struct mq_node *node,
                                        int i)
{
    const struct mq_edge *edge = &node->in[i];
    return mq_at_hand(exec, edge->value, edge->is_by_fork, exec->value[edge->value]);
}

static inline struct mq_view mq_node_out(const struct mq_exec *exec, const struct mq_node *node)
{
    return mq_at_hand(exec, node->out, true, exec->value[node->out]);
}

/// The gradient by input i; data is NULL where none is asked for.
static inline struct mq_view mq_node_din(const struct mq_exec *exec, const struct mq_node *node,
                                         int i)
{
    const struct mq_edge *edge = &node->in[i];
    if (!edge->needs_gradient) return (struct mq_view){0};
    return mq_at_hand(exec, edge->value, edge->is_by_fork, exec->gradient[edge->value]);
}

static inline mq_real mq_node_beta(const struct mq_exec *exec, int i)
{
    return exec->beta[i];
}

static inline struct mq_view mq_node_dout(const struct mq_exec *exec, const struct mq_node *node)
{
    return mq_at_hand(exec, node->out, true, exec->gradient[node->out]);
}

static inline const mq_real *mq_node_param(const struct mq_exec *exec, const struct mq_node *node,
                                           int i)
{
    const struct mq_params *params = exec->graph->params;
    return params->values + params->table[node->param[i]].offset;
}

static inline mq_real *mq_node_dparam(const struct mq_exec *exec, const struct mq_node *node, int i)
{
    return exec->gradients + exec->graph->params->table[node->param[i]].offset;
}

static inline mq_real *mq_node_buffer(const struct mq_exec *exec, const struct mq_node *node, int i)
{
    return exec->workspace + exec->graph->slots[node->buffer[i].slot].offset;
}

/// The context step of fork f.
static inline int64_t mq_node_step(const struct mq_node *node, int64_t f)
{
    return node->fork_at ? node->fork_at[f] : f;
}

/// The context step of fork f of those at hand.
static inline int64_t mq_node_step_at_hand(const struct mq_exec *exec, const struct mq_node *node,
                                           int64_t f)
{
    return mq_node_step(node, exec->piece.first + f);
}

/// Whether neither a pass with these weights nor a piece came before: time for what a node makes of its
/// weights, in a buffer that is MQ_LASTING.
static inline bool mq_exec_begins(const struct mq_exec *exec)
{
    return !exec->adds && exec->piece.first_series == 0 && exec->piece.first == 0;
}

/// Whether no piece of the series at hand came before.
static inline bool mq_exec_begins_series(const struct mq_exec *exec)
{
    return exec->piece.first == 0;
}

static inline bool mq_exec_is_training(const struct mq_exec *exec)
{
    return exec->graph->mode == MQ_TRAIN;
}

// ---- activations -----------------------------------------------------------------------------

/// y = activation(y).
void mq_activate(enum mq_activation activation, int64_t n, mq_real *y);
/// y[r] = activation(y[r] + bias) for every row r of y (rows, cols), contiguous.
void mq_activate_rows(enum mq_activation activation, int64_t rows, int64_t cols,
                      const mq_real *bias, mq_real *y);
/// dy *= activation'(x), given y = activation(x).
void mq_activate_back(enum mq_activation activation, int64_t n, const mq_real *y, mq_real *dy);
/// The same for some of a node's output, unless those who use it have done it.
void mq_node_activate_back(const struct mq_node *node, enum mq_activation activation, int64_t n,
                           const mq_real *y, mq_real *dy);
/// After some of the gradient by input i was written, best while it is near: back through the ReLU that
/// made the input, if planning wants it done here. Twice is as good as once.
void mq_node_rectify(const struct mq_node *node, int i, struct mq_view x, struct mq_view dx);

// ---- the tail --------------------------------------------------------------------------------

/// Finds the tail of a graph whose gradients are known, and the size of its pieces.
void mq_tail_find(struct mq_graph *graph);
/// Elements that a piece needs, of `count` for all forks.
int64_t mq_tail_count(const struct mq_graph *graph, int64_t count);
/// Moves on to the next piece; false behind the last one, and then all is at hand again.
bool mq_piece_next(struct mq_exec *exec);

#endif
