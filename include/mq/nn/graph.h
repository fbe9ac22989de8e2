/// A coarse static tape: nodes are whole layers with hand-written kernels.
///
/// A model builds the graph once (ops.h); mq_graph_plan() then lays out all activations, kept
/// values and gradients in one workspace by lifetimes (forward steps 0..N-1, backward N..2N-1).
/// A graph is immutable after planning and shared by threads; each thread computes with its own
/// executor. Same graph, same inputs, same weights: same bits, in every executor.
///
///     struct mq_graph *g;
///     MQ_TRY(mq_graph_new(&g, &params));
///     mq_value x = mq_graph_input(g, "x", mq_shape3(B, T, C));
///     mq_value y = mq_linear(g, "layer", x, 8, MQ_RELU);
///     mq_graph_output(g, y);
///     MQ_TRY(mq_graph_plan(g, MQ_TRAIN));
///
/// Errors while building are recorded in the graph (every constructor accepts the invalid value -1
/// and passes it on) and reported by mq_graph_plan, so that a build reads like the paper.
#ifndef MQ_NN_GRAPH_H
#define MQ_NN_GRAPH_H

#include <stdint.h>

#include "mq/base/status.h"
#include "mq/base/track.h"
#include "mq/nn/params.h"
#include "mq/tensor/view.h"

struct mq_graph;
struct mq_exec;

/// A value of a graph: an input or the result of a node. -1 is "none" or "invalid".
typedef int mq_value;

enum mq_mode {
    MQ_INFER, ///< forward only; nothing is kept
    MQ_TRAIN, ///< forward and backward
};

mq_status mq_graph_new(struct mq_graph **graph, struct mq_params *params) MQ_NODISCARD;
void mq_graph_free(struct mq_graph *graph);

/// An outside value, bound by every executor before forward. Inputs carry no gradient unless
/// asked for (gradient checks of single ops do).
mq_value mq_graph_input(struct mq_graph *graph, const char *name, struct mq_shape shape);
void mq_graph_want_gradient(struct mq_graph *graph, mq_value input);
struct mq_shape mq_graph_shape(const struct mq_graph *graph, mq_value value);

/// Marks a value that the caller reads after forward: its memory is not reused.
void mq_graph_output(struct mq_graph *graph, mq_value value);

/// Reports build errors, then plans memory. Parameters must be allocated before the first forward.
mq_status mq_graph_plan(struct mq_graph *graph, enum mq_mode mode) MQ_NODISCARD;

/// Planned workspace of one executor, and what it would be without reuse, in bytes.
int64_t mq_graph_workspace_bytes(const struct mq_graph *graph);
int64_t mq_graph_unplanned_bytes(const struct mq_graph *graph);
/// Floating-point operations of matrix products: one forward, and one forward plus backward.
double mq_graph_forward_flops(const struct mq_graph *graph);
double mq_graph_train_flops(const struct mq_graph *graph);

/// What a node is and costs.
struct mq_layer {
    const char *name; ///< the graph's
    const char *op;
    struct mq_shape shape; ///< of its output; rank 0 for a loss
    int64_t parameters;
    double forward_flops;
    double backward_flops; ///< 0 in a graph planned for inference
};
/// Nodes are numbered in the order of the forward pass.
int64_t mq_graph_nodes(const struct mq_graph *graph);
/// Whether a node goes from period to period: the more rows, the better its products.
bool mq_graph_is_recurrent(const struct mq_graph *graph);
struct mq_layer mq_graph_layer(const struct mq_graph *graph, int64_t node);

// ---- executing
// -----------------------------------------------------------------------------------

/// Allocates the workspace and, for MQ_TRAIN graphs, a gradient arena of params->count elements.
mq_status mq_exec_new(struct mq_exec **exec, const struct mq_graph *graph) MQ_NODISCARD;
void mq_exec_free(struct mq_exec *exec);

/// Binds an input to memory of the caller, which must stay valid until after backward. Any strides
/// with a unit last stride; rows may overlap.
void mq_exec_bind(struct mq_exec *exec, mq_value input, struct mq_view view);
/// The result of the last forward; valid until the next one.
struct mq_view mq_exec_value(const struct mq_exec *exec, mq_value value);
/// Gradient of the loss by an input marked with mq_graph_want_gradient, after backward; contiguous.
/// For any other value, `data` is NULL.
struct mq_view mq_exec_input_gradient(const struct mq_exec *exec, mq_value input);
/// Gradients of the parameters after backward, (params->count).
const mq_real *mq_exec_gradients(const struct mq_exec *exec);

/// What a loss node found in the last forward: sums, not means; `loss_sum` is not scaled.
struct mq_loss {
    double loss_sum;
    double weight_sum;
};
struct mq_loss mq_exec_loss(const struct mq_exec *exec);

/// Forward over all nodes. Allocates nothing.
void mq_exec_forward(struct mq_exec *exec);

/// Called as backward goes: parameter gradients at offsets >= `watermark` are final. Watermarks
/// only fall; the last call has 0.
typedef void mq_watermark(void *context, const mq_real *gradients, int64_t watermark);

/// Forward, and gradients of `loss_scale` * loss_sum by every parameter; what works fork by fork at
/// the end of the graph goes forward and back a few forks at a time. Overwrites the arena or, for
/// what is computed in several passes, `adds` to what is in it, with the weights of the call before.
/// `notify` may be NULL. Allocates nothing.
void mq_exec_learn(struct mq_exec *exec, double loss_scale, bool adds, mq_watermark *notify,
                   void *context);

/// Where the time goes: seconds, added up over calls.
struct mq_trace {
    struct mq_node_time {
        double forward_s;
        double backward_s;
    } * node; ///< (mq_graph_nodes)
    double notify_s; ///< in the callback
    double forwards; ///< how many there were
    struct mq_track
        *track; ///< nodes also become spans of their names, and the tail one; NULL: none
};
/// Times every node from now on into memory of the caller; NULL: no more, which costs nothing.
void mq_exec_trace(struct mq_exec *exec, struct mq_trace *trace);

/// For gradient checks: the gradients of mq_exec_learn, after mq_exec_forward, which it consumes.
void mq_exec_backward(struct mq_exec *exec, double loss_scale);

/// For gradient checks: backward from an arbitrary output with the given dL/dvalue (contiguous).
void mq_exec_backward_from(struct mq_exec *exec, mq_value output, struct mq_view doutput);

#endif
