/// Status codes and the error message that goes with them.
///
/// A function that can fail because the world failed (file, memory, data, experiment) returns
/// `mq_status`. The message is made once, where the facts are, with mq_fail(); callers pass it up
/// with MQ_TRY(), which adds a frame. The values are the exit codes of the program.
///
///     if (row_is_bad) return mq_fail(MQ_DATA, "%s:%ld: '%s' is not a number", file, row, text);
///     MQ_TRY(mq_panel_open(&panel, path));
///
/// The error record is thread-local. A worker hands its record over with mq_error_get/mq_error_set.
#ifndef MQ_BASE_STATUS_H
#define MQ_BASE_STATUS_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mq_status {
    MQ_OK = 0, ///< done
    MQ_FAILED = 1, ///< input/output or internal failure
    MQ_USAGE = 2, ///< wrong command line or experiment
    MQ_DATA = 3, ///< wrong, damaged or insufficient data
    MQ_NUMERIC = 4, ///< NaN, infinity, overflow
    MQ_STOPPED = 75, ///< stopped early by a signal or the clock; a valid checkpoint exists
} mq_status;

enum { MQ_MESSAGE_MAX = 1024, MQ_HINT_MAX = 512, MQ_FRAMES_MAX = 512 };

/// One failure: plain data, so that it can be sent between threads and ranks.
struct mq_error {
    mq_status status;
    bool is_out_of_memory; ///< which is no fault of what was being read or asked for
    char message[MQ_MESSAGE_MAX]; ///< one line, no trailing newline
    char hint[MQ_HINT_MAX]; ///< the way out, or empty
    char frames[MQ_FRAMES_MAX]; ///< innermost first, for -v
};

#define MQ_NODISCARD __attribute__((warn_unused_result))
#define MQ_PRINTF(text, first) __attribute__((format(printf, text, first)))

/// Records a failure in this thread's error record, clearing hint and frames; returns `status`.
mq_status mq_fail(mq_status status, const char *format, ...) MQ_PRINTF(2, 3);

/// The same for want of memory: MQ_FAILED with "out of memory: " in front of what it was for.
mq_status mq_fail_memory(const char *format, ...) MQ_PRINTF(1, 2);

/// Whether this thread's last failure was one. Who takes a failure for a fact about a file
/// (damaged, not there) asks first.
bool mq_is_out_of_memory(void);

/// Adds the way out to the failure just recorded; returns its status.
mq_status mq_hint(const char *format, ...) MQ_PRINTF(1, 2);

/// Puts "text: " in front of the recorded message, for facts that only a caller knows.
mq_status mq_prefix(const char *format, ...) MQ_PRINTF(1, 2);

/// Adds the name of a function to the recorded failure's frames; returns `status`.
mq_status mq_frame(mq_status status, const char *function);

/// This thread's last failure; valid until the next one.
const struct mq_error *mq_error_get(void);

/// Adopts a failure that happened in another thread or rank.
void mq_error_set(const struct mq_error *error);

/// Returns from the caller with the status of `call` when that is not MQ_OK.
#define MQ_TRY(call)                                                                               \
    do {                                                                                           \
        const mq_status try_status_ = (call);                                                      \
        if (try_status_ != MQ_OK) return mq_frame(try_status_, __func__);                          \
    } while (0)

/// The same for functions that clean up: sets the local `status` and jumps to the label `done`.
#define MQ_DO(call)                                                                                \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != MQ_OK) {                                                                     \
            (void)mq_frame(status, __func__);                                                      \
            goto done;                                                                             \
        }                                                                                          \
    } while (0)

/// Invariants of our own code: on in debug builds and tests, free in release.
#ifdef NDEBUG
#define MQ_ASSERT(condition) ((void)sizeof(condition))
#else
#define MQ_ASSERT(condition)                                                                       \
    ((condition) ? (void)0 : mq_assert_failed(#condition, __FILE__, __LINE__, __func__))
#endif
__attribute__((noreturn)) void mq_assert_failed(const char *condition, const char *file, int line,
                                                const char *function);

#ifdef __cplusplus
}
#endif

#endif
