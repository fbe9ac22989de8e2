// Damaged files: whatever happens to the bytes of a panel, a checkpoint or a forecast, it is refused
// by name or read as it was. MQ_CORRUPTIONS says how often each is tried.
#include "support/damage.h"

#include <hdf5.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/part.h"
#include "mq/base/alloc.h"
#include "mq/forecast/export.h"
#include "mq/h5/parts.h"
#include "mq/model/checkpoint.h"
#include "mq/model/manifest.h"
#include "support/harness.h"
#include "support/panels.h"

enum { N = 23, PERIODS = 60, BLOCK = 4, O = 2, H = 4, Q = 3, PANEL_USUAL = 100, USUAL = 50 };

static void add_i64(struct mq_sha256 *hash, int64_t value)
{
    mq_sha256_add(hash, &value, sizeof value);
}

static void add_text(struct mq_sha256 *hash, const char *text)
{
    mq_sha256_add(hash, text, strlen(text) + 1);
}

static void add_reals(struct mq_sha256 *hash, const float *values, int64_t n)
{
    if (values != NULL) mq_sha256_add(hash, values, (size_t)n * sizeof *values);
}

static void add_info(struct mq_sha256 *hash, const struct mq_panel_info *info)
{
    const int64_t numbers[] = {info->calendar.unit, info->calendar.multiple, info->calendar.epoch_s,
                               info->n_series,      info->n_periods,         info->ahead,
                               info->has_available, info->n_covariates};
    mq_sha256_add(hash, numbers, sizeof numbers);
    for (int64_t c = 0; c < info->n_covariates; c++) {
        add_text(hash, info->covariates[c].name);
        add_i64(hash, info->covariates[c].role);
        add_i64(hash, info->covariates[c].cardinality);
    }
    add_text(hash, info->fingerprint);
}

// ---- panels --------------------------------------------------------------------------------------

static void add_block(struct mq_sha256 *hash, const struct mq_panel_info *info,
                      const struct mq_series_block *block)
{
    const int64_t n_values = block->offset[block->n];
    mq_sha256_add(hash, block->start, (size_t)block->n * sizeof *block->start);
    mq_sha256_add(hash, block->length, (size_t)block->n * sizeof *block->length);
    add_reals(hash, block->target, n_values);
    add_reals(hash, block->available, n_values);
    for (int64_t c = 0; c < info->n_covariates; c++) {
        add_reals(hash, block->past[c], n_values);
        add_reals(hash, block->known[c], n_values + block->n * block->ahead);
        add_reals(hash, block->statics[c], block->n);
    }
}

static mq_status add_shared(struct mq_sha256 *hash, struct mq_panel *panel)
{
    const struct mq_panel_info *info = mq_panel_info(panel);
    for (int64_t c = 0; c < info->n_covariates; c++) {
        if (info->covariates[c].role == MQ_ROLE_CALENDAR)
            add_reals(hash, mq_panel_calendar(panel, c), mq_panel_calendar_length(panel, c));
        if (info->covariates[c].role != MQ_ROLE_STATIC_CATEGORY) continue;
        char **names = NULL;
        MQ_TRY(mq_panel_vocabulary(panel, c, &names));
        for (int64_t i = 0; i < info->covariates[c].cardinality; i++)
            add_text(hash, names[i]);
        mq_free(names);
    }
    return MQ_OK;
}

// As training reads: by blocks, and without a look at the whole.
static mq_status read_panel(const struct subject *subject, struct mq_sha256 *hash)
{
    mq_status status = MQ_OK;
    struct mq_panel *panel = NULL;
    MQ_DO(mq_panel_open(&panel, subject->path));
    const struct mq_panel_info *info = mq_panel_info(panel);
    add_info(hash, info);
    add_text(hash, info->source);
    add_text(hash, info->created);
    for (int64_t first = 0; first < info->n_series; first += BLOCK) {
        const int64_t n = first + BLOCK < info->n_series ? BLOCK : info->n_series - first;
        struct mq_series_block block = {0};
        char **ids = NULL;
        MQ_DO(mq_panel_read(panel, first, n, &block));
        add_block(hash, info, &block);
        mq_series_block_release(&block);
        MQ_DO(mq_panel_ids(panel, first, n, &ids));
        for (int64_t i = 0; i < n; i++)
            add_text(hash, ids[i]);
        mq_free(ids);
    }
    MQ_DO(add_shared(hash, panel));
done:
    mq_panel_close(panel);
    return status;
}

