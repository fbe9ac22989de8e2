// Reads evaluation.json, cost.json, simulation.json and log.jsonl, and looks for a forecast.
#include "report/run.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/json.h"
#include "mq/base/log.h"
#include "mq/model/manifest.h"

double number_at(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

const json_t *run_baseline(const struct run *run)
{
    return json_object_get(json_object_get(run->evaluation, "baseline"), "seasonal_naive");
}

double run_score(const struct run *run, const char *name)
{
    return number_at(json_object_get(run->evaluation, "scores"), name);
}

double baseline_score(const struct run *run, const char *name)
{
    return number_at(run_baseline(run), name);
}

// A file that may be missing; what cannot be read of it is said.
static mq_status load_object(struct run *run, const char *name, json_t **object)
{
    char path[MQ_PATH_MAX];
    struct mq_str text = {0};
    MQ_TRY(mq_path_join(path, run->directory, name));
    if (!mq_path_exists(path)) return MQ_OK;
    mq_status status = mq_file_read(path, &text);
    if (status == MQ_OK) status = mq_json_parse(object, text.data, text.length, path);
    mq_str_release(&text);
    if (status != MQ_OK && mq_is_out_of_memory()) return status;
    if (json_is_object(*object)) return MQ_OK;
    json_decref(*object);
    *object = NULL;
    if (status == MQ_OK) return mq_str_printf(&run->missing, "Its %s is not an object. ", name);
    return mq_str_printf(&run->missing, "Its %s cannot be read (%s). ", name,
                         mq_error_get()->message);
}

static mq_status load_evaluation(struct run *run)
{
    static const char file[] = "evaluation.json";
    char path[MQ_PATH_MAX];
    MQ_TRY(mq_path_join(path, run->directory, file));
    if (!mq_path_exists(path))
        return mq_str_add(&run->missing,
                          "It has not been evaluated: there is no evaluation.json. ");
    MQ_TRY(load_object(run, file, &run->evaluation));
    const char *name = json_string_value(json_object_get(run->evaluation, "run"));
    if (name != NULL) run->name = name;
    return MQ_OK;
}

static int64_t count_lines(const struct mq_str *text)
{
    int64_t lines = 1;
    for (size_t i = 0; i < text->length; i++)
        lines += text->data[i] == '\n';
    return lines;
}

// Lines that are no JSON object with a step are skipped: a stopped run may leave half a line.
static mq_status add_log_line(struct run *run, const char *line, size_t n)
{
    static const char *const keys[LOG_COLUMNS] = {"step", "loss", "valid_loss", "lr"};
    json_t *object = NULL;
    if (mq_json_parse(&object, line, n, "log.jsonl") != MQ_OK && mq_is_out_of_memory())
        return MQ_FAILED;
    if (json_is_number(json_object_get(object, "step"))) {
        for (int c = 0; c < LOG_COLUMNS; c++)
            run->log[c][run->n_log] = number_at(object, keys[c]);
        run->n_log++;
    }
    json_decref(object);
    return MQ_OK;
}

static mq_status parse_log(struct run *run, const struct mq_str *text)
{
    const int64_t lines = count_lines(text);
    for (int c = 0; c < LOG_COLUMNS; c++)
        MQ_NEW(run->log[c], lines);
    const char *line = text->data;
    const char *end = text->data + text->length;
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (stop == NULL) stop = end;
        MQ_TRY(add_log_line(run, line, (size_t)(stop - line)));
        line = stop + 1;
    }
    if (run->n_log > 0) return MQ_OK;
    return mq_str_add(&run->missing, "Its log.jsonl holds no training step. ");
}

static mq_status load_log(struct run *run)
{
    char path[MQ_PATH_MAX];
    MQ_TRY(mq_path_join(path, run->directory, "log.jsonl"));
    if (!mq_path_exists(path))
        return mq_str_add(&run->missing, "There is no log.jsonl, so no learning curve. ");
    struct mq_str text = {0};
    mq_status status = mq_file_read(path, &text);
    if (status != MQ_OK && !mq_is_out_of_memory())
        status =
            mq_str_printf(&run->missing, "Its log cannot be read: %s. ", mq_error_get()->message);
    else if (status == MQ_OK && text.length > 0)
        status = parse_log(run, &text);
    else if (status == MQ_OK)
        status = mq_str_add(&run->missing, "Its log.jsonl is empty. ");
    mq_str_release(&text);
    return status;
}

// HDF5 shows missing parts as no values: a forecast that is not whole is not drawn.
static mq_status find_forecast(struct run *run)
{
    json_t *manifest = NULL;
    MQ_TRY(mq_path_join(run->forecast, run->directory, "forecast/forecast.h5"));
    char directory[MQ_PATH_MAX];
    mq_path_directory(directory, run->forecast);
    const bool is_there = mq_path_exists(directory);
    if (is_there && mq_forecast_verify(run->forecast, &manifest) == MQ_OK) {
        json_decref(manifest);
        return MQ_OK;
    }
    run->forecast[0] = '\0';
    if (is_there && mq_is_out_of_memory()) return MQ_FAILED;
    if (!is_there) return mq_str_add(&run->missing, "There is no forecast to draw. ");
    mq_warn("%s: the forecast is left out: %s", run->name, mq_error_get()->message);
    return mq_str_printf(&run->missing, "Its forecast is damaged and not drawn: %s. ",
                         mq_error_get()->message);
}

mq_status run_load(struct run *run, const char *directory)
{
    *run = (struct run){.directory = directory, .name = mq_path_name(directory)};
    mq_status status = MQ_OK;
    if (!mq_path_is_directory(directory))
        MQ_DO(mq_str_printf(&run->missing, "There is no directory %s. ", directory));
    if (run->missing.length > 0) goto done;
    MQ_DO(load_evaluation(run));
    MQ_DO(load_object(run, "cost.json", &run->cost));
    MQ_DO(load_object(run, "simulation.json", &run->simulation));
    MQ_DO(load_log(run));
    MQ_DO(find_forecast(run));
done:
    if (status != MQ_OK) run_release(run);
    return status;
}

void run_release(struct run *run)
{
    json_decref(run->evaluation);
    json_decref(run->cost);
    json_decref(run->simulation);
    for (int c = 0; c < LOG_COLUMNS; c++)
        mq_free(run->log[c]);
    mq_str_release(&run->missing);
    *run = (struct run){0};
}

bool run_is_empty(const struct run *run)
{
    return run->evaluation == NULL && run->simulation == NULL && run->n_log == 0 &&
           run->forecast[0] == '\0';
}
