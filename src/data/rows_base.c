// The panel that rows are appended to: its series are items that came before the rows.
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "data/date.h"
#include "data/panel.h"
#include "data/rows_plan.h"
#include "data/schema.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"

// A block of series to copy holds about this many values; ids are read so many at once.
enum { BLOCK_VALUES = 1 << 20, SERIES_AT_ONCE = 4096 };

// ---- is it the same kind of panel? --------------------------------------------------------------

static mq_status list_covariates(struct mq_str *text, const struct mq_covariate covariates[],
                                 int64_t n)
{
    if (n == 0) return mq_str_add(text, "none");
    for (int64_t c = 0; c < n; c++)
        MQ_TRY(mq_str_printf(text, "%s%s %s", c > 0 ? ", " : "",
                             mq_role_group(covariates[c].role) + 1, covariates[c].name));
    return MQ_OK;
}

static mq_status fail_covariates(const struct mq_panel_info *base, const struct mq_panel_info *made,
                                 const char *path)
{
    struct mq_str theirs = {0};
    struct mq_str ours = {0};
    mq_status status = MQ_OK;
    MQ_DO(list_covariates(&theirs, base->covariates, base->n_covariates));
    MQ_DO(list_covariates(&ours, made->covariates, made->n_covariates));
    (void)mq_fail(MQ_USAGE, "%s: its covariates are %s; those of the sources are %s", path,
                  theirs.data, ours.data);
    status = mq_hint("append with the schema and calendar that the panel was made with");
done:
    mq_str_release(&theirs);
    mq_str_release(&ours);
    return status;
}

// The panel's covariate of that role and name; -1: it has none.
static int64_t find_covariate(const struct mq_panel_info *base, const struct mq_covariate *wanted)
{
    for (int64_t c = 0; c < base->n_covariates; c++)
        if (base->covariates[c].role == wanted->role &&
            strcmp(base->covariates[c].name, wanted->name) == 0)
            return c;
    return -1;
}

// The covariates of the sources, as they will be written: the panel's may stand in another order.
static mq_status join_covariates(const struct mq_rows *rows, struct mq_panel_info *made)
{
    const struct mq_schema *schema = rows->schema;
    *made = (struct mq_panel_info){.n_covariates = schema->n_covariates};
    memcpy(made->covariates, schema->covariates, sizeof made->covariates);
    mq_rows_base_join(rows, made);
    return schema->calendar_file != NULL ? mq_calendar_file_join(schema->calendar_file, made)
                                         : MQ_OK;
}

static mq_status check_kind(struct mq_rows *rows)
{
    const struct mq_panel_info *base = mq_panel_info(rows->base.panel);
    const char *path = rows->schema->append_to;
    struct mq_panel_info made;
    MQ_TRY(join_covariates(rows, &made));
    bool is_same = made.n_covariates == base->n_covariates;
    for (int64_t c = 0; is_same && c < made.n_covariates; c++) {
        rows->base.covariate[c] = find_covariate(base, &made.covariates[c]);
        is_same = rows->base.covariate[c] >= 0;
    }
    if (!is_same) return fail_covariates(base, &made, path);
    if (base->has_available == (rows->available >= 0)) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "%s: availability is %sstored, but the schema names %s column of it",
                  path, base->has_available ? "" : "not ", base->has_available ? "no" : "a");
    return mq_hint("append with the schema that the panel was made with");
}

void mq_rows_base_join(const struct mq_rows *rows, struct mq_panel_info *info)
{
    if (rows->base.panel == NULL || rows->schema->calendar_file != NULL) return;
    const struct mq_panel_info *base = mq_panel_info(rows->base.panel);
    for (int64_t c = 0; c < base->n_covariates && info->n_covariates < MQ_COVARIATES_MAX; c++)
        if (base->covariates[c].role == MQ_ROLE_CALENDAR &&
            find_covariate(info, &base->covariates[c]) < 0)
            info->covariates[info->n_covariates++] = base->covariates[c];
}

// ---- opening ------------------------------------------------------------------------------------

