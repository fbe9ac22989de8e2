// Parts, then the face and the manifest, then one exchange of names.
#include "mq/forecast/writer.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forecast/orders.h"
#include "forecast/part.h"
#include "mq/base/alloc.h"
#include "mq/base/clock.h"
#include "mq/base/int.h"
#include "mq/base/json.h"
#include "mq/base/log.h"
#include "mq/base/path.h"
#include "mq/h5/parts.h"
#include "mq/model/manifest.h"

static mq_status write_face(const struct mq_forecast_request *request, const char *directory,
                            const struct mq_part_facts facts[], int n)
{
    const int64_t items = mq_panel_info(request->panel)->n_series;
    struct mq_part_table tables[MQ_PART_TABLES];
    const int n_tables = mq_part_tables(request, items, tables);
    int64_t id_width = 0;
    mq_status status = MQ_OK;
    struct mq_h5 *face = NULL;
    struct mq_h5_part *parts = NULL;
    char path[MQ_PATH_MAX];
    MQ_NEW_DO(parts, n);
    for (int i = 0; i < n; i++) {
        (void)snprintf(parts[i].file, sizeof parts[i].file, "%s", facts[i].file);
        parts[i].rows = facts[i].rows;
    }
    MQ_DO(mq_path_join(path, directory, "forecast.h5"));
    MQ_DO(mq_h5_create(&face, path));
    for (int i = 0; i < n_tables; i++)
        MQ_DO(mq_h5_join_parts(face, tables[i].name, MQ_H5_F32, tables[i].shape, parts, n));
    MQ_DO(mq_panel_id_width(request->panel, &id_width));
    MQ_DO(mq_h5_join_string_parts(face, "/item_id", items, id_width, parts, n));
    MQ_DO(mq_part_coordinates(face, request));
    MQ_DO(mq_part_attach(face, request));
    status = mq_h5_publish(face);
    face = NULL;
done:
    mq_free(parts);
    mq_h5_close(face);
    return status;
}

static json_t *list_parts(const struct mq_part_facts facts[], int n)
{
    json_t *list = json_array();
    for (int i = 0; i < n; i++) {
        json_t *part = json_pack("{s:s, s:I, s:I, s:I, s:s}", "file", facts[i].file, "first_item",
                                 (json_int_t)facts[i].first, "items", (json_int_t)facts[i].rows,
                                 "bytes", (json_int_t)facts[i].bytes, "sha256", facts[i].sha256);
        mq_json_append(&list, part);
    }
    return list;
}

static json_t *list_spans(const struct mq_span_list *spans)
{
    json_t *list = json_array();
    for (int64_t s = 0; s < spans->n; s++)
        mq_json_append(&list, json_pack("{s:I, s:I}", "lead", (json_int_t)spans->value[s].lead,
                                        "review", (json_int_t)spans->value[s].review));
    return list;
}

static mq_status write_manifest(const struct mq_forecast_request *request, const char *directory,
                                const struct mq_part_facts facts[], int n)
{
    const struct mq_experiment *experiment = &request->model->experiment;
    const struct mq_panel_info *panel = mq_panel_info(request->panel);
    char weights[MQ_SHA256_HEX];
    char created[MQ_ISO_MAX];
    mq_model_weights_sha256(request->model, weights);
    mq_clock_iso(created);
    json_t *origins = json_array();
    for (int64_t o = 0; o < request->origins->n; o++) {
        char date[MQ_DATE_MAX];
        mq_period_print(&panel->calendar, request->origins->period[o], date);
        mq_json_append(&origins, json_string(date));
    }
    json_t *levels = json_array();
    const struct mq_real_list *asked = mq_forecast_levels(experiment);
    for (int64_t q = 0; q < asked->n; q++)
        mq_json_append(&levels, json_real(asked->value[q]));
    json_error_t error;
    json_t *manifest = json_pack_ex(
        &error, 0, "{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:I, s:o, s:s, s:o}", "run",
        experiment->run.name, "model", experiment->model_type, "checkpoint", request->checkpoint,
        "weights_sha256", weights, "panel", mq_panel_path(request->panel), "panel_fingerprint",
        panel->fingerprint, "items", (json_int_t)panel->n_series, "origins", origins, "horizon",
        (json_int_t)experiment->data.horizon, "levels", levels, "created", created, "parts",
        list_parts(facts, n));
    if (experiment->loss.spans.n > 0)
        mq_json_set(&manifest, "spans", list_spans(&experiment->loss.spans));
    if (manifest == NULL) return mq_json_fail(&error, "manifest.json");
    const mq_status status = mq_manifest_write(directory, manifest);
    json_decref(manifest);
    return status;
}