static void write_catalogue(const char *path, int64_t n, int64_t periods)
{
    struct catalogue catalogue;
    catalogue_init(&catalogue, n, periods);
    catalogue_write(&catalogue, path);
    catalogue_release(&catalogue);
}

START_TEST(test_a_damaged_panel_is_refused_or_read_as_it_was)
{
    const struct subject panel = {"panel", test_path("panel.h5"), "panel.h5", read_panel, NULL};
    write_catalogue(panel.path, N, PERIODS);
    const struct damage_counts counts = damage_file(&panel, damage_wanted(PANEL_USUAL), 1);
    damage_report(panel.name, &counts);
}
END_TEST

// So many covariates that HDF5 keeps their names in tables of their own, which it does not survive
// damaged when asked for them in order.
START_TEST(test_damage_to_a_group_of_many_is_refused_too)
{
    enum { MANY = 30, LENGTH = 4 };
    const struct subject panel = {"wide", test_path("wide.h5"), "wide.h5", read_panel, NULL};
    static const float values[LENGTH] = {1, 2, 3, 4};
    const float *known[MQ_COVARIATES_MAX];
    struct mq_panel_writer *writer;
    struct mq_panel_info info = {.calendar = {MQ_DAY, 1, 0}, .n_covariates = MANY};
    for (int c = 0; c < MANY; c++) {
        info.covariates[c].role = MQ_ROLE_KNOWN;
        (void)snprintf(info.covariates[c].name, sizeof info.covariates[c].name, "covariate_%d", c);
        known[c] = values;
    }
    const struct mq_series series = {.id = "a", .length = LENGTH, .target = values, .known = known};
    ck_ok(mq_panel_create(&writer, panel.path, &info));
    ck_ok(mq_panel_append(writer, &series));
    ck_ok(mq_panel_publish(writer));
    const struct damage_counts counts = damage_file(&panel, damage_wanted(USUAL), 9);
    damage_report(panel.name, &counts);
}
END_TEST

