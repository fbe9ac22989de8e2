/// What the verbs that compute share: worker threads, trained models, origins.
#ifndef CMD_JOB_H
#define CMD_JOB_H

#include "cmd/command.h"
#include "mq/base/path.h"
#include "mq/base/pool.h"
#include "mq/forecast/backtest.h"
#include "mq/forecast/writer.h"
#include "mq/model/checkpoint.h"
#include "mq/train/trainer.h"

/// The row of --threads, for the tables of verbs.
#define MQ_THREADS_FLAG                                                                            \
    {                                                                                              \
        "threads", 0, "N", NULL, 0, "threads per rank (default: the cores this rank may use)"      \
    }

/// The pool of --threads, and the banner. Collective.
mq_status mq_job_pool(struct mq_world *world, const struct mq_arguments *arguments,
                      struct mq_pool **pool) MQ_NODISCARD;

/// Adds the table of models to a verb's help.
mq_status mq_job_models_help(struct mq_page *page) MQ_NODISCARD;
/// The rows of verbs that train.
#define MQ_TRAIN_FLAGS                                                                             \
    MQ_THREADS_FLAG, {"resume", 0, "auto|never|must|CHECKPOINT",                                   \
                      "auto",   0, "go on from the run's checkpoint; never: start afresh"},        \
        {"from", 0, "CHECKPOINT", NULL, 0, "start a new run from these weights"},                  \
        {"max-time", 0, "TIME",                                                                    \
         NULL,       0, "stop in time (90s, 15m, 4h) with a checkpoint, exit code 75"},            \
    {                                                                                              \
        "trace", 0, "FILE", NULL, MQ_FLAG_BARE,                                                    \
            "where the time goes: a table by layer, and a timeline for a browser (default: "       \
            "trace.json of the run)"                                                               \
    }
extern const struct mq_flag mq_job_train_flags[5];

/// The rows of verbs that simulate, but for the threads.
#define MQ_SIMULATE_FLAGS                                                                           \
    {"run",                                                                                         \
     0,                                                                                             \
     "RUN",                                                                                         \
     NULL,                                                                                          \
     MQ_FLAG_REPEATABLE,                                                                            \
     "a trained run that feeds a policy (default: the experiment's own, if it is trained)"},        \
        {"output", 'o', "FILE.json",                                                                \
         NULL,     0,   "where the results go (default: simulation.json of the experiment's run)"}, \
    {                                                                                               \
        "json", 0, NULL, NULL, 0, "the results as JSON on stdout"                                   \
    }
/// Replays the policies of an experiment as those flags say, and prints what they cost. The
/// experiment's own run takes part where no other is given, and where it is a policy. Collective.
mq_status mq_job_simulate(struct mq_world *world, struct mq_pool *pool,
                          const struct mq_arguments *arguments,
                          const struct mq_experiment *experiment) MQ_NODISCARD;
/// Adds the table of ordering policies to a verb's help.
mq_status mq_job_policies_help(struct mq_page *page) MQ_NODISCARD;

/// Trains an experiment as mq_train does and those flags say, with lines on stderr; counts what it
/// took. Takes the experiment over. With --trace the table of layers is on stdout. Collective.
mq_status mq_job_train(struct mq_world *world, struct mq_pool *pool,
                       const struct mq_arguments *arguments,
                       struct mq_experiment *experiment) MQ_NODISCARD;

/// A trained run with its panel.
struct mq_job {
    char directory[MQ_PATH_MAX];
    char checkpoint[MQ_PATH_MAX];
    struct mq_model model;
    struct mq_progress progress;
    struct mq_panel *panel;
    bool is_other_panel; ///< not the one trained on
    /// First period of the panel trained on that neither training nor validation saw.
    int64_t unseen;
};

/// Opens a run by its directory: checkpoint `which` ("best", "latest", a file), panel `panel_path`
/// or, when NULL, the one trained on. `overrides` may change settings that do not touch the weights
/// (forecast.*, evaluate.*). Release in every case. Collective.
mq_status mq_job_open(struct mq_job *job, struct mq_world *world, const char *run_directory,
                      const char *which, const char *panel_path, const char *const overrides[],
                      int64_t n_overrides) MQ_NODISCARD;
void mq_job_release(struct mq_job *job);
/// Whether training or validation saw targets of these origins: scores of them are no test. Local.
bool mq_job_was_seen(const struct mq_job *job, const struct mq_origins *origins);

/// Forecasts at `origins` (text) into `directory`, or forecast/ of the run when NULL. Collective.
mq_status mq_job_forecast(struct mq_job *job, struct mq_world *world, struct mq_pool *pool,
                          const char *origins, const char *directory) MQ_NODISCARD;
/// Backtests at the experiment's evaluation origins; on rank 0 `*json` is the evaluation, owned by
/// the caller (NULL elsewhere). On the panel trained on it is written to evaluation.json.
/// Collective.
mq_status mq_job_evaluate(struct mq_job *job, struct mq_world *world, struct mq_pool *pool,
                          json_t **json) MQ_NODISCARD;

/// Replaces `path` by the text of results. Local.
mq_status mq_job_write_json(const char *path, const json_t *json) MQ_NODISCARD;

/// The score table of evaluations, one column per run and one for seasonal naive, on stdout.
mq_status mq_print_scores(json_t *const evaluations[], int64_t n) MQ_NODISCARD;
/// The table of a simulation, one row for each policy and run, on stdout.
mq_status mq_print_simulation(const json_t *simulation) MQ_NODISCARD;

#endif
