// The Monash archive's .tsf: a header of @tags, then a line for each series, "T1:2011-12-09
// 00-00-00:1.5,?,2": a field for each attribute, then the values.
//
// Attribute series_name is the id (without it the number of the line among the data), and
// start_timestamp the start; other texts and dates become categories, other numbers static reals.
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "data/items.h"
#include "data/lines.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"

enum use { ID, START, CATEGORY, REAL };

struct tsf {
    struct mq_items items;
    struct mq_lines lines;
    int64_t n_attributes;
    enum use use[MQ_COVARIATES_MAX];
    char name[MQ_COVARIATES_MAX][MQ_NAME_MAX];
    int64_t covariate[MQ_COVARIATES_MAX]; // of a CATEGORY or REAL
    char frequency[MQ_NAME_MAX];
    bool has_data; // the header is over
    float *values; // of one series
    int64_t n_values;
};

static mq_status fail_line(const struct tsf *tsf, const char *what, const char *text)
{
    return mq_fail(MQ_DATA, "%s:%lld: %s '%.64s'", tsf->lines.input.path, (long long)tsf->lines.row,
                   what, text);
}

// ---- the header ---------------------------------------------------------------------------------

// Cuts the first word off `*text`.
static char *take_word(char **text)
{
    *text += strspn(*text, " \t");
    char *word = *text;
    *text += strcspn(*text, " \t");
    if (**text != '\0') *(*text)++ = '\0';
    return word;
}

static mq_status add_attribute(struct tsf *tsf, const char *name, const char *type)
{
    const int64_t i = tsf->n_attributes;
    if (*name == '\0' || *type == '\0')
        return fail_line(tsf, "no name and type in attribute", name);
    if (i == MQ_COVARIATES_MAX) return fail_line(tsf, "too many attributes: the last is", name);
    if (strcmp(name, "series_name") == 0)
        tsf->use[i] = ID;
    else if (strcmp(name, "start_timestamp") == 0)
        tsf->use[i] = START;
    else if (strcasecmp(type, "numeric") == 0)
        tsf->use[i] = REAL;
    else if (strcasecmp(type, "string") == 0 || strcasecmp(type, "date") == 0)
        tsf->use[i] = CATEGORY;
    else
        return fail_line(tsf, "attributes are string, numeric or date, not", type);
    if (snprintf(tsf->name[i], MQ_NAME_MAX, "%s", name) >= MQ_NAME_MAX)
        return fail_line(tsf, "too long: attribute", name);
    tsf->n_attributes++;
    return MQ_OK;
}

static mq_status read_tag(struct tsf *tsf, char *text)
{
    static const char *const unused[] = {"@relation", "@horizon", "@missing", "@equallength"};
    const char *tag = take_word(&text);
    if (strcasecmp(tag, "@attribute") == 0) {
        const char *name = take_word(&text);
        return add_attribute(tsf, name, take_word(&text));
    }
    if (strcasecmp(tag, "@frequency") == 0) {
        (void)snprintf(tsf->frequency, sizeof tsf->frequency, "%s", take_word(&text));
        return MQ_OK;
    }
    for (size_t i = 0; i < sizeof unused / sizeof *unused; i++)
        if (strcasecmp(tag, unused[i]) == 0) return MQ_OK;
    tsf->has_data = strcasecmp(tag, "@data") == 0;
    return tsf->has_data ? MQ_OK : fail_line(tsf, "unknown tag", tag);
}

static mq_status add_covariates(struct tsf *tsf, enum use use, enum mq_role role)
{
    for (int64_t i = 0; i < tsf->n_attributes; i++) {
        if (tsf->use[i] != use) continue;
        tsf->covariate[i] = tsf->items.info.n_covariates;
        MQ_TRY(mq_items_add_covariate(&tsf->items, tsf->name[i], role));
    }
    return MQ_OK;
}

static mq_status end_header(struct tsf *tsf)
{
    MQ_TRY(mq_items_set_frequency(&tsf->items, tsf->frequency, tsf->lines.input.path));
    MQ_TRY(add_covariates(tsf, REAL, MQ_ROLE_STATIC_REAL));
    return add_covariates(tsf, CATEGORY, MQ_ROLE_STATIC_CATEGORY);
}

// ---- series -------------------------------------------------------------------------------------

// "2011-12-09 08-30-00", or as dates are written elsewhere.
static mq_status read_start(const struct tsf *tsf, char *text, int64_t *start_s)
{
    const size_t n = strlen(text);
    for (size_t i = 11; i < n; i++)
        if (text[i] == '-') text[i] = ':';
    if (mq_date_parse(text, start_s)) return MQ_OK;
    return fail_line(tsf, "not a date:", text);
}

