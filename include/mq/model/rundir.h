/// The run directory: where a run's files are, and which checkpoint to use.
///
/// `<run.dir>/<run.name>/`: experiment.yaml, log.jsonl, checkpoints/ with `latest` and `best` (text
/// files that name a checkpoint), forecast/, evaluation.json, trace.json, report.html. A function of the
/// name, never of the clock.
#ifndef MQ_MODEL_RUNDIR_H
#define MQ_MODEL_RUNDIR_H

#include "mq/base/path.h"
#include "mq/config/experiment.h"

/// Path of the run, and of a file in it.
mq_status mq_run_directory(char out[MQ_PATH_MAX], const struct mq_run_settings *run) MQ_NODISCARD;
mq_status mq_run_file(char out[MQ_PATH_MAX], const char *run_directory,
                      const char *name) MQ_NODISCARD;

/// checkpoints/step-%09d.h5
mq_status mq_run_checkpoint(char out[MQ_PATH_MAX], const char *run_directory,
                            int64_t step) MQ_NODISCARD;
/// Steps of all checkpoint files, ascending; freed with mq_free. A missing directory has none.
mq_status mq_run_checkpoints(const char *run_directory, int64_t **steps, int64_t *n) MQ_NODISCARD;
/// What pointer `which` ("latest", "best") names; step = -1 when there is no such pointer.
mq_status mq_run_pointer(const char *run_directory, const char *which, int64_t *step) MQ_NODISCARD;
mq_status mq_run_point(const char *run_directory, const char *which, int64_t step) MQ_NODISCARD;

/// Whether the file is such a pointer, by its contents; `path` is then the checkpoint it names.
bool mq_run_is_pointer(const char *file, char path[MQ_PATH_MAX]);

/// Deletes temporary files, and all checkpoints but the newest `keep` and the best one.
mq_status mq_run_prune(const char *run_directory, int64_t keep) MQ_NODISCARD;
/// Back to where the run stood at `step`: deletes later checkpoints and points `latest` and `best`
/// at what they named then.
mq_status mq_run_rewind(const char *run_directory, int64_t step, int64_t best_step) MQ_NODISCARD;
/// Deletes checkpoints, pointers, log and results: a fresh start under the same name.
mq_status mq_run_clear(const char *run_directory) MQ_NODISCARD;

#endif
