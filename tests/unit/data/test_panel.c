// Panels: everything written comes back, in any blocks; contradictions and damage are named.
#include "support/harness.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/path.h"
#include "mq/data/panel.h"
#include "mq/h5/table.h"

enum { PRICE, OPEN, TRAFFIC, WEIGHT, SHOP, N_COVARIATES, N = 4, AHEAD = 2, PERIODS = 7 };

/// HDF5 forgets the object headers that it could not decode; our own memory is counted.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

/// Four series: unequal starts, one without values.
struct item {
    const char *id;
    int64_t start;
    int64_t length;
    float target[4];
    float available[4];
    float traffic[4];
    float price[4 + AHEAD];
    float statics[N_COVARIATES];
};

static const struct item items[N] = {
    {"a", 0, 3, {1, NAN, 3}, {1, 1, 0}, {9, 8, 7}, {5, 5, 5, 6, 6}, {[WEIGHT] = 0.5f, [SHOP] = 2}},
    {"Größe b",
     3,
     4,
     {4, 5, 6, 7},
     {1, 1, 1, 1},
     {1, 2, NAN, 4},
     {1, 2, 3, 4, 5, 6},
     {[WEIGHT] = NAN, [SHOP] = 0}},
    {"cold start", 7, 0, {0}, {0}, {0}, {8, 9}, {[WEIGHT] = -1, [SHOP] = NAN}},
    {"d", 6, 1, {0}, {0}, {3}, {2, 2, NAN}, {[WEIGHT] = 3, [SHOP] = 1}},
};
static const float open_days[PERIODS + AHEAD] = {1, 1, 1, 1, 1, 0, 0, 1, 1};
static const char *const shops[2] = {"north", "south"};

static struct mq_panel_info describe(void)
{
    struct mq_panel_info info = {
        .calendar = {MQ_DAY, 1, 0},
        .ahead = AHEAD,
        .has_available = true,
        .n_covariates = N_COVARIATES,
        .covariates = {[PRICE] = {"price", MQ_ROLE_KNOWN, 0},
                       [OPEN] = {"open", MQ_ROLE_CALENDAR, 0},
                       [TRAFFIC] = {"traffic", MQ_ROLE_PAST, 0},
                       [WEIGHT] = {"weight", MQ_ROLE_STATIC_REAL, 0},
                       [SHOP] = {"shop", MQ_ROLE_STATIC_CATEGORY, 0}},
        .source = "test",
        .source_sha256 = "abc",
    };
    ck_assert(mq_date_parse("2011-12-09", &info.calendar.epoch_s));
    return info;
}

static mq_status append(struct mq_panel_writer *writer, const struct item *item)
{
    const float *past[N_COVARIATES] = {[TRAFFIC] = item->traffic};
    const float *known[N_COVARIATES] = {[PRICE] = item->price};
    return mq_panel_append(writer,
                           &(struct mq_series){item->id, item->start, item->length, item->target,
                                               item->available, past, known, item->statics});
}

static struct mq_panel_writer *begin(const char *path, const struct item these[N])
{
    struct mq_panel_writer *writer;
    const struct mq_panel_info info = describe();
    ck_ok(mq_panel_create(&writer, path, &info));
    for (int i = 0; i < N; i++)
        ck_ok(append(writer, &these[i]));
    ck_ok(mq_panel_set_vocabulary(writer, SHOP, 2, shops));
    ck_ok(mq_panel_set_calendar(writer, OPEN, PERIODS + AHEAD, open_days));
    return writer;
}

static struct mq_panel *write_and_open(const char *path)
{
    struct mq_panel *panel;
    ck_ok(mq_panel_publish(begin(path, items)));
    ck_ok(mq_panel_open(&panel, path));
    return panel;
}

static void assert_same(const float *got, const float *want, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        ck_assert_msg(got[i] == want[i] || (isnan(got[i]) && isnan(want[i])),
                      "value %lld is %g, expected %g", (long long)i, (double)got[i],
                      (double)want[i]);
}

