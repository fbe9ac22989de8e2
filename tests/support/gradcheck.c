#include "support/gradcheck.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "nn/op.h"
#include "support/harness.h"

#ifdef MQ_REAL_IS_DOUBLE
static const double step = 1e-5;
static const double tolerance = 1e-6;
static const double floor_share = 0.02; // of the largest gradient: below it errors are absolute
#else
static const double step = 2e-3;
static const double tolerance = 0.05;
static const double floor_share = 1;
#endif

void rig_init(struct rig *rig)
{
    *rig = (struct rig){.rng = mq_rng_at(7, MQ_RNG_TEST, 0, 0)};
    ck_ok(mq_graph_new(&rig->graph, &rig->params));
}

mq_real *element(struct mq_view view, int64_t index)
{
    mq_real *at = view.data;
    for (int d = view.rank - 1; d >= 0; d--) {
        at += index % view.size[d] * view.stride[d];
        index /= view.size[d];
    }
    return at;
}

static int64_t count_of(struct mq_view view)
{
    return mq_shape_count(mq_view_shape(view));
}

const mq_real *flat(struct mq_view view)
{
    enum { MOST = 4096 };
    static mq_real storage[4][MOST];
    static int turn = 0;
    mq_real *to = storage[turn++ % 4];
    ck_assert_int_le(count_of(view), MOST);
    for (int64_t i = 0; i < count_of(view); i++)
        to[i] = *element(view, i);
    return to;
}

mq_value rig_input(struct rig *rig, const char *name, struct mq_shape shape)
{
    const mq_value value = mq_graph_input(rig->graph, name, shape);
    ck_assert_int_eq(value, rig->n_inputs);
    ck_assert_int_lt(value, RIG_INPUTS_MAX);
    struct mq_shape roomy = shape;
    for (int d = 0; d < shape.rank; d++)
        roomy.size[d] += 1 + d;
    const int64_t room = mq_shape_count(roomy);
    mq_real *memory = mq_calloc(room, sizeof *memory);
    ck_assert_ptr_nonnull(memory);
    for (int64_t i = 0; i < room; i++)
        memory[i] = (mq_real)NAN;
    struct mq_view view = mq_view_of(memory, roomy);
    for (int d = 0; d < shape.rank; d++)
        view = mq_view_slice(view, d, 0, shape.size[d]);
    for (int64_t i = 0; i < count_of(view); i++)
        *element(view, i) = (mq_real)mq_rng_normal(&rig->rng);
    rig->memory[value] = memory;
    rig->input[value] = view;
    rig->n_inputs++;
    return value;
}

struct mq_observed rig_observed(struct rig *rig, struct mq_shape dates, struct mq_shape forks)
{
    struct mq_observed observed;
    observed.target = rig_input(rig, "target", dates);
    observed.mask = rig_input(rig, "mask", dates);
    observed.scale = rig_input(rig, "scale", forks);
    observed.level = rig_input(rig, "level", forks);
    observed.weight = rig_input(rig, "weight", forks);
    return observed;
}

void rig_fill(struct rig *rig, mq_value input, mq_real value)
{
    const struct mq_view view = rig->input[input];
    for (int64_t i = 0; i < count_of(view); i++)
        *element(view, i) = value;
}

void rig_set(struct rig *rig, mq_value input, const mq_real values[])
{
    const struct mq_view view = rig->input[input];
    for (int64_t i = 0; i < count_of(view); i++)
        *element(view, i) = values[i];
}

void rig_start(struct rig *rig, enum mq_mode mode)
{
    ck_ok(mq_graph_plan(rig->graph, mode));
    ck_ok(mq_params_allocate(&rig->params));
    for (int64_t i = 0; i < rig->params.count; i++) {
        rig->params.values[i] = (mq_real)(0.5 * mq_rng_normal(&rig->rng));
    }
    ck_ok(mq_exec_new(&rig->exec, rig->graph));
    for (int v = 0; v < rig->n_inputs; v++)
        mq_exec_bind(rig->exec, v, rig->input[v]);
}

void rig_release(struct rig *rig)
{
    mq_exec_free(rig->exec);
    mq_graph_free(rig->graph);
    mq_params_release(&rig->params);
    for (int v = 0; v < rig->n_inputs; v++)
        mq_free(rig->memory[v]);
}

// Backward begins with the tail, and makes again what the tail does.
static bool is_remade(const struct mq_graph *graph, struct mq_slot slot)
{
    return graph->tail.begin < graph->n_nodes && slot.begin >= graph->tail.begin;
}

void rig_forget(struct rig *rig)
{
    const struct mq_graph *graph = rig->graph;
    ck_assert(graph->is_reuse_off);
    for (int i = 0; i < graph->n_slots; i++) {
        const struct mq_slot slot = graph->slots[i];
        const bool is_alive = slot.begin < graph->n_nodes && slot.end >= graph->n_nodes;
        if (is_alive && !is_remade(graph, slot)) continue;
        memset(rig->exec->workspace + slot.offset, 0xff, (size_t)slot.count * sizeof(mq_real));
    }
}

// What is differentiated: the loss, or sum r y with fixed random r.
struct objective {
    struct rig *rig;
    mq_value output;
    mq_real *r;
};

