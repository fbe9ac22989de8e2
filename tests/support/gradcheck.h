/// A graph on the bench: random inputs in strided memory, random weights, and finite differences
/// against backward.
///
///     struct rig rig;
///     rig_init(&rig);
///     mq_value x = rig_input(&rig, "x", mq_shape3(2, 3, 4));
///     mq_graph_want_gradient(rig.graph, x);
///     mq_value y = mq_linear(rig.graph, "layer", x, 5, MQ_TANH);
///     mq_graph_output(rig.graph, y);
///     rig_start(&rig, MQ_TRAIN);
///     check_gradients(&rig, y);
///     rig_release(&rig);
#ifndef TESTS_SUPPORT_GRADCHECK_H
#define TESTS_SUPPORT_GRADCHECK_H

#include "mq/base/rng.h"
#include "mq/nn/graph.h"
#include "mq/nn/ops.h"

enum { RIG_INPUTS_MAX = 24 };

struct rig {
    struct mq_params params;
    struct mq_graph *graph;
    struct mq_exec *exec;
    struct mq_view input[RIG_INPUTS_MAX]; ///< by mq_value: inputs are declared first
    mq_real *memory[RIG_INPUTS_MAX];
    int n_inputs;
    struct mq_rng rng;
};

void rig_init(struct rig *rig);
/// An input of standard normal numbers; NaN lies in the gaps between its rows.
mq_value rig_input(struct rig *rig, const char *name, struct mq_shape shape);
/// What a loss looks at: target and mask of this shape, the rest per fork.
struct mq_observed rig_observed(struct rig *rig, struct mq_shape dates, struct mq_shape forks);
/// Sets every element of an input.
void rig_fill(struct rig *rig, mq_value input, mq_real value);
/// Sets an input from contiguous numbers.
void rig_set(struct rig *rig, mq_value input, const mq_real values[]);
/// Plans, draws weights (normal, deviation 0.5), binds the inputs.
void rig_start(struct rig *rig, enum mq_mode mode);
void rig_release(struct rig *rig);

/// Between forward and backward of a graph without reuse of memory: makes everything NaN that the
/// plan does not keep for backward.
void rig_forget(struct rig *rig);

/// Memory of its own with these numbers.
mq_real *copy_of(const mq_real *x, int64_t n);
/// Element `index` of a view in row-major order.
mq_real *element(struct mq_view view, int64_t index);
/// The elements of a view in row-major order; static storage, the last of four calls stay valid.
const mq_real *flat(struct mq_view view);

/// Central differences against backward for every weight and every element of wanted inputs, and
/// along random directions of all weights at once. The objective is the loss for output == -1, else
/// a random linear form of the output. Relative error below 1e-6 in double; in float a smoke test.
void check_gradients(struct rig *rig, mq_value output);

#endif