/// Series `i` of the panel is series `b` of this block.
static void assert_item(const struct mq_series_block *block, int64_t b, const struct item *item)
{
    const int64_t at = block->offset[b];
    const float shop = isnan(item->statics[SHOP]) ? 0.0f : item->statics[SHOP];
    ck_assert_int_eq(block->length[b], item->length);
    ck_assert_int_eq(block->start[b], item->start);
    ck_assert_int_eq(block->offset[b + 1] - at, item->length);
    assert_same(block->target + at, item->target, item->length);
    assert_same(block->available + at, item->available, item->length);
    assert_same(block->past[TRAFFIC] + at, item->traffic, item->length);
    assert_same(block->known[PRICE] + at + b * AHEAD, item->price, item->length + AHEAD);
    assert_same(block->statics[WEIGHT] + b, &item->statics[WEIGHT], 1);
    assert_same(block->statics[SHOP] + b, &shop, 1);
}

START_TEST(test_what_is_written_comes_back_in_every_role)
{
    struct mq_panel *panel = write_and_open(test_path("panel.h5"));
    const struct mq_panel_info *info = mq_panel_info(panel);
    ck_assert_int_eq(info->n_series, N);
    ck_assert_int_eq(info->n_periods, PERIODS);
    ck_assert_int_eq(info->n_values, 8);
    ck_assert_int_eq(info->ahead, AHEAD);
    ck_assert(info->has_available && info->calendar.unit == MQ_DAY && info->calendar.multiple == 1);
    ck_assert_int_eq(info->calendar.epoch_s, describe().calendar.epoch_s);
    ck_assert_str_eq(info->source, "test");
    ck_assert_str_eq(info->source_sha256, "abc");
    ck_assert_int_eq(strlen(info->fingerprint), MQ_SHA256_HEX - 1);
    ck_assert_int_eq(info->n_covariates, N_COVARIATES);
    for (int64_t c = 0; c < N_COVARIATES; c++) {
        ck_assert_str_eq(info->covariates[c].name, describe().covariates[c].name);
        ck_assert_int_eq(info->covariates[c].role, describe().covariates[c].role);
    }
    ck_assert_int_eq(info->covariates[SHOP].cardinality, 2);
    assert_same(mq_panel_calendar(panel, OPEN), open_days, PERIODS + AHEAD);
    char **names;
    ck_ok(mq_panel_vocabulary(panel, SHOP, &names));
    ck_assert(strcmp(names[0], "north") == 0 && strcmp(names[1], "south") == 0);
    mq_free(names);
    ck_ok(mq_panel_ids(panel, 1, 2, &names));
    ck_assert(strcmp(names[0], "Größe b") == 0 && strcmp(names[1], "cold start") == 0);
    mq_free(names);
    ck_ok(mq_panel_verify(panel));
    mq_panel_close(panel);
}
END_TEST

START_TEST(test_every_block_is_part_of_the_whole)
{
    struct mq_panel *panel = write_and_open(test_path("blocks.h5"));
    struct mq_series_block all;
    ck_ok(mq_panel_read(panel, 0, N, &all));
    for (int64_t first = 0; first <= N; first++)
        for (int64_t n = 0; first + n <= N; n++) {
            struct mq_series_block block;
            ck_ok(mq_panel_read(panel, first, n, &block));
            ck_assert(block.first == first && block.n == n && block.offset[0] == 0);
            ck_assert(block.known[TRAFFIC] == NULL && block.past[PRICE] == NULL);
            ck_assert(block.known[OPEN] == NULL && block.bytes > 0);
            const struct mq_series_block slice = mq_series_block_slice(&all, first, n);
            ck_assert(slice.first == first && slice.n == n);
            ck_assert(slice.known[TRAFFIC] == NULL && slice.past[PRICE] == NULL);
            for (int64_t b = 0; b < n; b++) {
                assert_item(&block, b, &items[first + b]);
                assert_item(&slice, b, &items[first + b]);
            }
            mq_series_block_release(&block);
            mq_series_block_release(&block);
        }
    mq_series_block_release(&all);
    mq_panel_close(panel);
}
END_TEST

