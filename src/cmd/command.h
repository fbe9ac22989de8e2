/// The command line: verbs and flags as data.
///
/// A verb is a file that defines `mq_command_<name>` and a row in commands.def. From its tables
/// follow parsing, refusals, --help, the manual page and completion. All ranks of a job parse the
/// same words, so errors found here are the same everywhere.
///
///     static const struct mq_flag flags[] = {
///         {"output", 'o', "PANEL.h5", NULL, MQ_FLAG_REQUIRED, "where the panel goes"},
///     };
///     static const struct mq_example examples[] = {
///         {"mqcast synth -o sales.h5 --series 1000 --length 400", "a thousand products, daily"},
///     };
///     static mq_status run(struct mq_world *world, const struct mq_arguments *arguments);
///     const struct mq_command mq_command_synth = {.name = "synth", .flags = flags, ...};
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include <stdint.h>

#include "cmd/page.h"
#include "mq/base/log.h"
#include "mq/base/str.h"
#include "mq/comm/world.h"

enum mq_flag_kind {
    MQ_FLAG_OPTIONAL = 0,
    MQ_FLAG_REQUIRED = 1,
    MQ_FLAG_REPEATABLE = 2,
    MQ_FLAG_BARE = 4, ///< its value may be left out, and is given as --name=VALUE
};

struct mq_flag {
    const char *name; ///< without dashes
    char letter; ///< short form "-o"; 0: none
    /// What stands for its value in the help, NULL: a switch. Alternatives are parted by '|': small
    /// letters stand for themselves, capitals for a kind of value, which completion knows by its end
    /// ("PANEL.h5", "DIR"; src/manual/completion.c).
    const char *value;
    const char *fallback; ///< value when not given, shown in the help; NULL: none
    int kind; ///< of enum mq_flag_kind
    const char *help;
};

enum mq_needs {
    MQ_NEEDS_NOTHING = 0,
    MQ_NEEDS_WORLD = 1, ///< runs on all ranks; adds --expect-ranks
    MQ_NEEDS_EXPERIMENT = 2, ///< reads an experiment; adds --set
};

struct mq_arguments;

struct mq_example {
    const char *command; ///< a command line
    const char *does;
};

struct mq_command {
    const char *name;
    const char *summary; ///< one line
    const char *description; ///< one paragraph
    const char *positionals; ///< as in the usage line: "FORMAT SOURCE..."; "" for none; see `value`
    int64_t min_positionals;
    int64_t max_positionals; ///< -1: any number
    const struct mq_flag *flags;
    int64_t n_flags;
    int needs; ///< of enum mq_needs
    const struct mq_example *examples;
    int64_t n_examples;
    const char *related; ///< other verbs to read about: "forecast evaluate"
    /// Adds what --help says below the flags; NULL: nothing.
    mq_status (*details)(struct mq_page *page);
    /// `world` is NULL unless the verb needs one. Data goes to stdout.
    mq_status (*run)(struct mq_world *world, const struct mq_arguments *arguments);
};

struct mq_given {
    const struct mq_flag *flag;
    const char *value; ///< NULL for a switch, and for a value left out
};

/// A parsed command line; points into argv.
struct mq_arguments {
    const struct mq_command *command;
    const char **positionals;
    int64_t n_positionals;
    struct mq_given *given; ///< in the order of appearance
    int64_t n_given;
};

/// All verbs, in the order of commands.def.
const struct mq_command *const *mq_commands(int64_t *n);
/// MQ_USAGE with the nearest verb as hint.
mq_status mq_command_find(const char *name, const struct mq_command **command) MQ_NODISCARD;

/// The flags that a verb takes, common ones included: table `index` of 0 .. until NULL.
const struct mq_flag *mq_command_flags(const struct mq_command *command, int64_t index, int64_t *n);

/// Parses the words after the verb. MQ_USAGE names the verb and the word. With --help among them
/// nothing is missing. Release with mq_arguments_release in every case.
mq_status mq_arguments_parse(struct mq_arguments *arguments, const struct mq_command *command,
                             int argc, char *const argv[]) MQ_NODISCARD;
void mq_arguments_release(struct mq_arguments *arguments);

bool mq_flag_is_given(const struct mq_arguments *arguments, const char *name);
/// The value given last, else the fallback of the flag's row (may be NULL).
const char *mq_flag_text(const struct mq_arguments *arguments, const char *name);
/// The value as a whole number from `low` to `high`, else MQ_USAGE. A flag that was not given and
/// has no fallback leaves `value` untouched.
mq_status mq_flag_i64(const struct mq_arguments *arguments, const char *name, int64_t low,
                      int64_t high, int64_t *value) MQ_NODISCARD;
/// The same as a number.
mq_status mq_flag_f64(const struct mq_arguments *arguments, const char *name, double low,
                      double high, double *value) MQ_NODISCARD;
/// The value as a duration ("90s", "4h"), in the same way.
mq_status mq_flag_duration_s(const struct mq_arguments *arguments, const char *name,
                             double *seconds) MQ_NODISCARD;
/// All values of a repeatable flag in order; the caller frees the array with mq_free.
mq_status mq_flag_all(const struct mq_arguments *arguments, const char *name, const char ***values,
                      int64_t *n) MQ_NODISCARD;

/// Adds the help of one verb, of the program (its verbs), of the experiment (every setting).
mq_status mq_help_command(const struct mq_command *command, struct mq_page *page) MQ_NODISCARD;
mq_status mq_help_program(struct mq_page *page) MQ_NODISCARD;
mq_status mq_help_experiment(struct mq_page *page) MQ_NODISCARD;
/// Adds the codes that every verb ends with.
mq_status mq_help_exit_codes(struct mq_page *page) MQ_NODISCARD;
/// Appends the versions of the program and of its libraries. Needs no world.
mq_status mq_help_version(struct mq_str *text) MQ_NODISCARD;

#endif
