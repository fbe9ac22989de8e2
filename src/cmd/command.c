// Verbs and their arguments: declared as tables, parsed here.
#include "cmd/command.h"

#include <string.h>

#include "mq/base/alloc.h"

enum { NAMES_MAX = 64 };

#define COUNT(rows) ((int64_t)(sizeof(rows) / sizeof *(rows)))

#define MQ_COMMAND(name) extern const struct mq_command mq_command_##name;
#include "cmd/commands.def"
#undef MQ_COMMAND

static const struct mq_command *const commands[] = {
#define MQ_COMMAND(name) &mq_command_##name,
#include "cmd/commands.def"
#undef MQ_COMMAND
};

static const struct mq_flag common_flags[] = {
    {"help", 'h', NULL, NULL, 0, "print this"},
    {"verbose", 'v', NULL, NULL, 0, "more lines on stderr"},
    {"quiet", 'q', NULL, NULL, 0, "only warnings and errors on stderr"},
};
static const struct mq_flag world_flags[] = {
    {"expect-ranks", 0, "N", NULL, 0, "refuse to start with another number of ranks"},
    {"stall-warn", 0, "TIME", "60s", 0, "name ranks that the others wait for so long; 0: never"},
    {"stall-end", 0, "TIME", "30m", 0, "end the job when they wait for so long; 0: never"},
};
static const struct mq_flag experiment_flags[] = {
    {"set", 0, "SECTION.KEY=VALUE", NULL, MQ_FLAG_REPEATABLE, "change a setting"},
};

const struct mq_command *const *mq_commands(int64_t *n)
{
    *n = COUNT(commands);
    return commands;
}

mq_status mq_command_find(const char *name, const struct mq_command **command)
{
    const char *names[COUNT(commands)];
    for (int64_t i = 0; i < COUNT(commands); i++) {
        names[i] = commands[i]->name;
        if (strcmp(name, names[i]) != 0) continue;
        *command = commands[i];
        return MQ_OK;
    }
    (void)mq_fail(MQ_USAGE, "there is no verb '%s'", name);
    const char *nearest = mq_str_nearest(name, names, COUNT(commands));
    if (nearest != NULL) return mq_hint("did you mean 'mqcast %s'?", nearest);
    return mq_hint("'mqcast --help' lists the verbs");
}

const struct mq_flag *mq_command_flags(const struct mq_command *command, int64_t index, int64_t *n)
{
    const bool needs_experiment = (command->needs & MQ_NEEDS_EXPERIMENT) != 0;
    const bool needs_world = (command->needs & MQ_NEEDS_WORLD) != 0;
    *n = 0;
    switch (index) {
    case 0:
        *n = command->n_flags;
        return command->n_flags > 0 ? command->flags : common_flags;
    case 1:
        *n = needs_experiment ? COUNT(experiment_flags) : 0;
        return experiment_flags;
    case 2:
        *n = needs_world ? COUNT(world_flags) : 0;
        return world_flags;
    case 3:
        *n = COUNT(common_flags);
        return common_flags;
    default:
        return NULL;
    }
}

// The row of a flag by name (or by letter, when `name` is NULL); NULL when the verb has none.
static const struct mq_flag *find_flag(const struct mq_command *command, const char *name,
                                       size_t length, char letter)
{
    int64_t n = 0;
    const struct mq_flag *flags = NULL;
    for (int64_t i = 0; (flags = mq_command_flags(command, i, &n)) != NULL; i++) {
        for (int64_t j = 0; j < n; j++) {
            if (name == NULL && flags[j].letter == letter) return &flags[j];
            if (name != NULL && strlen(flags[j].name) == length &&
                strncmp(flags[j].name, name, length) == 0)
                return &flags[j];
        }
    }
    return NULL;
}

// ---- parsing ------------------------------------------------------------------------------------