START_TEST(test_more_values_than_a_buffer_come_back)
{
    enum { SERIES = 50, LENGTH = 4000 };
    struct mq_panel_writer *writer;
    struct mq_panel *panel;
    struct mq_series_block block;
    float *values;
    const struct mq_panel_info info = {.calendar = {MQ_HOUR, 1, 0}};
    ck_assert_ptr_nonnull(values = mq_calloc(LENGTH, sizeof *values));
    ck_ok(mq_panel_create(&writer, test_path("many.h5"), &info));
    for (int64_t i = 0; i < SERIES; i++) {
        char id[24];
        (void)snprintf(id, sizeof id, "%lld", (long long)i);
        for (int64_t t = 0; t < LENGTH; t++)
            values[t] = (float)(i * LENGTH + t);
        ck_ok(mq_panel_append(writer, &(struct mq_series){id, i, LENGTH, values, 0, 0, 0, 0}));
    }
    ck_ok(mq_panel_publish(writer));
    ck_ok(mq_panel_open(&panel, test_path("many.h5")));
    ck_assert_int_eq(mq_panel_info(panel)->n_values, SERIES * LENGTH);
    ck_assert_int_eq(mq_panel_info(panel)->n_periods, SERIES - 1 + LENGTH);
    ck_ok(mq_panel_read(panel, 10, 30, &block));
    for (int64_t i = 0; i < 30 * LENGTH; i++)
        ck_assert(block.target[i] == (float)(10 * LENGTH + i));
    mq_series_block_release(&block);
    ck_ok(mq_panel_verify(panel));
    mq_panel_close(panel);
    mq_free(values);
}
END_TEST

/// Fingerprint of a panel of these items.
static void fingerprint(const struct item these[N], const char *source, char hex[MQ_SHA256_HEX])
{
    struct mq_panel *panel;
    struct mq_panel_writer *writer;
    struct mq_panel_info info = describe();
    (void)snprintf(info.source, sizeof info.source, "%s", source);
    ck_ok(mq_panel_create(&writer, test_path("print.h5"), &info));
    for (int i = 0; i < N; i++)
        ck_ok(append(writer, &these[i]));
    ck_ok(mq_panel_set_vocabulary(writer, SHOP, 2, shops));
    ck_ok(mq_panel_set_calendar(writer, OPEN, PERIODS + AHEAD, open_days));
    ck_ok(mq_panel_publish(writer));
    ck_ok(mq_panel_open(&panel, test_path("print.h5")));
    memcpy(hex, mq_panel_info(panel)->fingerprint, MQ_SHA256_HEX);
    mq_panel_close(panel);
}

START_TEST(test_a_calendar_is_as_long_as_it_is_known_and_missing_up_to_the_end)
{
    static const float known[PERIODS + AHEAD + 2] = {1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1};
    static const float unknown[PERIODS + AHEAD] = {1, 1, 1, NAN, NAN, NAN, NAN, NAN, NAN};
    static const struct {
        int64_t n;
        const float *want;
        int64_t n_want;
    } cases[] = {{3, unknown, PERIODS + AHEAD}, {PERIODS + AHEAD + 2, known, PERIODS + AHEAD + 2}};
    for (int i = 0; i < 2; i++) {
        struct mq_panel *panel = NULL;
        struct mq_panel_writer *writer = begin(test_path("calendar.h5"), items);
        ck_ok(mq_panel_set_calendar(writer, OPEN, cases[i].n, known));
        ck_ok(mq_panel_publish(writer));
        ck_ok(mq_panel_open(&panel, test_path("calendar.h5")));
        ck_ok(mq_panel_verify(panel));
        ck_assert_int_eq(mq_panel_calendar_length(panel, OPEN), cases[i].n_want);
        assert_same(mq_panel_calendar(panel, OPEN), cases[i].want, cases[i].n_want);
        mq_panel_close(panel);
    }
}
END_TEST