static double evaluate(const struct objective *o)
{
    mq_exec_forward(o->rig->exec);
    if (o->output < 0) return mq_exec_loss(o->rig->exec).loss_sum;
    const struct mq_view y = mq_exec_value(o->rig->exec, o->output);
    double sum = 0;
    for (int64_t i = 0; i < count_of(y); i++)
        sum += (double)o->r[i] * (double)*element(y, i);
    return sum;
}

static void differentiate(const struct objective *o)
{
    mq_exec_forward(o->rig->exec);
    if (o->rig->graph->is_reuse_off) rig_forget(o->rig);
    if (o->output < 0) {
        mq_exec_backward(o->rig->exec, 1);
    } else {
        const struct mq_shape shape = mq_graph_shape(o->rig->graph, o->output);
        mq_exec_backward_from(o->rig->exec, o->output, mq_view_of(o->r, shape));
    }
}

static double slope_at(const struct objective *o, mq_real *x)
{
    const mq_real old = *x;
    const mq_real up = (mq_real)((double)old + step), down = (mq_real)((double)old - step);
    *x = up;
    const double above = evaluate(o);
    *x = down;
    const double below = evaluate(o);
    *x = old;
    return (above - below) / (double)(up - down);
}

static void check_close(const char *what, int64_t index, double got, double want, double scale)
{
    const double size = fmax(fmax(fabs(got), fabs(want)), floor_share * scale);
    ck_assert_msg(fabs(got - want) <= tolerance * size,
                  "%s[%lld]: backward %.12g, differences %.12g, relative %.2g", what,
                  (long long)index, got, want, fabs(got - want) / size);
}

static double largest(const mq_real *x, int64_t n)
{
    double most = 1e-3;
    for (int64_t i = 0; i < n; i++)
        most = fmax(most, fabs((double)x[i]));
    return most;
}

static void check_weights(const struct objective *o, const mq_real *gradient)
{
    const struct mq_params *params = &o->rig->params;
    const double scale = largest(gradient, params->count);
    for (int64_t p = 0; p < params->n; p++) {
        const struct mq_param *param = &params->table[p];
        for (int64_t i = 0; i < mq_shape_count(param->shape); i++) {
            const int64_t at = param->offset + i;
            check_close(param->name, i, (double)gradient[at], slope_at(o, params->values + at),
                        scale);
        }
    }
}

static void check_directions(const struct objective *o, const mq_real *gradient)
{
    struct mq_params *params = &o->rig->params;
    mq_real *old = mq_calloc(params->count, sizeof *old);
    double *along = mq_calloc(params->count, sizeof *along);
    for (int trial = 0; trial < 3; trial++) {
        double got = 0, scale = 0;
        for (int64_t i = 0; i < params->count; i++) {
            along[i] = mq_rng_normal(&o->rig->rng) / sqrt((double)params->count);
            old[i] = params->values[i];
            got += along[i] * (double)gradient[i];
            scale += fabs(along[i] * (double)gradient[i]);
        }
        double side[2];
        for (int s = 0; s < 2; s++) {
            for (int64_t i = 0; i < params->count; i++) {
                params->values[i] = (mq_real)((double)old[i] + (s ? -step : step) * along[i]);
            }
            side[s] = evaluate(o);
        }
        memcpy(params->values, old, (size_t)params->count * sizeof *old);
        check_close("direction", trial, got, (side[0] - side[1]) / (2 * step), scale);
    }
    mq_free(old);
    mq_free(along);
}

static void check_input(const struct objective *o, mq_value input, const mq_real *gradient)
{
    const struct mq_view x = o->rig->input[input];
    const double scale = largest(gradient, count_of(x));
    for (int64_t i = 0; i < count_of(x); i++) {
        check_close("input", i, (double)gradient[i], slope_at(o, element(x, i)), scale);
    }
}

mq_real *copy_of(const mq_real *x, int64_t n)
{
    mq_real *copy = mq_calloc(n, sizeof *copy);
    ck_assert_ptr_nonnull(copy);
    if (n > 0) memcpy(copy, x, (size_t)n * sizeof *copy);
    return copy;
}

void check_gradients(struct rig *rig, mq_value output)
{
    struct objective o = {.rig = rig, .output = output};
    const int64_t n = output < 0 ? 0 : mq_shape_count(mq_graph_shape(rig->graph, output));
    o.r = mq_calloc(n, sizeof *o.r);
    for (int64_t i = 0; i < n; i++)
        o.r[i] = (mq_real)mq_rng_normal(&rig->rng);
    differentiate(&o);
    mq_real *gradient = copy_of(mq_exec_gradients(rig->exec), rig->params.count);
    mq_real *by_input[RIG_INPUTS_MAX] = {0};
    for (mq_value v = 0; v < rig->n_inputs; v++) {
        const struct mq_view d = mq_exec_input_gradient(rig->exec, v);
        if (d.data) by_input[v] = copy_of(d.data, count_of(d));
    }
    check_weights(&o, gradient);
    check_directions(&o, gradient);
    for (mq_value v = 0; v < rig->n_inputs; v++) {
        if (by_input[v]) check_input(&o, v, by_input[v]);
        mq_free(by_input[v]);
    }
    mq_free(gradient);
    mq_free(o.r);
}