static mq_status refuse_flag(const struct mq_command *command, const char *word)
{
    const char *names[NAMES_MAX];
    int64_t total = 0;
    int64_t n = 0;
    const struct mq_flag *flags = NULL;
    for (int64_t i = 0; (flags = mq_command_flags(command, i, &n)) != NULL; i++)
        for (int64_t j = 0; j < n && total < NAMES_MAX; j++)
            names[total++] = flags[j].name;
    (void)mq_fail(MQ_USAGE, "%s: unknown flag '%s'", command->name, word);
    const char *bare = word + strspn(word, "-");
    char name[NAMES_MAX] = "";
    (void)strncat(name, bare, strcspn(bare, "=") < NAMES_MAX ? strcspn(bare, "=") : NAMES_MAX - 1);
    const char *nearest = strlen(name) > 1 ? mq_str_nearest(name, names, total) : NULL;
    if (nearest != NULL) return mq_hint("did you mean --%s?", nearest);
    return mq_hint("'mqcast %s --help' lists the flags", command->name);
}

static mq_status add_given(struct mq_arguments *arguments, const struct mq_flag *flag,
                           const char *value)
{
    const bool is_repeatable = (flag->kind & MQ_FLAG_REPEATABLE) != 0 || flag->value == NULL;
    if (!is_repeatable && mq_flag_is_given(arguments, flag->name))
        return mq_fail(MQ_USAGE, "%s: --%s is given twice", arguments->command->name, flag->name);
    arguments->given[arguments->n_given++] = (struct mq_given){flag, value};
    return MQ_OK;
}

// Takes the flag at argv[*i], and the next word where that is its value.
static mq_status take_flag(struct mq_arguments *arguments, int argc, char *const argv[], int *i)
{
    const struct mq_command *command = arguments->command;
    const char *word = argv[*i];
    const bool is_long = word[1] == '-';
    const char *equals = is_long ? strchr(word, '=') : NULL;
    const size_t length = equals != NULL ? (size_t)(equals - word) - 2 : strlen(word) - 2;
    const struct mq_flag *flag = NULL;
    if (is_long)
        flag = find_flag(command, word + 2, length, 0);
    else if (word[2] == '\0')
        flag = find_flag(command, NULL, 0, word[1]);
    if (flag == NULL) return refuse_flag(command, word);
    if (flag->value == NULL) {
        if (equals == NULL) return add_given(arguments, flag, NULL);
        return mq_fail(MQ_USAGE, "%s: --%s takes no value", command->name, flag->name);
    }
    if (equals != NULL) return add_given(arguments, flag, equals + 1);
    if ((flag->kind & MQ_FLAG_BARE) != 0) return add_given(arguments, flag, NULL);
    if (*i + 1 == argc || strncmp(argv[*i + 1], "--", 2) == 0) {
        (void)mq_fail(MQ_USAGE, "%s: %s lacks its value", command->name, word);
        return mq_hint("%s %s: %s", word, flag->value, flag->help);
    }
    return add_given(arguments, flag, argv[++*i]);
}

static mq_status take_words(struct mq_arguments *arguments, int argc, char *const argv[])
{
    bool are_flags_over = false;
    for (int i = 0; i < argc; i++) {
        if (!are_flags_over && strcmp(argv[i], "--") == 0)
            are_flags_over = true;
        else if (!are_flags_over && argv[i][0] == '-' && argv[i][1] != '\0')
            MQ_TRY(take_flag(arguments, argc, argv, &i));
        else
            arguments->positionals[arguments->n_positionals++] = argv[i];
    }
    return MQ_OK;
}

static mq_status hint_usage(const struct mq_command *command)
{
    return mq_hint("usage: mqcast %s%s%s [flags]", command->name,
                   *command->positionals != '\0' ? " " : "", command->positionals);
}

static mq_status check_complete(const struct mq_arguments *arguments)
{
    const struct mq_command *command = arguments->command;
    if (arguments->n_positionals < command->min_positionals) {
        (void)mq_fail(MQ_USAGE, "%s: expected %s", command->name, command->positionals);
        return hint_usage(command);
    }
    if (command->max_positionals >= 0 && arguments->n_positionals > command->max_positionals) {
        (void)mq_fail(MQ_USAGE, "%s: '%s' is one word too many", command->name,
                      arguments->positionals[command->max_positionals]);
        return hint_usage(command);
    }
    for (int64_t i = 0; i < command->n_flags; i++) {
        const struct mq_flag *flag = &command->flags[i];
        if ((flag->kind & MQ_FLAG_REQUIRED) == 0 || mq_flag_is_given(arguments, flag->name))
            continue;
        (void)mq_fail(MQ_USAGE, "%s: --%s is missing", command->name, flag->name);
        return mq_hint("--%s %s: %s", flag->name, flag->value, flag->help);
    }
    return MQ_OK;
}