START_TEST(test_a_calendar_of_0_and_1_is_of_events)
{
    static const struct {
        float values[PERIODS + AHEAD];
        int64_t cardinality;
    } cases[] = {{{0, 1, NAN, 0}, 2}, {{1, 1, 1, 1, 1, 1, 1, 1, 1}, 2}, {{0}, 0}, {{0, 1, 2}, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mq_panel *panel = NULL;
        struct mq_panel_writer *writer = begin(test_path("events.h5"), items);
        ck_ok(mq_panel_set_calendar(writer, OPEN, PERIODS + AHEAD, cases[i].values));
        ck_ok(mq_panel_publish(writer));
        ck_ok(mq_panel_open(&panel, test_path("events.h5")));
        ck_assert_int_eq(mq_panel_info(panel)->covariates[OPEN].cardinality, cases[i].cardinality);
        mq_panel_close(panel);
    }
}
END_TEST

START_TEST(test_the_fingerprint_is_of_the_contents_alone)
{
    char before[MQ_SHA256_HEX];
    char after[MQ_SHA256_HEX];
    struct item changed[N];
    memcpy(changed, items, sizeof items);
    fingerprint(changed, "one", before);
    fingerprint(changed, "two", after);
    ck_assert_str_eq(before, after);
    changed[0].target[1] = -NAN; // another NaN means the same
    fingerprint(changed, "one", after);
    ck_assert_str_eq(before, after);
    for (int i = 0; i < 6; i++) {
        memcpy(changed, items, sizeof items);
        if (i == 0) changed[1].target[2] += 1;
        if (i == 1) changed[1].available[2] = 0;
        if (i == 2) changed[2].price[1] += 1;
        if (i == 3) changed[3].traffic[0] = NAN;
        if (i == 4) changed[3].statics[SHOP] = 2;
        if (i == 5) changed[3].id = "e";
        fingerprint(changed, "one", after);
        ck_assert_msg(strcmp(before, after) != 0, "change %d", i);
    }
}
END_TEST

START_TEST(test_the_writer_refuses_what_would_make_no_sense)
{
    const char *path = test_path("refused.h5");
    struct mq_panel_writer *writer = begin(path, items);
    ck_fails(append(writer, &items[1]), MQ_DATA, "two series have the id 'Größe b' (1 and 4)");
    mq_panel_discard(writer);
    struct item item = {.id = "x", .length = 2, .target = {1, INFINITY}};
    writer = begin(path, items);
    ck_fails(append(writer, &item), MQ_DATA, "series 'x': target is inf, value 1");
    mq_panel_discard(writer);
    item = (struct item){.id = "x", .length = 2, .target = {1, -2e15f}};
    writer = begin(path, items);
    ck_fails(append(writer, &item), MQ_DATA, "target is -2e+15, value 1; values go up to 1e+15");
    mq_panel_discard(writer);
    item = (struct item){.id = "Gr\xf6\xdf"
                               "e"};
    writer = begin(path, items);
    ck_fails(append(writer, &item), MQ_DATA, "is not UTF-8");
    mq_panel_discard(writer);
    item = (struct item){.id = ""};
    writer = begin(path, items);
    ck_fails(append(writer, &item), MQ_DATA, "empty id");
    mq_panel_discard(writer);
    item = (struct item){.id = "y", .statics = {[SHOP] = 3}};
    writer = begin(path, items);
    ck_ok(append(writer, &item));
    ck_fails(mq_panel_publish(writer), MQ_DATA, "shop has 2 categories, but a code is 3");
    const struct mq_panel_info nothing = {.calendar = {MQ_DAY, 1, 0}};
    ck_ok(mq_panel_create(&writer, path, &nothing));
    ck_fails(mq_panel_publish(writer), MQ_DATA, "refused.h5: no series");
    struct mq_panel_info twice = describe();
    twice.covariates[TRAFFIC] = twice.covariates[PRICE];
    ck_fails(mq_panel_create(&writer, path, &twice), MQ_DATA, "'price' twice");
    char temporary[MQ_PATH_MAX];
    ck_ok(mq_path_temporary(temporary, path));
    ck_assert(!mq_path_exists(path) && !mq_path_exists(temporary));
    mq_panel_discard(NULL);
}
END_TEST

/// A panel of three series written by hand, of which one number is wrong.
static void write_index_as(const char *path, const int64_t start[3], const int64_t offset[3],
                           const int64_t length[3], int64_t version, const char *fingerprint)
{
    static const char *const ids[3] = {"a", "b", "c"};
    const char *const texts[] = {"frequency",   "daily",     "epoch",         "2011-12-09",
                                 "created",     "",          "source",        "",
                                 "fingerprint", fingerprint, "source_sha256", ""};
    const float target[6] = {0};
    struct mq_h5 *file;
    ck_ok(mq_h5_create(&file, path));
    ck_ok(
        mq_h5_write(file, "/series/start", MQ_H5_I64, (struct mq_h5_shape){1, {3}}, start, false));
    ck_ok(mq_h5_write(file, "/series/offset", MQ_H5_I64, (struct mq_h5_shape){1, {3}}, offset,
                      false));
    ck_ok(mq_h5_write(file, "/series/length", MQ_H5_I64, (struct mq_h5_shape){1, {3}}, length,
                      false));
    ck_ok(mq_h5_write(file, "/target", MQ_H5_F32, (struct mq_h5_shape){1, {6}}, target, false));
    ck_ok(mq_h5_write_strings(file, "/series/id", 3, ids));
    ck_ok(mq_h5_set_text(file, "/", "format", "mqcast-panel"));
    ck_ok(mq_h5_set_i64(file, "/", "version", version));
    ck_ok(mq_h5_set_i64(file, "/", "n_periods", 10));
    ck_ok(mq_h5_set_i64(file, "/", "ahead", 0));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i += 2)
        ck_ok(mq_h5_set_text(file, "/", texts[i], texts[i + 1]));
    ck_ok(mq_h5_publish(file));
}

