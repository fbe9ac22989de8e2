// Checkpoints made to harm, by who can seal them too.
#include <string.h>

#include "fault/tricks.h"
#include "mq/base/alloc.h"
#include "mq/model/checkpoint.h"
#include "support/panels.h"

enum { N = 12, PERIODS = 60 };

static mq_status read_checkpoint(const struct subject *subject, struct mq_sha256 *hash)
{
    struct mq_model model;
    struct mq_progress progress;
    struct mq_checkpoint_facts facts;
    (void)hash;
    mq_status status = mq_checkpoint_read(subject->path, &model, &progress);
    mq_model_release(&model);
    return status == MQ_OK ? mq_checkpoint_inspect(subject->path, &facts) : status;
}

// ---- checkpoints ---------------------------------------------------------------------------------

static void overflowing_shape(hid_t file)
{
    const int64_t shape[4] = {(int64_t)1 << 40, (int64_t)1 << 40, 1, 1};
    const hsize_t from[2] = {0, 0};
    const hsize_t count[2] = {1, 4};
    const hid_t dataset = H5Dopen2(file, "/parameter/shape", H5P_DEFAULT);
    const hid_t space = H5Dget_space(dataset);
    const hid_t memory = H5Screate_simple(2, count, NULL);
    must(H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, count, NULL));
    must(H5Dwrite(dataset, H5T_NATIVE_INT64, memory, space, H5P_DEFAULT, shape));
    must(H5Sclose(memory));
    must(H5Sclose(space));
    must(H5Dclose(dataset));
}
/// All names become that of the first parameter, or all lose their last character.
static void rewrite_names(hid_t file, bool is_same)
{
    enum { MOST = 1 << 14 };
    static char names[MOST];
    const hid_t dataset = H5Dopen2(file, "/parameter/name", H5P_DEFAULT);
    const hid_t type = H5Dget_type(dataset);
    const size_t width = H5Tget_size(type);
    const hid_t space = H5Dget_space(dataset);
    const size_t n = (size_t)H5Sget_simple_extent_npoints(space);
    ck_assert_uint_le(n * width, MOST);
    must(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, names));
    for (size_t i = 0; i < n; i++) {
        if (is_same)
            memcpy(names + i * width, names, width);
        else
            names[i * width] = 'X';
    }
    must(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, names));
    must(H5Sclose(space));
    must(H5Tclose(type));
    must(H5Dclose(dataset));
}
static void same_names(hid_t file)
{
    rewrite_names(file, true);
}
static void other_names(hid_t file)
{
    rewrite_names(file, false);
}
static void many_weights(hid_t file)
{
    const hid_t creation = chunked(1024);
    put_dataset(file, "/weights", H5T_IEEE_F32LE, absurd, creation);
    must(H5Pclose(creation));
}
static void no_weights(hid_t file)
{
    drop(file, "/weights");
}
static void long_names(hid_t file)
{
    const hid_t creation = chunked(1);
    const hid_t text = mq_h5_text_type(1 << 30);
    put_dataset(file, "/panel/covariate", text, CATALOGUE_COVARIATES, creation);
    must(H5Tclose(text));
    must(H5Pclose(creation));
}
static void strange_role(hid_t file)
{
    write_i64(file, "/panel/role", 0, 77);
}
static void negative_cardinality(hid_t file)
{
    write_i64(file, "/panel/cardinality", SHOP, -1);
}
static void large_cardinality(hid_t file)
{
    write_i64(file, "/panel/cardinality", SHOP, (int64_t)1 << 60);
}
static void strange_unit(hid_t file)
{
    set_i64(file, "/panel", "unit", 1000);
}
static void no_multiple(hid_t file)
{
    set_i64(file, "/panel", "multiple", 0);
}
static void negative_step(hid_t file)
{
    set_i64(file, "/", "step", -7);
}
static void late_best(hid_t file)
{
    set_i64(file, "/", "best_step", INT64_MAX);
}
static void other_version(hid_t file)
{
    set_i64(file, "/", "version", 4);
}
static void linked_weights(hid_t file)
{
    drop(file, "/weights");
    must(H5Lcreate_external("other.h5", "/target", file, "/weights", H5P_DEFAULT, H5P_DEFAULT));
}

