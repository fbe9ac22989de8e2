// Looks models up by name.
#include "mq/model/registry.h"

#include <string.h>

#define MQ_MODEL(name) extern const struct mq_forecaster mq_model_##name;
#include "model/models.def"
#undef MQ_MODEL

static const struct mq_forecaster *const table[] = {
#define MQ_MODEL(name) &mq_model_##name,
#include "model/models.def"
#undef MQ_MODEL
    NULL,
};

const struct mq_forecaster *const *mq_forecasters(void)
{
    return table;
}

mq_status mq_forecaster_find(const char *type, const struct mq_forecaster **forecaster)
{
    enum { N = sizeof table / sizeof table[0] - 1 };
    const char *names[N];
    for (int i = 0; i < N; i++) {
        names[i] = table[i]->name;
        if (strcmp(type, names[i]) == 0) {
            *forecaster = table[i];
            return MQ_OK;
        }
    }
    (void)mq_fail(MQ_USAGE, "model.type: there is no model '%s'", type);
    const char *nearest = mq_str_nearest(type, names, N);
    if (nearest != NULL) return mq_hint("did you mean '%s'?", nearest);
    struct mq_str list = {0};
    for (int i = 0; i < N; i++)
        MQ_TRY(mq_str_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]));
    const mq_status status = mq_hint("one of: %s", list.data);
    mq_str_release(&list);
    return status;
}

mq_status mq_forecaster_check_forecasts(const struct mq_forecaster *forecaster)
{
    if (!forecaster->is_policy) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "model.type: %s gives orders, no forecasts", forecaster->name);
    return mq_hint("mqcast policy trains it and says what it costs");
}

const char *mq_model_score(const char *type)
{
    for (int i = 0; table[i] != NULL; i++)
        if (strcmp(type, table[i]->name) == 0 && table[i]->is_policy) return "cost";
    return "wQL";
}

mq_status mq_model_settings(const char *type, struct mq_section *section, size_t *bytes)
{
    const struct mq_forecaster *forecaster = NULL;
    MQ_TRY(mq_forecaster_find(type, &forecaster));
    *section = (struct mq_section){"model", forecaster->settings, forecaster->n_settings};
    *bytes = forecaster->options_bytes;
    return MQ_OK;
}
