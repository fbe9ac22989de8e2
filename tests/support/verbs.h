/// The verbs over small files, in this process: for tests that let something fail in each of them.
///
///     verbs_prepare(test_world());
///     for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
///         verb_reset(verb);
///         const mq_status status = verb_run(verb, test_world());
///         verb_check(verb, status);
///     }
#ifndef TESTS_SUPPORT_VERBS_H
#define TESTS_SUPPORT_VERBS_H

#include "mq/comm/world.h"

enum { VERB_WORDS_MAX = 14, VERB_OUTCOME_MAX = 160 };

/// What a verb leaves behind.
enum verb_result { VERB_MEASURES, VERB_PRINTS, VERB_FILE, VERB_PANEL, VERB_RUN, VERB_FORECAST };

struct verb {
    const char *name; ///< as in reports; NULL ends the table
    const char *words[VERB_WORDS_MAX];
    enum verb_result kind;
    const char *result; ///< path; NULL when it only prints
    const char *reset; ///< shell command that undoes it
};

extern const struct verb verbs[];

/// Makes what the verbs read in the test's directory, which becomes the current one. Collective.
void verbs_prepare(struct mq_world *world);
/// Whether it runs on all ranks; the others run on one alone.
bool verb_is_collective(const struct verb *verb);
/// Rank 0 undoes what the verb has done. Collective.
void verb_reset(const struct verb *verb, struct mq_world *world);
/// The verb from its words to its status; what it prints goes to a file. Collective.
mq_status verb_run(const struct verb *verb, struct mq_world *world);
/// What the verb left, in one line: the same for the same result, empty for none. Fails the test when
/// it is not whole or when there are temporary files. Rank 0.
void verb_outcome(const struct verb *verb, char outcome[VERB_OUTCOME_MAX]);

#endif
