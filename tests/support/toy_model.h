/// A model of the registry at tiny sizes on a rig, with any of its settings.
#ifndef TESTS_SUPPORT_TOY_MODEL_H
#define TESTS_SUPPORT_TOY_MODEL_H

#include <string.h>

#include "mq/config/setting.h"
#include "mq/model/registry.h"
#include "support/gradcheck.h"
#include "support/harness.h"

enum { TOY_B = 2, TOY_T = 6, TOY_H = 3, TOY_Q = 3, TOY_KNOWN = 2, TOY_ENGINEERED = 3 };

struct toy_model {
    mq_value history, known_past, known, codes, reals, engineered, yhat;
};

/// A key and its value as in an experiment; a list of them ends with {0}.
struct toy_setting {
    const char *key;
    const char *text;
};

static inline void toy_options(const struct mq_forecaster *forecaster,
                               const struct toy_setting *set, void *options)
{
    struct mq_section section = {"model", forecaster->settings, forecaster->n_settings};
    ck_ok(mq_settings_default(&section, options));
    for (; set->key; set++) {
        const struct mq_setting *setting = NULL;
        const struct mq_source source = {"test", 0};
        ck_ok(mq_setting_find(&section, set->key, source, &setting));
        ck_ok(mq_setting_parse(&section, setting, set->text, source, options));
    }
}

static inline struct toy_model toy_model_build(struct rig *rig, const char *name,
                                               const struct toy_setting *set, struct mq_forks forks)
{
    enum { OPTIONS_MAX = 1024 };
    static const int64_t cardinality[] = {3};
    _Alignas(16) unsigned char options[OPTIONS_MAX] = {0};
    const struct mq_forecaster *forecaster = NULL;
    ck_ok(mq_forecaster_find(name, &forecaster));
    ck_assert_uint_le(forecaster->options_bytes, sizeof options);
    toy_options(forecaster, set, options);
    struct toy_model toy;
    toy.history = rig_input(rig, "history", mq_shape3(TOY_B, TOY_T, 2));
    toy.known_past = rig_input(rig, "known_past", mq_shape3(TOY_B, TOY_T, TOY_KNOWN));
    toy.known = rig_input(rig, "known", mq_shape3(TOY_B, TOY_T + TOY_H, TOY_KNOWN));
    toy.codes = rig_input(rig, "codes", mq_shape2(TOY_B, 1));
    toy.reals = rig_input(rig, "reals", mq_shape2(TOY_B, 2));
    toy.engineered = forecaster->wants_engineered
                         ? rig_input(rig, "engineered", mq_shape3(TOY_B, TOY_T, TOY_ENGINEERED))
                         : -1;
    rig_set(rig, toy.codes, (const mq_real[]){1, 3});
    const struct mq_dims dims = {.B = TOY_B,
                                 .T = TOY_T,
                                 .H = TOY_H,
                                 .Q = TOY_Q,
                                 .C = 2,
                                 .E = TOY_ENGINEERED,
                                 .K = TOY_KNOWN,
                                 .N = 1,
                                 .R = 2,
                                 .cardinality = cardinality,
                                 .forks = forks};
    const struct mq_inputs in = {.history = toy.history,
                                 .known_past = toy.known_past,
                                 .known = toy.known,
                                 .codes = toy.codes,
                                 .reals = toy.reals,
                                 .lags = -1,
                                 .known_next = -1,
                                 .scale = -1,
                                 .level = -1,
                                 .address = -1,
                                 .engineered = toy.engineered};
    toy.yhat = forecaster->build(rig->graph, &dims, options, &in).yhat;
    mq_graph_output(rig->graph, toy.yhat);
    return toy;
}

#endif