static void write_index(const char *path, const int64_t start[3], const int64_t offset[3],
                        const int64_t length[3], int64_t version)
{
    write_index_as(path, start, offset, length, version, "");
}

START_TEST(test_an_index_that_contradicts_itself_names_the_series)
{
    static const struct {
        int64_t start[3];
        int64_t offset[3];
        int64_t length[3];
        const char *message; ///< NULL: nothing is wrong
    } rows[] = {
        {{0, 0, 0}, {0, 2, 4}, {2, 2, 2}, NULL},
        {{0, 0, 0}, {0, 2, 5}, {2, 2, 1}, "series 1 (b): offset of the next series: 5, expected 4"},
        {{0, 0, 0}, {1, 2, 4}, {1, 2, 2}, "series 0 (a): first offset: 1, expected 0"},
        {{0, -3, 0}, {0, 2, 4}, {2, 2, 2}, "series 1 (b): impossible start: -3"},
        {{0, 9, 0}, {0, 2, 4}, {2, 2, 2}, "series 1 (b): ends after the panel's last period: 11"},
        {{0, 0, 0}, {0, 2, 4}, {2, -2, 2}, "series 1 (b): impossible length: -2"},
        {{0, 0, 0}, {0, 7, 4}, {7, -3, 2}, "series 0 (a): offset past the values"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mq_panel *panel;
        struct mq_series_block block;
        write_index(test_path("index.h5"), rows[i].start, rows[i].offset, rows[i].length, 1);
        ck_ok(mq_panel_open(&panel, test_path("index.h5")));
        if (rows[i].message == NULL)
            ck_ok(mq_panel_read(panel, 0, 3, &block));
        else
            ck_fails(mq_panel_read(panel, 0, 3, &block), MQ_DATA, rows[i].message);
        mq_series_block_release(&block);
        mq_panel_close(panel);
    }
}
END_TEST

START_TEST(test_what_is_not_a_whole_panel_is_refused_on_opening)
{
    struct mq_panel *panel;
    struct mq_h5 *file;
    const int64_t start[3] = {0};
    const int64_t offset[3] = {0, 2, 4};
    const int64_t length[3] = {2, 2, 2};
    const int64_t short_length[3] = {2, 2, 1};
    ck_fails(mq_panel_open(&panel, test_path("missing.h5")), MQ_FAILED, "missing.h5: No such file");
    write_index(test_path("version.h5"), start, offset, length, 7);
    ck_fails(mq_panel_open(&panel, test_path("version.h5")), MQ_DATA, "panel of version 7");
    write_index(test_path("short.h5"), start, offset, short_length, 1);
    ck_fails(mq_panel_open(&panel, test_path("short.h5")), MQ_DATA, "short.h5: the index ends");
    ck_ok(mq_h5_create(&file, test_path("other.h5")));
    ck_ok(mq_h5_publish(file));
    ck_fails(mq_panel_open(&panel, test_path("other.h5")), MQ_DATA, "other.h5: not a panel");
    ck_assert_ptr_null(panel);
}
END_TEST

START_TEST(test_damage_anywhere_is_found_and_names_the_file)
{
    struct mq_panel *panel = write_and_open(test_path("whole.h5"));
    struct mq_str bytes = {0};
    const char *path = test_path("damaged.h5");
    int n_found = 0;
    mq_panel_close(panel);
    ck_ok(mq_file_read(test_path("whole.h5"), &bytes));
    for (size_t at = 0; at < bytes.length; at += bytes.length / 150) {
        bytes.data[at] ^= 16;
        ck_ok(mq_file_replace(path, bytes.data, bytes.length));
        bytes.data[at] ^= 16;
        mq_status status = mq_panel_open(&panel, path);
        if (status == MQ_OK) status = mq_panel_verify(panel);
        if (status != MQ_OK) {
            ck_assert_int_eq(status, MQ_DATA);
            ck_assert_ptr_nonnull(strstr(mq_error_get()->message, "damaged.h5"));
            n_found++;
        }
        mq_panel_close(panel);
    }
    ck_assert_int_gt(n_found, 20);
    for (size_t n = 0; n < bytes.length; n += bytes.length / 20) {
        ck_ok(mq_file_replace(path, bytes.data, n));
        ck_fails(mq_panel_open(&panel, path), MQ_DATA, "damaged.h5");
    }
    mq_str_release(&bytes);
}
END_TEST

START_TEST(test_changed_contents_do_not_match_the_fingerprint)
{
    // Checksums cannot notice a file that was changed by a program.
    struct mq_panel *panel;
    const int64_t start[3] = {0};
    const int64_t offset[3] = {0, 2, 4};
    const int64_t length[3] = {2, 2, 2};
    write_index(test_path("forged.h5"), start, offset, length, 1);
    ck_ok(mq_panel_open(&panel, test_path("forged.h5")));
    ck_fails(mq_panel_verify(panel), MQ_DATA, "forged.h5: the contents are not those");
    mq_panel_close(panel);
}
END_TEST

/// Writes, opens, reads and verifies a panel; releases everything whatever happens.
static mq_status live_once(const char *path)
{
    mq_status status = MQ_OK;
    struct mq_panel_writer *writer = NULL;
    struct mq_panel *panel = NULL;
    struct mq_series_block block = {0};
    const struct mq_panel_info info = describe();
    MQ_DO(mq_panel_create(&writer, path, &info));
    for (int i = 0; i < N; i++)
        MQ_DO(append(writer, &items[i]));
    MQ_DO(mq_panel_set_vocabulary(writer, SHOP, 2, shops));
    MQ_DO(mq_panel_set_calendar(writer, OPEN, PERIODS + AHEAD, open_days));
    struct mq_panel_writer *last = writer;
    writer = NULL; // publishing frees it in every case
    MQ_DO(mq_panel_publish(last));
    MQ_DO(mq_panel_open(&panel, path));
    MQ_DO(mq_panel_read(panel, 0, N, &block));
    MQ_DO(mq_panel_verify(panel));
done:
    mq_series_block_release(&block);
    mq_panel_close(panel);
    mq_panel_discard(writer);
    return status;
}

START_TEST(test_running_out_of_memory_anywhere_is_an_error_and_leaks_nothing)
{
    const char *path = test_path("memory.h5");
    const size_t live = mq_alloc_live_bytes();
    mq_status status = MQ_FAILED;
    uint64_t n = 1;
    for (; status != MQ_OK; n++) {
        mq_alloc_fail_at(n);
        status = live_once(path);
        mq_alloc_fail_at(0);
        ck_assert_msg(status == MQ_OK || status == MQ_FAILED, "allocation %d", (int)n);
        ck_assert_msg(mq_alloc_live_bytes() == live, "allocation %d", (int)n);
    }
    ck_assert_uint_gt(n, 50);
}
END_TEST

START_TEST(test_a_number_of_periods_that_is_not_the_series_is_no_whole_panel)
{
    const int64_t start[3] = {0};
    const int64_t offset[3] = {0, 2, 4};
    const int64_t length[3] = {2, 2, 2};
    const float target[2] = {0};
    const struct mq_panel_info info = {.calendar = {MQ_DAY, 1, 1323388800}}; // 2011-12-09
    struct mq_panel_writer *writer = NULL;
    struct mq_panel *panel = NULL;
    ck_ok(mq_panel_create(&writer, test_path("true.h5"), &info));
    for (int i = 0; i < 3; i++) {
        const char id[] = {(char)('a' + i), '\0'};
        const struct mq_series series = {.id = id, .length = 2, .target = target};
        ck_ok(mq_panel_append(writer, &series));
    }
    ck_ok(mq_panel_publish(writer));
    ck_ok(mq_panel_open(&panel, test_path("true.h5")));
    ck_ok(mq_panel_verify(panel));
    write_index_as(test_path("longer.h5"), start, offset, length, 1,
                   mq_panel_info(panel)->fingerprint);
    mq_panel_close(panel);
    ck_ok(mq_panel_open(&panel, test_path("longer.h5")));
    ck_fails(mq_panel_verify(panel), MQ_DATA, "n_periods is 10, but the series end after 2");
    mq_panel_close(panel);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("panel");
    tcase_add_test(tc, test_what_is_written_comes_back_in_every_role);
    tcase_add_test(tc, test_every_block_is_part_of_the_whole);
    tcase_add_test(tc, test_more_values_than_a_buffer_come_back);
    tcase_add_test(tc, test_a_calendar_is_as_long_as_it_is_known_and_missing_up_to_the_end);
    tcase_add_test(tc, test_a_calendar_of_0_and_1_is_of_events);
    tcase_add_test(tc, test_the_fingerprint_is_of_the_contents_alone);
    tcase_add_test(tc, test_the_writer_refuses_what_would_make_no_sense);
    tcase_add_test(tc, test_an_index_that_contradicts_itself_names_the_series);
    tcase_add_test(tc, test_what_is_not_a_whole_panel_is_refused_on_opening);
    tcase_add_test(tc, test_damage_anywhere_is_found_and_names_the_file);
    tcase_add_test(tc, test_changed_contents_do_not_match_the_fingerprint);
    tcase_add_test(tc, test_running_out_of_memory_anywhere_is_an_error_and_leaks_nothing);
    tcase_add_test(tc, test_a_number_of_periods_that_is_not_the_series_is_no_whole_panel);
    return run_tests("data/panel", tc);
}
