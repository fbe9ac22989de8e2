// Command lines, what they read, and what they leave.
#define _GNU_SOURCE // nftw

#include "support/verbs.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/command.h"
#include "mq/base/hash.h"
#include "mq/base/path.h"
#include "mq/data/panel.h"
#include "mq/model/checkpoint.h"
#include "mq/model/manifest.h"
#include "mq/model/rundir.h"
#include "support/harness.h"
#include "support/panels.h"

enum { N = 10, PERIODS = 48 };

// clang-format off
#define TRAIN "train", "tiny.yaml", "--threads", "2", "--set"
const struct verb verbs[] = {
    {"import csv", {"import", "csv", "sales.csv", "--schema", "sales.yaml", "--calendar", "events.csv",
     "-o", "out.h5"}, VERB_PANEL, "out.h5", "rm -f out.h5"},
    {"import over a panel", {"import", "csv", "sales.csv", "--schema", "sales.yaml", "-o", "old.h5"},
     VERB_PANEL, "old.h5", "cp plain.h5 old.h5"},
    {"import wide", {"import", "wide", "wide.csv", "--schema", "wide.yaml", "-o", "out.h5"},
     VERB_PANEL, "out.h5", "rm -f out.h5"},
    {"import m4", {"import", "m4", "Hourly-train.csv", "Hourly-test.csv", "info.csv", "-o", "out.h5"},
     VERB_PANEL, "out.h5", "rm -f out.h5"},
    {"import m5", {"import", "m5", "m5-sales.csv", "m5-calendar.csv", "m5-prices.csv",
     "m5-weights.csv", "-o", "out.h5"}, VERB_PANEL, "out.h5", "rm -f out.h5"},
    {"import tsf", {"import", "tsf", "t.tsf", "-o", "out.h5"}, VERB_PANEL, "out.h5", "rm -f out.h5"},
    {"import jsonl", {"import", "jsonl", "items.jsonl", "-o", "out.h5"}, VERB_PANEL, "out.h5",
     "rm -f out.h5"},
    {"synth", {"synth", "-o", "out.h5", "--series", "6", "--length", "20"}, VERB_PANEL, "out.h5",
     "rm -f out.h5"},
    {"train mqrnn", {TRAIN, "run.name=fresh"}, VERB_RUN, "runs/fresh", "rm -rf runs/fresh"},
    {"train resumed", {TRAIN, "run.name=half", "--resume", "must"}, VERB_RUN, "runs/half",
     "rm -rf runs/half; cp -r runs/quarter runs/half"},
    {"train mqtransformer", {TRAIN, "run.name=fresh", "--set", "model.type=mqtransformer", "--trace"},
     VERB_RUN, "runs/fresh", "rm -rf runs/fresh"},
    {"train from", {TRAIN, "run.name=fresh", "--from", "runs/base"}, VERB_RUN, "runs/fresh",
     "rm -rf runs/fresh"},
    {"train ensemble", {"train", "ensemble.yaml"}, VERB_RUN, "runs/fresh", "rm -rf runs/fresh"},
    {"forecast", {"forecast", "runs/base", "--threads", "2", "-o", "cast"}, VERB_FORECAST, "cast",
     "rm -rf cast"},
    {"forecast again", {"forecast", "runs/base", "--origins", "2/3", "-o", "cast", "--set",
     "forecast.levels=[0.1, 0.5, 0.9]"}, VERB_FORECAST, "cast", "true"},
    {"evaluate", {"evaluate", "runs/base", "--threads", "2", "--json"}, VERB_FILE,
     "runs/base/evaluation.json", "rm -f runs/base/evaluation.json"},
    {"simulate", {"simulate", "tiny.yaml", "--run", "runs/base", "--threads", "2", "-o", "out.json",
     "--set", "inventory.tuned_for=catalogue"}, VERB_FILE, "out.json", "rm -f out.json"},
    {"run", {"run", "tiny.yaml", "--set", "run.name=fresh"}, VERB_RUN, "runs/fresh",
     "rm -rf runs/fresh"},
    {"check", {"check", "tiny.yaml", "--set", "run.name=fresh", "--json"}, VERB_MEASURES, NULL, "true"},
    {"report", {"report", "runs/done", "-o", "page.html"}, VERB_FILE, "page.html", "rm -f page.html"},
    {"export panel", {"export", "panel.h5", "-o", "out.csv"}, VERB_FILE, "out.csv", "rm -f out.csv out.yaml"},
    {"export forecast", {"export", "runs/done/forecast/forecast.h5", "-o", "out.csv"}, VERB_FILE,
     "out.csv", "rm -f out.csv out.yaml"},
    {"export checkpoint", {"export", "runs/done/checkpoints/step-000000004.h5", "-o",
     "out.safetensors"}, VERB_FILE, "out.safetensors", "rm -f out.safetensors"},
    {"inspect panel", {"inspect", "panel.h5", "--json"}, VERB_PRINTS, NULL, "true"},
    {"inspect run", {"inspect", "runs/done", "--json"}, VERB_PRINTS, NULL, "true"},
    {"inspect checkpoint", {"inspect", "runs/done/checkpoints/step-000000004.h5", "--json"},
     VERB_PRINTS, NULL, "true"},
    {"inspect forecast", {"inspect", "runs/done/forecast", "--json"}, VERB_PRINTS, NULL, "true"},
    {"watch", {"watch", "runs/done", "--once"}, VERB_PRINTS, NULL, "true"},
    {"template", {"template", "mqcnn"}, VERB_PRINTS, NULL, "true"},
    {NULL, {NULL}, VERB_PRINTS, NULL, NULL},
};
// clang-format on