// Series [first, first + n): their ids become items, with what is static about them.
static mq_status add_items(struct mq_rows *rows, int64_t first, int64_t n)
{
    struct mq_panel *panel = rows->base.panel;
    const int64_t width = rows->schema->n_covariates;
    mq_status status = MQ_OK;
    char **ids = NULL;
    float *statics = NULL;
    MQ_DO(mq_panel_ids(panel, first, n, &ids));
    MQ_NEW_DO(statics, n);
    for (int64_t i = 0; i < n; i++) {
        int64_t item = 0;
        MQ_DO(mq_rows_add_item(rows, ids[i], 0, &item));
        if (item != first + i)
            MQ_DO(
                mq_fail(MQ_DATA, "%s: two series have the id '%s'", mq_panel_path(panel), ids[i]));
    }
    for (int64_t c = 0; c < width; c++) {
        const enum mq_role role = rows->schema->covariates[c].role;
        if (role != MQ_ROLE_STATIC_REAL && role != MQ_ROLE_STATIC_CATEGORY) continue;
        MQ_DO(mq_h5_table_read(panel->covariate[rows->base.covariate[c]], first, n, statics));
        for (int64_t i = 0; i < n; i++)
            rows->statics[(first + i) * width + c] = statics[i];
    }
done:
    mq_free(ids);
    mq_free(statics);
    return status;
}

static mq_status add_categories(struct mq_rows *rows, int64_t c)
{
    struct mq_panel *panel = rows->base.panel;
    const int64_t held = rows->base.covariate[c];
    const int64_t n = mq_panel_info(panel)->covariates[held].cardinality;
    char **names = NULL;
    mq_status status = MQ_OK;
    int64_t number = 0;
    MQ_TRY(mq_panel_vocabulary(panel, held, &names));
    for (int64_t i = 0; i < n; i++) {
        MQ_DO(mq_names_add(&rows->categories[c], names[i], &number));
        if (number != i)
            MQ_DO(mq_fail(MQ_DATA, "%s: two categories are called '%s'", mq_panel_path(panel),
                          names[i]));
    }
done:
    mq_free(names);
    return status;
}

static void identify(const char *path, dev_t *device, ino_t *inode)
{
    struct stat info = {0};
    (void)stat(path, &info); // what is not there is no file
    *device = info.st_dev;
    *inode = info.st_ino;
}

mq_status mq_rows_base_check(const struct mq_rows *rows)
{
    const struct mq_rows_base *base = &rows->base;
    dev_t device = 0;
    ino_t inode = 0;
    if (base->panel == NULL) return MQ_OK;
    identify(rows->schema->append_to, &device, &inode);
    if (device == base->device && inode == base->inode) return MQ_OK;
    (void)mq_fail(MQ_FAILED, "%s: was replaced by another process while rows were appended to it",
                  rows->schema->append_to);
    return mq_hint("run the same command again");
}

mq_status mq_rows_base_open(struct mq_rows *rows)
{
    struct mq_rows_base *base = &rows->base;
    identify(rows->schema->append_to, &base->device, &base->inode);
    MQ_TRY(mq_panel_open(&base->panel, rows->schema->append_to));
    MQ_TRY(check_kind(rows));
    const int64_t n = mq_panel_info(base->panel)->n_series;
    base->n_series = n;
    MQ_NEW(base->start, n);
    MQ_NEW(base->length, n);
    MQ_TRY(mq_panel_places(base->panel, 0, n, base->start, base->length));
    for (int64_t first = 0; first < n; first += SERIES_AT_ONCE)
        MQ_TRY(add_items(rows, first, mq_min_i64(SERIES_AT_ONCE, n - first)));
    for (int64_t c = 0; c < rows->schema->n_covariates; c++)
        if (rows->schema->covariates[c].role == MQ_ROLE_STATIC_CATEGORY)
            MQ_TRY(add_categories(rows, c));
    return MQ_OK;
}