static const struct trick checkpoint_tricks[] = {
    {"2^80 weights", overflowing_shape, "does not fit the weights"},
    {"same names", same_names, "does not fit the weights"},
    {"other names", other_names, "the parameters are not those of its mqrnn"},
    {"2^60 weights", many_weights, "/weights: impossible size"},
    {"no weights", no_weights, "the parameters are not those of its mqrnn"},
    {"linked weights", linked_weights, "the parameters are not those of its mqrnn"},
    {"names of a GiB", long_names, "/panel"},
    {"role 77", strange_role, "impossible role or cardinality"},
    {"-1 categories", negative_cardinality, "impossible role or cardinality"},
    {"2^60 categories", large_cardinality, "impossible role or cardinality"},
    {"unit 1000", strange_unit, "impossible calendar"},
    {"multiple 0", no_multiple, "impossible calendar"},
    {"step -7", negative_step, "impossible: step -7"},
    {"late best", late_best, "impossible: step"},
    {"version 4", other_version, "checkpoint version 4, this program reads 3"},
};
enum { CHECKPOINT_TRICKS = sizeof checkpoint_tricks / sizeof *checkpoint_tricks };

/// Who writes such files can seal them as well.
static void seal_again(const char *path)
{
    struct mq_str bytes = {0};
    ck_ok(mq_file_read(path, &bytes));
    mq_h5_seal(bytes.data, bytes.length);
    ck_ok(mq_file_replace(path, bytes.data, bytes.length));
    mq_str_release(&bytes);
}

START_TEST(test_no_checkpoint_can_ask_for_more_than_it_is)
{
    struct damage_counts counts = {0};
    struct catalogue catalogue;
    struct mq_model model;
    const struct mq_progress progress = {.step = 3, .best_score = -1, .best_step = -1};
    const char *path = test_path("c.h5");
    catalogue_init(&catalogue, N, PERIODS);
    struct mq_panel *panel = catalogue_open(&catalogue, test_path("other.h5"));
    tiny_model(&model, panel, "mqrnn", NULL, 0);
    for (int i = 0; i < CHECKPOINT_TRICKS; i++) {
        ck_ok(mq_checkpoint_write(path, &model, NULL, &progress));
        play(path, &checkpoint_tricks[i]);
        check_refused(&(struct trick){checkpoint_tricks[i].name, NULL, "it does not match"}, path,
                      read_checkpoint, &counts);
        seal_again(path);
        check_refused(&checkpoint_tricks[i], path, read_checkpoint, &counts);
    }
    mq_model_release(&model);
    mq_panel_close(panel);
    catalogue_release(&catalogue);
    damage_report("hostile-checkpoint", &counts);
}
END_TEST

START_TEST(test_a_checkpoint_without_its_seal_is_refused)
{
    struct catalogue catalogue;
    struct mq_model model;
    struct mq_progress progress = {.step = 3, .best_score = -1, .best_step = -1};
    struct mq_str bytes = {0};
    const char *path = test_path("bare.h5");
    catalogue_init(&catalogue, N, PERIODS);
    struct mq_panel *panel = catalogue_open(&catalogue, test_path("other.h5"));
    tiny_model(&model, panel, "mqrnn", NULL, 0);
    ck_ok(mq_checkpoint_write(path, &model, NULL, &progress));
    mq_model_release(&model);
    ck_ok(mq_file_read(path, &bytes));
    ck_ok(mq_file_replace(path, bytes.data + MQ_H5_SEAL_BYTES, bytes.length - MQ_H5_SEAL_BYTES));
    ck_fails(mq_checkpoint_read(path, &model, &progress), MQ_DATA, "bare.h5: ");
    mq_model_release(&model);
    memset(bytes.data, 0, MQ_H5_SEAL_BYTES); // HDF5 would look behind it
    ck_ok(mq_file_replace(path, bytes.data, bytes.length));
    ck_fails(mq_checkpoint_read(path, &model, &progress), MQ_DATA, "bare.h5: not an HDF5 file");
    mq_model_release(&model);
    mq_str_release(&bytes);
    mq_panel_close(panel);
    catalogue_release(&catalogue);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("checkpoint");
    tcase_add_test(tc, test_no_checkpoint_can_ask_for_more_than_it_is);
    tcase_add_test(tc, test_a_checkpoint_without_its_seal_is_refused);
    return run_tests("fault/damage_checkpoint", tc);
}