// Two chunks of /target that are of one size as they are stored, with their checksums.
static void swap_chunks(const struct subject *panel, struct mq_str *bytes)
{
    enum { CHUNKS = 8 };
    haddr_t at[CHUNKS];
    hsize_t size[CHUNKS];
    hsize_t offset;
    unsigned mask;
    size_t a = 0;
    size_t b = 1;
    const hid_t file = H5Fopen(panel->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t dataset = H5Dopen2(file, "/target", H5P_DEFAULT);
    const hid_t space = H5Dget_space(dataset);
    for (hsize_t i = 0; i < CHUNKS; i++)
        ck_assert_int_ge(H5Dget_chunk_info(dataset, space, i, &offset, &mask, &at[i], &size[i]), 0);
    (void)H5Sclose(space);
    (void)H5Dclose(dataset);
    (void)H5Fclose(file);
    while (a < CHUNKS - 1 && size[a] != size[b])
        if (++b == CHUNKS) b = ++a + 1;
    ck_assert_msg(a < CHUNKS - 1, "no two chunks are of one size");
    for (size_t i = 0; i < size[a]; i++) {
        const char byte = bytes->data[at[a] + i];
        bytes->data[at[a] + i] = bytes->data[at[b] + i];
        bytes->data[at[b] + i] = byte;
    }
}

// Two chunks of one dataset change places, each with its own checksum: only what knows where values
// belong can tell. Each is filled with one value, so that two are of one size compressed.
START_TEST(test_chunks_in_each_others_place_are_found)
{
    enum { CHUNK_VALUES = (64 << 10) / sizeof(float), LONG = 8 * CHUNK_VALUES };
    const struct subject panel = {"chunks", test_path("chunks.h5"), "chunks.h5", read_panel, NULL};
    struct mq_panel_writer *writer;
    const struct mq_panel_info info = {.calendar = {MQ_DAY, 1, 0}};
    float *target = mq_calloc(LONG, sizeof *target);
    ck_ok(mq_panel_create(&writer, panel.path, &info));
    for (int64_t t = 0; t < LONG; t++)
        target[t] = (float)(1 + t / CHUNK_VALUES);
    const struct mq_series series = {.id = "a", .length = LONG, .target = target};
    ck_ok(mq_panel_append(writer, &series));
    ck_ok(mq_panel_publish(writer));
    mq_free(target);

    char expected[MQ_SHA256_HEX];
    struct damage_counts counts = {0};
    struct mq_str bytes = {0};
    damage_digest(&panel, expected);
    ck_ok(mq_file_read(panel.path, &bytes));
    swap_chunks(&panel, &bytes);
    ck_ok(mq_file_replace(panel.path, bytes.data, bytes.length));
    ck_assert(!damage_read(&panel, expected, "two chunks swapped", &counts));
    damage_report(panel.name, &counts);
    mq_str_release(&bytes);
}
END_TEST

// ---- checkpoints ---------------------------------------------------------------------------------

static mq_status read_checkpoint(const struct subject *subject, struct mq_sha256 *hash)
{
    mq_status status = MQ_OK;
    struct mq_model model;
    struct mq_progress progress = {0};
    struct mq_optimizer *optimizer = NULL;
    struct mq_optimizer_state states[MQ_OPTIMIZER_STATES_MAX];
    struct mq_str experiment = {0};
    MQ_DO(mq_checkpoint_read(subject->path, &model, &progress));
    add_info(hash, &model.panel.info);
    mq_sha256_add(hash, &progress, sizeof progress);
    mq_sha256_add(hash, &model.features, sizeof model.features);
    mq_sha256_add(hash, model.params.values,
                  (size_t)model.params.count * sizeof *model.params.values);
    for (int64_t i = 0; i < model.params.n; i++)
        add_text(hash, model.params.table[i].name);
    for (int i = 0; i < CATALOGUE_SHOPS; i++)
        add_text(hash, model.panel.vocabulary[SHOP][i]);
    MQ_DO(mq_experiment_print(&model.experiment, &experiment));
    add_text(hash, experiment.data);
    MQ_DO(mq_optimizer_new(&optimizer, &model.experiment.train, model.params.count));
    MQ_DO(mq_checkpoint_read_optimizer(subject->path, optimizer));
    add_i64(hash, mq_optimizer_steps(optimizer));
    const int64_t n = mq_optimizer_states(optimizer, states);
    for (int64_t i = 0; i < n; i++)
        mq_sha256_add(hash, states[i].values, (size_t)states[i].count * sizeof *states[i].values);
done:
    mq_str_release(&experiment);
    mq_optimizer_free(optimizer);
    mq_model_release(&model);
    return status;
}

static void write_checkpoint(const char *path, const char *panel_path)
{
    static const char *const overrides[] = {"train.average=0.9"};
    const struct mq_progress progress = {
        .step = 30, .best_score = 0.125, .best_step = 20, .schedule = {.factor = 0.5, .best = 1}};
    struct mq_panel *panel;
    struct mq_model model;
    struct mq_optimizer *optimizer;
    write_catalogue(panel_path, N, PERIODS);
    ck_ok(mq_panel_open(&panel, panel_path));
    tiny_model(&model, panel, "mqrnn", overrides, 1);
    ck_ok(mq_optimizer_new(&optimizer, &model.experiment.train, model.params.count));
    mq_real *gradients = mq_calloc(model.params.count, sizeof *gradients);
    for (int64_t i = 0; i < model.params.count; i++)
        gradients[i] = (mq_real)(i % 7) - 3;
    (void)mq_optimizer_step(optimizer, model.params.values, gradients, 0.01);
    ck_ok(mq_checkpoint_write(path, &model, optimizer, &progress));
    mq_free(gradients);
    mq_optimizer_free(optimizer);
    mq_model_release(&model);
    mq_panel_close(panel);
}

START_TEST(test_a_damaged_checkpoint_is_refused)
{
    const struct subject checkpoint = {"checkpoint", test_path("c.h5"), "c.h5", read_checkpoint,
                                       NULL};
    write_checkpoint(checkpoint.path, test_path("trained.h5"));
    const struct damage_counts counts = damage_file(&checkpoint, damage_wanted(USUAL), 2);
    damage_report(checkpoint.name, &counts);
}
END_TEST

// ---- forecasts -----------------------------------------------------------------------------------

static void write_face(const struct mq_forecast_request *request,
                       const struct mq_part_facts facts[2])
{
    char path[MQ_PATH_MAX];
    struct mq_h5 *face;
    struct mq_h5_part parts[2];
    struct mq_part_table tables[MQ_PART_TABLES];
    int64_t width = 0;
    for (int i = 0; i < 2; i++) {
        (void)snprintf(parts[i].file, sizeof parts[i].file, "%s", facts[i].file);
        parts[i].rows = facts[i].rows;
    }
    ck_ok(mq_path_join(path, request->directory, "forecast.h5"));
    ck_ok(mq_h5_create(&face, path));
    const int n_tables = mq_part_tables(request, N, tables);
    for (int i = 0; i < n_tables; i++)
        ck_ok(mq_h5_join_parts(face, tables[i].name, MQ_H5_F32, tables[i].shape, parts, 2));
    ck_ok(mq_panel_id_width(request->panel, &width));
    ck_ok(mq_h5_join_string_parts(face, "/item_id", N, width, parts, 2));
    ck_ok(mq_part_coordinates(face, request));
    ck_ok(mq_part_attach(face, request));
    ck_ok(mq_h5_publish(face));
}

// As two ranks would write it.
static void write_forecast(const char *directory, const char *panel_path, int64_t seed)
{
    char set[32];
    const char *const overrides[] = {set, "loss.spans=[{lead: 1, review: 1}]"};
    int64_t periods[O] = {PERIODS - 9, PERIODS - 5};
    const struct mq_origins origins = {.period = periods, .n = O};
    struct mq_part_facts facts[2] = {{.first = 0, .rows = 12}, {.first = 12, .rows = N - 12}};
    struct mq_panel *panel;
    struct mq_model model;
    struct mq_pool *pool;
    json_t *parts = json_array();
    (void)snprintf(set, sizeof set, "run.seed=%lld", (long long)seed);
    write_catalogue(panel_path, N, PERIODS);
    ck_ok(mq_panel_open(&panel, panel_path));
    tiny_model(&model, panel, "mqrnn", overrides, 2);
    ck_ok(mq_pool_new(&pool, 1));
    ck_ok(mq_make_directories(directory));
    const struct mq_forecast_request request = {.model = &model,
                                                .panel = panel,
                                                .origins = &origins,
                                                .directory = directory,
                                                .checkpoint = "none",
                                                .series = BLOCK};
    for (int i = 0; i < 2; i++) {
        mq_part_name(facts[i].file, i);
        ck_ok(mq_part_write(&request, pool, directory, &facts[i]));
        json_t *part = json_pack("{s:s, s:I, s:I, s:s}", "file", facts[i].file, "items",
                                 (json_int_t)facts[i].rows, "bytes", (json_int_t)facts[i].bytes,
                                 "sha256", facts[i].sha256);
        ck_assert_int_eq(json_array_append_new(parts, part), 0);
    }
    write_face(&request, facts);
    json_t *manifest =
        json_pack("{s:s, s:I, s:o}", "run", "tiny", "items", (json_int_t)N, "parts", parts);
    ck_ok(mq_manifest_write(directory, manifest));
    json_decref(manifest);
    mq_pool_free(pool);
    mq_model_release(&model);
    mq_panel_close(panel);
}

// As export shows it, and all that the manifest says.
static mq_status read_forecast(const struct subject *subject, struct mq_sha256 *hash)
{
    const char *directory = subject->context;
    char face[MQ_PATH_MAX];
    char csv[MQ_PATH_MAX];
    struct mq_str text = {0};
    json_t *manifest = NULL;
    mq_status status = MQ_OK;
    MQ_DO(mq_path_join(face, directory, "forecast.h5"));
    (void)snprintf(csv, sizeof csv, "%s.csv", directory);
    MQ_DO(mq_forecast_verify(directory, &manifest));
    char *dump = json_dumps(manifest, JSON_COMPACT | JSON_SORT_KEYS);
    add_text(hash, dump);
    free(dump);
    MQ_DO(mq_forecast_export(face, csv));
    MQ_DO(mq_file_read(csv, &text));
    mq_sha256_add(hash, text.data, text.length);
done:
    mq_str_release(&text);
    json_decref(manifest);
    return status;
}

START_TEST(test_a_damaged_forecast_is_refused_or_read_as_it_was)
{
    static const char *const files[] = {"part-00000.h5", "part-00001.h5", "forecast.h5",
                                        "manifest.json"};
    const char *directory = test_path("forecast");
    char path[MQ_PATH_MAX];
    write_forecast(directory, test_path("forecast-panel.h5"), 1);
    ck_ok(mq_path_join(path, directory, files[_i]));
    const struct subject file = {files[_i], path, files[_i], read_forecast, directory};
    const struct damage_counts counts = damage_file(&file, damage_wanted(USUAL), 3 + (uint64_t)_i);
    damage_report(file.name, &counts);
}
END_TEST

START_TEST(test_whole_files_of_another_kind_or_another_forecast_are_refused)
{
    static const char *const names[] = {"part-00000.h5", "part-00001.h5", "forecast.h5",
                                        "manifest.json"};
    char own_directory[MQ_PATH_MAX];
    char other_directory[MQ_PATH_MAX];
    char here[MQ_PATH_MAX];
    char there[MQ_PATH_MAX];
    char expected[MQ_SHA256_HEX];
    struct damage_counts counts = {0};
    ck_ok(mq_path_join(own_directory, test_directory(), "here"));
    ck_ok(mq_path_join(other_directory, test_directory(), "there"));
    write_forecast(own_directory, test_path("here.h5"), 1);
    write_forecast(other_directory, test_path("there.h5"), 2);
    const struct subject forecast = {"foreign", own_directory, "", read_forecast, own_directory};
    damage_digest(&forecast, expected);
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            struct mq_str own = {0};
            struct mq_str other = {0};
            ck_ok(mq_path_join(here, own_directory, names[i]));
            ck_ok(mq_path_join(there, other_directory, names[j]));
            ck_ok(mq_file_read(here, &own));
            ck_ok(mq_file_read(there, &other));
            ck_ok(mq_file_replace(here, other.data, other.length));
            (void)damage_read(&forecast, expected, names[j], &counts);
            ck_ok(mq_file_replace(here, own.data, own.length));
            mq_str_release(&own);
            mq_str_release(&other);
        }
    }
    // A panel is no checkpoint, and the other way round.
    const struct subject panel = {"kind", test_path("c.h5"), "c.h5", read_panel, NULL};
    const struct subject checkpoint = {"kind", test_path("here.h5"), "here.h5", read_checkpoint,
                                       NULL};
    write_checkpoint(test_path("c.h5"), test_path("trained.h5"));
    ck_assert(!damage_read(&panel, "", "a checkpoint as panel", &counts));
    ck_assert(!damage_read(&checkpoint, "", "a panel as checkpoint", &counts));
    damage_report("foreign", &counts);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("damage");
    tcase_add_test(tc, test_a_damaged_panel_is_refused_or_read_as_it_was);
    tcase_add_test(tc, test_damage_to_a_group_of_many_is_refused_too);
    tcase_add_test(tc, test_chunks_in_each_others_place_are_found);
    tcase_add_test(tc, test_a_damaged_checkpoint_is_refused);
    tcase_add_loop_test(tc, test_a_damaged_forecast_is_refused_or_read_as_it_was, 0, 4);
    tcase_add_test(tc, test_whole_files_of_another_kind_or_another_forecast_are_refused);
    return run_tests("fault/damage", tc);
}