void mq_rows_base_close(struct mq_rows_base *base)
{
    mq_panel_close(base->panel);
    mq_free(base->start);
    mq_free(base->length);
    *base = (struct mq_rows_base){0};
}

// ---- time ---------------------------------------------------------------------------------------

mq_status mq_rows_base_calendar(struct mq_rows *rows, int64_t earliest_s,
                                struct mq_calendar *calendar)
{
    struct mq_rows_base *base = &rows->base;
    const struct mq_calendar *held = &mq_panel_info(base->panel)->calendar;
    const char *frequency = rows->schema->frequency;
    *calendar = *held;
    if (frequency[0] != '\0') MQ_TRY(mq_schema_calendar(rows->schema, "", "", calendar));
    calendar->epoch_s = held->epoch_s;
    if (calendar->unit != held->unit || calendar->multiple != held->multiple) {
        char text[MQ_DATE_MAX];
        mq_frequency_print(held, text);
        return mq_fail(MQ_USAGE, "%s: is %s, but the schema says frequency: %s",
                       rows->schema->append_to, text, frequency);
    }
    const int64_t first = mq_period_of(held, earliest_s);
    if (first >= 0) return MQ_OK;
    calendar->epoch_s = mq_period_start_s(held, first);
    if (-first < MQ_PERIODS_MAX && mq_period_start_s(calendar, -first) == held->epoch_s) {
        base->shift = -first;
        return MQ_OK;
    }
    char text[MQ_DATE_MAX];
    mq_date_print(earliest_s, text);
    return mq_fail(MQ_DATA, "%s: cannot begin earlier, on %s", rows->schema->append_to, text);
}

// ---- values -------------------------------------------------------------------------------------

mq_status mq_rows_base_turn(struct mq_rows_plan *plan, int64_t item)
{
    const struct mq_rows_base *base = &plan->rows->base;
    struct mq_series_block *block = &plan->block;
    if (item >= base->n_series || (block->n > 0 && item < block->first + block->n)) return MQ_OK;
    const int64_t n_values = mq_panel_info(base->panel)->n_values;
    const int64_t n = mq_max_i64(1, BLOCK_VALUES / (n_values / base->n_series + 1));
    mq_series_block_release(block);
    return mq_panel_read(base->panel, item, mq_min_i64(n, base->n_series - item), block);
}

static struct mq_held held_of(const struct mq_rows_plan *plan, int64_t item, const float *values,
                              int64_t ahead)
{
    const struct mq_rows_base *base = &plan->rows->base;
    const struct mq_series_block *block = &plan->block;
    if (item >= base->n_series || values == NULL) return (struct mq_held){0};
    const int64_t i = item - block->first;
    return (struct mq_held){values + block->offset[i] + i * ahead, base->start[item] + base->shift,
                            base->length[item], ahead};
}

struct mq_held mq_rows_base_target(const struct mq_rows_plan *plan, int64_t item)
{
    return held_of(plan, item, plan->block.target, 0);
}

struct mq_held mq_rows_base_available(const struct mq_rows_plan *plan, int64_t item)
{
    return held_of(plan, item, plan->block.available, 0);
}

struct mq_held mq_rows_base_covariate(const struct mq_rows_plan *plan, int64_t item, int64_t c)
{
    const int64_t held = plan->rows->base.covariate[c];
    const float *known = plan->block.known[held];
    return known != NULL ? held_of(plan, item, known, plan->block.ahead)
                         : held_of(plan, item, plan->block.past[held], 0);
}

struct mq_held mq_rows_base_shared(const struct mq_rows *rows, int64_t c)
{
    const struct mq_rows_base *base = &rows->base;
    if (base->panel == NULL) return (struct mq_held){0};
    const struct mq_panel_info *info = mq_panel_info(base->panel);
    const int64_t held = base->covariate[c];
    const int64_t n = mq_panel_calendar_length(base->panel, held);
    const int64_t n_periods = mq_min_i64(n, info->n_periods);
    return (struct mq_held){mq_panel_calendar(base->panel, held), base->shift, n_periods,
                            n - n_periods};
}