// ---- what they read -----------------------------------------------------------------------------

static const char *const files[][2] = {
    {"sales.csv", "sku,day,units,price,size,brand,promo,stock\n"
                  "a,2020-01-01,1,2.5,3,x,0,1\na,2020-01-02,2,2.5,3,x,1,1\n"
                  "b,2020-01-02,7,1.5,4,y,1,0\nb,2020-01-03,,1.5,4,y,0,1\n"},
    {"sales.yaml", "id: sku\ntimestamp: day\ntarget: units\nfrequency: daily\nmissing: zero\n"
                   "extend: true\nstatic: [brand]\nstatic_real: [size]\nknown: [price]\n"
                   "calendar: [promo]\navailable: stock\n"},
    {"events.csv", "date,holiday,open\n2020-01-02,New Year,1\n2020-01-09,,0\n"},
    {"wide.csv", "id,state,SUM,2020-01-01,2020-01-02,2020-01-03\na,NSW,3,1,2,\nb,VIC,9,4,,5\n"},
    {"wide.yaml", "id: id\nstatic: [state]\nignore: [SUM]\n"},
    {"Hourly-train.csv", "V1,V2,V3\nH1,1,2\nH2,9,\n"},
    {"Hourly-test.csv", "V1,V2\nH2,10\nH1,4\n"},
    {"info.csv", "id,type,start\nH1,A,2020-01-01\nH2,B,2020-01-01\n"},
    {"m5-calendar.csv",
     "date,wm_yr_wk,d,event_name_1,event_type_1,event_name_2,event_type_2,snap_CA,snap_TX\n"
     "2011-01-29,11101,d_1,,,,,0,0\n2011-01-30,11101,d_2,Bowl,Sporting,,,1,0\n"
     "2011-01-31,11101,d_3,,,,,1,1\n2011-02-01,11102,d_4,,,,,0,1\n"},
    {"m5-sales.csv", "id,item_id,dept_id,cat_id,store_id,state_id,d_1,d_2,d_3\n"
                     "A_CA_1_evaluation,A,D,C,CA_1,CA,0,3,0\n"
                     "B_TX_1_evaluation,B,E,C,TX_1,TX,2,0,4\n"},
    {"m5-prices.csv", "store_id,item_id,wm_yr_wk,sell_price\nCA_1,A,11101,5\nTX_1,B,11101,7\n"},
    {"m5-weights.csv", "Level_id,Agg_Level_1,Agg_Level_2,Dollar_Sales,weight\n"
                       "Level12,A,CA_1,10,0.25\n"},
    {"t.tsf", "@relation Some\n@attribute series_name string\n@attribute state string\n"
              "@frequency daily\n@data\nT1:NSW:1,2,3,4\nT2:VIC:5,?,6\n"},
    {"items.jsonl", "{\"item_id\": \"a\", \"start\": \"2020-01-01\", \"freq\": \"D\", "
                    "\"target\": [1, NaN, 3, 1234567890.125], \"cat\": [0], "
                    "\"dynamic_feat\": [[0, 1, 0, 1, 0]]}\n"
                    "{\"item_id\": \"b\", \"start\": \"2020-01-02\", \"freq\": \"D\", "
                    "\"target\": [4, 5], \"cat\": [1], \"dynamic_feat\": [[0, 1, 0]]}\n"},
    {"tiny.yaml", "version: 1\nrun: {name: base, dir: runs}\n"
                  "data: {panel: panel.h5, context: 8, horizon: 3}\n"
                  "model: {type: mqrnn, hidden: 4, context_size: 2, local: 4, static_size: 2}\n"
                  "loss: {quantiles: [0.1, 0.5, 0.9]}\n"
                  "train: {batch: 4, lanes: 2, steps: 4, validate_every: 2, log_every: 1}\n"
                  "checkpoint: {every: 2, keep: 9}\nforecast: {batch: 4}\n"
                  "evaluate: {origins: 2, stride: 3, by: shop}\n"},
    {"ensemble.yaml", "version: 1\nrun: {name: fresh, dir: runs}\n"
                      "data: {panel: panel.h5, context: 8, horizon: 3}\n"
                      "loss: {quantiles: [0.1, 0.5, 0.9]}\n"
                      "model: {type: ensemble, members: [runs/base, runs/done]}\n"
                      "evaluate: {origins: 2, stride: 3, by: shop}\nforecast: {batch: 4}\n"},
};