// Where the forecast goes, by its real name: what a link points to is replaced, not the link. Rank
// 0 knows.
static mq_status resolve(struct mq_world *world, const char *wanted, char directory[MQ_PATH_MAX])
{
    mq_status status = MQ_OK;
    if (mq_rank(world) == 0 && realpath(wanted, directory) == NULL) {
        size_t n = strlen(wanted);
        while (n > 1 && wanted[n - 1] == '/')
            n--;
        if (n == 0 || n >= MQ_PATH_MAX)
            status = mq_fail(MQ_USAGE, "'%s' cannot be the directory of a forecast", wanted);
        else
            (void)snprintf(directory, MQ_PATH_MAX, "%.*s", (int)n, wanted);
    }
    MQ_TRY(mq_agree(world, status));
    return mq_broadcast(world, directory, MQ_PATH_MAX);
}

static bool is_of_a_forecast(const char *name)
{
    return strncmp(name, "part-", 5) == 0 || strncmp(name, "forecast.h5", 11) == 0 ||
           strncmp(name, "manifest.json", 13) == 0;
}

// Replacing deletes what was there, so it must be a forecast, whole or not.
static mq_status check_replaceable(const char *path)
{
    DIR *stream = opendir(path);
    if (stream == NULL) return errno == ENOENT ? MQ_OK : mq_fail_open(path);
    mq_status status = MQ_OK;
    for (struct dirent *entry = readdir(stream); entry != NULL && status == MQ_OK;
         entry = readdir(stream)) {
        const bool is_link = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        if (is_link || is_of_a_forecast(entry->d_name)) continue;
        (void)mq_fail(MQ_USAGE, "%s: holds '%s', which a forecast would replace", path,
                      entry->d_name);
        status = mq_hint("choose a directory of its own with -o");
    }
    (void)closedir(stream);
    return status;
}

// Makes the directory that all ranks write into, by a name of rank 0's own.
static mq_status make_temporary(const char *directory, char temporary[MQ_PATH_MAX])
{
    MQ_TRY(check_replaceable(directory));
    mq_temporaries_clean(directory);
    MQ_TRY(mq_path_temporary(temporary, directory));
    MQ_TRY(mq_directory_remove(temporary)); // of a process that had the same number
    return mq_directory_create(temporary);
}

static mq_status begin(struct mq_world *world, const char *directory, char temporary[MQ_PATH_MAX])
{
    MQ_TRY(mq_agree(world, mq_rank(world) == 0 ? make_temporary(directory, temporary) : MQ_OK));
    return mq_broadcast(world, temporary, MQ_PATH_MAX);
}

// Of levels that were not forecast.
static mq_status check_orders(const struct mq_forecast_request *request)
{
    struct orders orders;
    if (request->model->experiment.loss.spans.n == 0) return MQ_OK;
    MQ_TRY(orders_init(&orders, request));
    orders_warn(&orders);
    return MQ_OK;
}

static mq_status finish(const struct mq_forecast_request *request, const char *temporary,
                        const char *directory, const struct mq_part_facts facts[], int n)
{
    MQ_TRY(check_orders(request));
    MQ_TRY(write_face(request, temporary, facts, n));
    MQ_TRY(write_manifest(request, temporary, facts, n));
    MQ_TRY(mq_directory_publish(temporary, directory));
    return mq_directory_remove(temporary); // the forecast that was there before
}

static mq_status write_all(struct mq_world *world, struct mq_pool *pool,
                           const struct mq_forecast_request *request, const char *temporary,
                           const char *directory)
{
    struct mq_part_facts facts = {0};
    mq_part_name(facts.file, mq_rank(world));
    mq_shard_range(mq_panel_info(request->panel)->n_series, request->series, mq_size(world),
                   mq_rank(world), &facts.first, &facts.rows);
    MQ_TRY(mq_agree(world, mq_part_write(request, pool, temporary, &facts)));

    struct mq_str all = {0};
    mq_status status = mq_gather(world, &facts, sizeof facts, &all, NULL);
    if (status == MQ_OK && mq_rank(world) == 0)
        status = finish(request, temporary, directory,
                        (const struct mq_part_facts *)(const void *)all.data, mq_size(world));
    mq_str_release(&all);
    return mq_agree(world, status);
}

mq_status mq_forecast_write(struct mq_world *world, struct mq_pool *pool,
                            const struct mq_forecast_request *request)
{
    char directory[MQ_PATH_MAX];
    char temporary[MQ_PATH_MAX] = "";
    MQ_TRY(resolve(world, request->directory, directory));
    MQ_TRY(begin(world, directory, temporary));
    const mq_status status = write_all(world, pool, request, temporary, directory);
    if (status != MQ_OK && mq_rank(world) == 0) {
        const struct mq_error failure = *mq_error_get();
        if (mq_directory_remove(temporary) != MQ_OK)
            mq_debug("%s", mq_error_get()->message); // what failed may well be the disk
        mq_error_set(&failure);
    }
    return status;
}