static mq_status read_number(const struct tsf *tsf, const char *text, float *value)
{
    double number = (double)NAN;
    if (strcmp(text, "?") != 0 && strcasecmp(text, "nan") != 0 && !mq_parse_f64(text, &number))
        return fail_line(tsf, "not a number:", text);
    *value = (float)number;
    return fabs(number) > MQ_VALUE_MAX ? fail_line(tsf, "too large, beyond 1e15:", text) : MQ_OK;
}

static mq_status read_values(struct tsf *tsf, char *text)
{
    int64_t n = 0;
    for (bool is_last = *text == '\0'; !is_last; n++) {
        char *number = text + strspn(text, " ");
        text = number + strcspn(number, ",");
        is_last = *text == '\0';
        *text++ = '\0';
        number[strcspn(number, " ")] = '\0';
        if (n == tsf->n_values) {
            const int64_t capacity = mq_max_i64(1024, 2 * tsf->n_values);
            float *values = mq_realloc(tsf->values, capacity, sizeof *values);
            if (values == NULL) return MQ_FAILED;
            tsf->values = values;
            tsf->n_values = capacity;
        }
        MQ_TRY(read_number(tsf, number, &tsf->values[n]));
    }
    return mq_items_add_target(&tsf->items, tsf->values, n);
}

static mq_status read_series(struct tsf *tsf, char *text)
{
    char *field[MQ_COVARIATES_MAX];
    char number[32];
    (void)snprintf(number, sizeof number, "%lld", (long long)tsf->items.ids.n + 1);
    const char *id = number;
    int64_t start_s = MQ_UNDATED;
    for (int64_t i = 0; i < tsf->n_attributes; i++) {
        char *colon = strchr(text, ':');
        if (colon == NULL) return fail_line(tsf, "fewer fields than attributes:", text);
        *colon = '\0';
        field[i] = text;
        text = colon + 1;
        if (tsf->use[i] == ID) id = field[i];
        if (tsf->use[i] == START) MQ_TRY(read_start(tsf, field[i], &start_s));
    }
    MQ_TRY(mq_items_begin(&tsf->items, id, start_s, tsf->lines.input.path, tsf->lines.row));
    for (int64_t i = 0; i < tsf->n_attributes; i++) {
        float value = 0;
        if (tsf->use[i] == CATEGORY)
            MQ_TRY(mq_items_set_category(&tsf->items, tsf->covariate[i], field[i]));
        if (tsf->use[i] != REAL) continue;
        MQ_TRY(read_number(tsf, field[i], &value));
        mq_items_set_real(&tsf->items, tsf->covariate[i], value);
    }
    return read_values(tsf, text);
}

static mq_status read_line(struct tsf *tsf)
{
    char *text = tsf->lines.line.data;
    text += strspn(text, " \t");
    if (*text == '\0' || *text == '#') return MQ_OK;
    if (tsf->has_data) return read_series(tsf, text);
    if (*text != '@') return fail_line(tsf, "data before @data:", text);
    MQ_TRY(read_tag(tsf, text));
    return tsf->has_data ? end_header(tsf) : MQ_OK;
}

static mq_status run(const struct mq_schema *schema, const char *const sources[], int64_t n_sources,
                     const char *output)
{
    mq_status status = MQ_OK;
    struct tsf *tsf = NULL;
    bool has_line = false;
    if (n_sources > 1) return mq_fail(MQ_USAGE, "%s: a tsf panel is one file", sources[1]);
    MQ_NEW(tsf, 1);
    MQ_DO(mq_items_init(&tsf->items, schema, "tsf", sources, n_sources));
    MQ_DO(mq_lines_open(&tsf->lines, sources[0]));
    MQ_DO(mq_lines_next(&tsf->lines, &has_line));
    while (has_line) {
        MQ_DO(read_line(tsf));
        MQ_DO(mq_lines_next(&tsf->lines, &has_line));
    }
    if (!tsf->has_data) MQ_DO(mq_fail(MQ_DATA, "%s: there is no @data", sources[0]));
    MQ_DO(mq_items_write(&tsf->items, output));
done:
    mq_lines_close(&tsf->lines);
    mq_items_release(&tsf->items);
    mq_free(tsf->values);
    mq_free(tsf);
    return status;
}

const struct mq_import_format mq_import_tsf = {
    .name = "tsf",
    .summary = "Monash archive: FILE.tsf",
    .run = run,
};