static void shell(const char *command)
{
    const int code = system(command);
    ck_assert_msg(code == 0, "%s: %d", command, code);
}

static void run_words(struct mq_world *world, const char *const words[])
{
    struct verb verb = {.name = words[0]};
    for (int i = 0; words[i] != NULL; i++)
        verb.words[i] = words[i];
    ck_ok(verb_run(&verb, world));
}

static void make_files(void)
{
    struct catalogue catalogue;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        ck_ok(mq_file_replace(files[i][0], files[i][1], strlen(files[i][1])));
    catalogue_init(&catalogue, N, PERIODS);
    catalogue_write(&catalogue, "panel.h5");
    catalogue_release(&catalogue);
}

void verbs_prepare(struct mq_world *world)
{
    ck_assert_int_eq(chdir(test_directory()), 0);
    mq_log_configure(MQ_LOG_QUIET, mq_rank(world));
    if (mq_rank(world) == 0) make_files();
    ck_ok(mq_barrier(world));
    run_words(world, (const char *const[]){"train", "tiny.yaml", NULL});
    run_words(world, (const char *const[]){"run", "tiny.yaml", "--set", "run.name=done", NULL});
    run_words(world, (const char *const[]){TRAIN, "run.name=half", NULL});
    if (mq_rank(world) == 0) {
        static const char *const plain[] = {"import",     "csv", "sales.csv", "--schema",
                                            "sales.yaml", "-o",  "plain.h5",  NULL};
        run_words(NULL, plain);
        shell("cp -r runs/half runs/quarter; rm runs/quarter/checkpoints/step-000000004.h5;"
              "for which in latest best; do"
              " echo step-000000002.h5 >runs/quarter/checkpoints/$which; done");
    }
    ck_ok(mq_barrier(world));
}

// ---- running ------------------------------------------------------------------------------------

void verb_reset(const struct verb *verb, struct mq_world *world)
{
    ck_ok(mq_barrier(world));
    if (mq_rank(world) == 0 && strcmp(verb->reset, "true") != 0) shell(verb->reset);
    ck_ok(mq_barrier(world));
}

bool verb_is_collective(const struct verb *verb)
{
    const struct mq_command *command = NULL;
    ck_ok(mq_command_find(verb->words[0], &command));
    return (command->needs & MQ_NEEDS_WORLD) != 0;
}

