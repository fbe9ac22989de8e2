// The mean of other models' quantiles, level by level. Ordered quantiles have ordered means.
#include "mq/model/model.h"

static const struct mq_setting settings[] = {
    {"members", MQ_TEXT_LIST, 0, NULL, 0, 0, NULL, "",
     "runs or checkpoints that it is the mean of"},
};

static void mean(const struct mq_model *model, const int32_t codes[], const float *const members[],
                 int64_t n, float quantiles[])
{
    (void)codes;
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t m = 0; m < model->n_members; m++)
            sum += (double)members[m][i];
        quantiles[i] = (float)(sum / (double)model->n_members);
    }
}

const struct mq_forecaster mq_model_ensemble = {
    .name = "ensemble",
    .summary = "the mean of other runs' quantiles at each level",
    .source = "Lichtendahl, Grushka-Cockayne and Winkler 2013, \"Is it better to average "
              "probabilities or quantiles?\"",
    .settings = settings,
    .n_settings = sizeof settings / sizeof *settings,
    .options_bytes = sizeof(struct mq_text_list),
    .gives_spans = true,
    .combine = mean,
};