mq_status mq_arguments_parse(struct mq_arguments *arguments, const struct mq_command *command,
                             int argc, char *const argv[])
{
    *arguments = (struct mq_arguments){.command = command};
    MQ_NEW(arguments->positionals, argc + 1);
    MQ_NEW(arguments->given, argc + 1);
    MQ_TRY(take_words(arguments, argc, argv));
    return mq_flag_is_given(arguments, "help") ? MQ_OK : check_complete(arguments);
}

void mq_arguments_release(struct mq_arguments *arguments)
{
    mq_free(arguments->positionals);
    mq_free(arguments->given);
    *arguments = (struct mq_arguments){0};
}

// ---- access -------------------------------------------------------------------------------------

bool mq_flag_is_given(const struct mq_arguments *arguments, const char *name)
{
    for (int64_t i = 0; i < arguments->n_given; i++)
        if (strcmp(arguments->given[i].flag->name, name) == 0) return true;
    return false;
}

const char *mq_flag_text(const struct mq_arguments *arguments, const char *name)
{
    for (int64_t i = arguments->n_given - 1; i >= 0; i--)
        if (strcmp(arguments->given[i].flag->name, name) == 0) return arguments->given[i].value;
    const struct mq_flag *flag = find_flag(arguments->command, name, strlen(name), 0);
    MQ_ASSERT(flag != NULL);
    return flag->fallback;
}

mq_status mq_flag_i64(const struct mq_arguments *arguments, const char *name, int64_t low,
                      int64_t high, int64_t *value)
{
    const char *text = mq_flag_text(arguments, name);
    if (text == NULL) return MQ_OK;
    int64_t parsed = 0;
    if (!mq_parse_i64(text, &parsed))
        return mq_fail(MQ_USAGE, "%s: --%s: '%s' is not a whole number", arguments->command->name,
                       name, text);
    if (parsed < low || parsed > high)
        return mq_fail(MQ_USAGE, "%s: --%s: %s is out of range: expected %lld to %lld",
                       arguments->command->name, name, text, (long long)low, (long long)high);
    *value = parsed;
    return MQ_OK;
}

mq_status mq_flag_f64(const struct mq_arguments *arguments, const char *name, double low,
                      double high, double *value)
{
    const char *text = mq_flag_text(arguments, name);
    if (text == NULL) return MQ_OK;
    double parsed = 0;
    if (!mq_parse_f64(text, &parsed))
        return mq_fail(MQ_USAGE, "%s: --%s: '%s' is not a number", arguments->command->name, name,
                       text);
    if (!(parsed >= low && parsed <= high))
        return mq_fail(MQ_USAGE, "%s: --%s: %s is out of range: expected %.10g to %.10g",
                       arguments->command->name, name, text, low, high);
    *value = parsed;
    return MQ_OK;
}

mq_status mq_flag_duration_s(const struct mq_arguments *arguments, const char *name,
                             double *seconds)
{
    const char *text = mq_flag_text(arguments, name);
    if (text == NULL || mq_parse_duration_s(text, seconds)) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "%s: --%s: '%s' is not a duration", arguments->command->name, name,
                  text);
    return mq_hint("for instance 90s, 15m, 4h or 1:30:00");
}

mq_status mq_flag_all(const struct mq_arguments *arguments, const char *name, const char ***values,
                      int64_t *n)
{
    const char **all = NULL;
    MQ_NEW(all, arguments->n_given);
    *n = 0;
    for (int64_t i = 0; i < arguments->n_given; i++)
        if (strcmp(arguments->given[i].flag->name, name) == 0)
            all[(*n)++] = arguments->given[i].value;
    *values = all;
    return MQ_OK;
}