static mq_status run_command(int n, char *words[], struct mq_world *world)
{
    const struct mq_command *command = NULL;
    struct mq_arguments arguments = {0};
    mq_status status = mq_command_find(words[0], &command);
    if (status == MQ_OK) status = mq_arguments_parse(&arguments, command, n - 1, words + 1);
    const bool is_common = command != NULL && (command->needs & MQ_NEEDS_WORLD) != 0;
    // As in main: what the ranks' command lines come to is agreed on before anything else.
    if (is_common && world != NULL) status = mq_agree(world, status);
    if (status == MQ_OK) {
        status = command->run(is_common ? world : NULL, &arguments);
        if (is_common) status = mq_agree(world, status);
    }
    mq_arguments_release(&arguments);
    return status;
}

mq_status verb_run(const struct verb *verb, struct mq_world *world)
{
    char text[VERB_WORDS_MAX][64];
    char *words[VERB_WORDS_MAX];
    int n = 0;
    for (; verb->words[n] != NULL; n++) {
        (void)snprintf(text[n], sizeof text[n], "%s", verb->words[n]);
        words[n] = text[n];
    }
    (void)fflush(stdout);
    const int kept = dup(STDOUT_FILENO);
    const int file = open("printed", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    ck_assert(kept >= 0 && file >= 0 && dup2(file, STDOUT_FILENO) >= 0);
    const mq_status status = run_command(n, words, world);
    (void)fflush(stdout);
    ck_assert_int_ge(dup2(kept, STDOUT_FILENO), 0);
    (void)close(file);
    (void)close(kept);
    return status;
}

// ---- what they leave ----------------------------------------------------------------------------

static int find_temporary(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    ck_assert_msg(!mq_path_has_suffix(path, ".tmp"), "%s is left behind", path);
    return 0;
}

static void check_checkpoint(const char *run, const char *which, char sha256[MQ_SHA256_HEX])
{
    struct mq_checkpoint_facts facts = {0};
    char path[MQ_PATH_MAX];
    int64_t step = -1;
    ck_ok(mq_run_pointer(run, which, &step));
    sha256[0] = '\0';
    if (step < 0) return;
    ck_ok(mq_run_checkpoint(path, run, step));
    ck_ok(mq_checkpoint_inspect(path, &facts));
    (void)snprintf(sha256, MQ_SHA256_HEX, "%s", facts.weights_sha256);
}

static void outcome_of_panel(const char *path, char *outcome)
{
    struct mq_panel *panel = NULL;
    ck_ok(mq_panel_open(&panel, path));
    ck_ok(mq_panel_verify(panel));
    (void)snprintf(outcome, VERB_OUTCOME_MAX, "%s", mq_panel_info(panel)->fingerprint);
    mq_panel_close(panel);
}

static void outcome_of_forecast(const char *path, char *outcome)
{
    json_t *manifest = NULL;
    ck_ok(mq_forecast_verify(path, &manifest));
    const json_t *part = json_array_get(json_object_get(manifest, "parts"), 0);
    (void)snprintf(outcome, VERB_OUTCOME_MAX, "%s",
                   json_string_value(json_object_get(part, "sha256")));
    json_decref(manifest);
}

void verb_outcome(const struct verb *verb, char outcome[VERB_OUTCOME_MAX])
{
    outcome[0] = '\0';
    (void)nftw(".", find_temporary, 16, FTW_PHYS);
    if (verb->result != NULL && !mq_path_exists(verb->result)) return;
    switch (verb->kind) {
    case VERB_MEASURES: // never the same again
        break;
    case VERB_PRINTS:
        ck_ok(mq_sha256_file("printed", outcome));
        break;
    case VERB_FILE:
        ck_ok(mq_sha256_file(verb->result, outcome));
        break;
    case VERB_PANEL:
        outcome_of_panel(verb->result, outcome);
        break;
    case VERB_RUN: {
        char best[MQ_SHA256_HEX];
        check_checkpoint(verb->result, "best", best);
        check_checkpoint(verb->result, "latest", outcome);
        break;
    }
    case VERB_FORECAST:
        outcome_of_forecast(verb->result, outcome);
        break;
    }
}
