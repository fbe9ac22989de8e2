// Files made to harm: written with HDF5 itself, valid to it, and against what mqcast would ever
// write. Each is refused in one line, soon, and without the memory that it asks for.
#include "support/damage.h"

#include <hdf5.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "h5/internal.h"
#include "mq/base/alloc.h"
#include "mq/h5/parts.h"
#include "mq/model/checkpoint.h"
#include "mq/model/manifest.h"
#include "support/harness.h"
#include "support/panels.h"

enum { N = 12, PERIODS = 60 };
static const hsize_t absurd = (hsize_t)1 << 60;

static mq_status read_panel(const struct subject *subject, struct mq_sha256 *hash)
{
    mq_status status = MQ_OK;
    struct mq_panel *panel = NULL;
    struct mq_series_block block = {0};
    (void)hash;
    MQ_DO(mq_panel_open(&panel, subject->path));
    for (int64_t c = 0; c < mq_panel_info(panel)->n_covariates; c++) {
        char **names = NULL;
        if (mq_panel_info(panel)->covariates[c].role != MQ_ROLE_STATIC_CATEGORY) continue;
        MQ_DO(mq_panel_vocabulary(panel, c, &names));
        mq_free(names);
    }
    MQ_DO(mq_panel_read(panel, 0, N, &block));
    MQ_DO(mq_panel_verify(panel));
done:
    mq_series_block_release(&block);
    mq_panel_close(panel);
    return status;
}

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

// ---- what HDF5 can be made to write --------------------------------------------------------------

/// The trick at hand, for what goes wrong with it.
static const char *playing = "";

static void must(int64_t result)
{
    ck_assert_msg(result >= 0, "%s: HDF5 does not play along", playing);
}

static void drop(hid_t file, const char *name)
{
    must(H5Ldelete(file, name, H5P_DEFAULT));
}

/// `name` becomes a new dataset of int64, of this size and with these creation properties.
static void put_dataset(hid_t file, const char *name, hid_t type, hsize_t size, hid_t creation)
{
    const hsize_t most = H5S_UNLIMITED;
    const bool is_chunked = H5Pget_layout(creation) == H5D_CHUNKED;
    const hid_t space = H5Screate_simple(1, &size, is_chunked ? &most : NULL);
    drop(file, name);
    const hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    must(dataset);
    must(H5Dclose(dataset));
    must(H5Sclose(space));
}

/// Chunks of `chunk` elements with the checksums that are asked for.
static hid_t chunked(hsize_t chunk)
{
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    must(H5Pset_chunk(creation, 1, &chunk));
    must(H5Pset_deflate(creation, 1));
    must(H5Pset_fletcher32(creation));
    return creation;
}

static void grow(hid_t file, const char *name)
{
    const hid_t creation = chunked(1024);
    put_dataset(file, name, H5T_STD_I64LE, absurd, creation);
    must(H5Pclose(creation));
}

static void set_i64(hid_t file, const char *object, const char *name, int64_t value)
{
    const hid_t space = H5Screate(H5S_SCALAR);
    must(H5Adelete_by_name(file, object, name, H5P_DEFAULT)); // HDF5 cannot always overwrite
    const hid_t attribute = H5Acreate_by_name(file, object, name, H5T_STD_I64LE, space, H5P_DEFAULT,
                                              H5P_DEFAULT, H5P_DEFAULT);
    must(attribute);
    must(H5Awrite(attribute, H5T_NATIVE_INT64, &value));
    must(H5Aclose(attribute));
    must(H5Sclose(space));
}

static void write_i64(hid_t file, const char *name, hsize_t at, int64_t value)
{
    const hsize_t one = 1;
    const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    const hid_t space = H5Dget_space(dataset);
    const hid_t memory = H5Screate_simple(1, &one, NULL);
    must(H5Sselect_elements(space, H5S_SELECT_SET, 1, &at));
    must(H5Dwrite(dataset, H5T_NATIVE_INT64, memory, space, H5P_DEFAULT, &value));
    must(H5Sclose(memory));
    must(H5Sclose(space));
    must(H5Dclose(dataset));
}

// ---- panels --------------------------------------------------------------------------------------

static void many_series(hid_t file)
{
    grow(file, "/series/start");
}
static void many_values(hid_t file)
{
    grow(file, "/target");
}
static void many_names(hid_t file)
{
    const hid_t creation = chunked(1024);
    const hid_t text = mq_h5_text_type(8);
    put_dataset(file, "/vocabulary/shop", text, absurd, creation);
    must(H5Tclose(text));
    must(H5Pclose(creation));
}
static void long_ids(hid_t file)
{
    const hid_t creation = chunked(1);
    const hid_t text = mq_h5_text_type(1 << 30);
    put_dataset(file, "/series/id", text, N, creation);
    must(H5Tclose(text));
    must(H5Pclose(creation));
}
static void large_chunks(hid_t file)
{
    const hid_t creation = chunked((hsize_t)1 << 28);
    put_dataset(file, "/series/start", H5T_STD_I64LE, N, creation);
    must(H5Pclose(creation));
}
static void negative_length(hid_t file)
{
    write_i64(file, "/series/length", 1, -5);
}
static void overlapping(hid_t file)
{
    write_i64(file, "/series/offset", 2, 3);
}
static void past_the_end(hid_t file)
{
    write_i64(file, "/series/length", N - 1, INT64_MAX);
}
static void late(hid_t file)
{
    write_i64(file, "/series/start", 0, INT64_MAX);
}
static void many_periods(hid_t file)
{
    set_i64(file, "/", "n_periods", INT64_MAX);
}
static void far_ahead(hid_t file)
{
    set_i64(file, "/", "ahead", INT64_MAX / 4);
}
static void unknown_code(hid_t file)
{
    write_i64(file, "/static/shop", 3, 99);
}
static void negative_code(hid_t file)
{
    write_i64(file, "/static/shop", 3, -1);
}
static void same_position(hid_t file)
{
    set_i64(file, "/past/traffic", "position", PRICE);
}
static void far_position(hid_t file)
{
    set_i64(file, "/past/traffic", "position", 1 << 20);
}
static void strange_name(hid_t file)
{
    must(
        H5Lmove(file, "/past/traffic", file, "/past/a\nerror: b\x1b[2J", H5P_DEFAULT, H5P_DEFAULT));
}
static void many_members(hid_t file)
{
    for (int i = 0; i < 5000; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "/past/x%d", i);
        must(H5Lcreate_hard(file, "/target", file, name, H5P_DEFAULT, H5P_DEFAULT));
    }
}
static void soft_link(hid_t file)
{
    drop(file, "/target");
    must(H5Lcreate_soft("/past/traffic", file, "/target", H5P_DEFAULT, H5P_DEFAULT));
}
static void external_link(hid_t file)
{
    drop(file, "/target");
    must(H5Lcreate_external("other.h5", "/target", file, "/target", H5P_DEFAULT, H5P_DEFAULT));
}
static void external_group(hid_t file)
{
    drop(file, "/series");
    must(H5Lcreate_external("other.h5", "/series", file, "/series", H5P_DEFAULT, H5P_DEFAULT));
}
static void external_storage(hid_t file)
{
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    must(H5Pset_external(creation, "/etc/passwd", 0, N * sizeof(int64_t)));
    put_dataset(file, "/series/start", H5T_STD_I64LE, N, creation);
    must(H5Pclose(creation));
}
static void virtual_storage(hid_t file)
{
    const hsize_t size = N;
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    const hid_t space = H5Screate_simple(1, &size, NULL);
    must(H5Pset_virtual(creation, space, "other.h5", "/series/start", space));
    put_dataset(file, "/series/start", H5T_STD_I64LE, N, creation);
    must(H5Sclose(space));
    must(H5Pclose(creation));
}
static void foreign_filter(hid_t file)
{
    const hid_t creation = chunked(16);
    must(H5Pset_filter(creation, 32123, H5Z_FLAG_OPTIONAL, 0, NULL));
    put_dataset(file, "/series/start", H5T_STD_I64LE, N, creation);
    must(H5Pclose(creation));
}
static void no_checksums(hid_t file)
{
    const hsize_t chunk = 16;
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    must(H5Pset_chunk(creation, 1, &chunk));
    put_dataset(file, "/series/start", H5T_STD_I64LE, N, creation);
    must(H5Pclose(creation));
}
static void variable_text(hid_t file)
{
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    const hid_t text = H5Tcopy(H5T_C_S1);
    must(H5Tset_size(text, H5T_VARIABLE));
    put_dataset(file, "/series/id", text, N, creation);
    must(H5Tclose(text));
    must(H5Pclose(creation));
}

struct trick {
    const char *name;
    void (*play)(hid_t file);
    const char *refused; ///< a part of the message
};

static const struct trick panel_tricks[] = {
    {"2^60 series", many_series, "/series/start: impossible size"},
    {"2^60 values", many_values, "/target: impossible size"},
    {"2^60 names", many_names, "/vocabulary/shop: impossible size"},
    {"ids of a GiB", long_ids, "/series/id: impossible"},
    {"chunks of 2 GiB", large_chunks, "/series/start: impossible chunks"},
    {"negative length", negative_length, "impossible length"},
    {"overlapping series", overlapping, "offset of the next series"},
    {"past the end", past_the_end, "the index ends"},
    {"late", late, "impossible start"},
    {"2^63 periods", many_periods, "impossible: "},
    {"2^61 ahead", far_ahead, "impossible: "},
    {"code 99", unknown_code, "shop: 99, expected 3"},
    {"code -1", negative_code, "shop: -1"},
    {"same position", same_position, "is taken"},
    {"far position", far_position, "impossible position"},
    {"strange name", strange_name, "'a error: b [2J' cannot name a covariate"},
    {"5000 members", many_members, "impossible: 5001 members"},
    {"soft link", soft_link, "no dataset /target"},
    {"external link", external_link, "no dataset /target"},
    {"external group", external_group, "no dataset /series/start"},
    {"external storage", external_storage, "/series/start: not stored in chunks"},
    {"virtual storage", virtual_storage, "/series/start: leads to other files"},
    {"foreign filter", foreign_filter, "filter 32123, which is not ours"},
    {"no checksums", no_checksums, "/series/start: stored without checksums"},
    {"variable text", variable_text, "/series/id: neither numbers nor text"},
};
enum { PANEL_TRICKS = sizeof panel_tricks / sizeof *panel_tricks };

static void play(const char *path, const struct trick *trick)
{
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    must(H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST));
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, access);
    must(file);
    playing = trick->name;
    trick->play(file);
    must(H5Fclose(file));
    must(H5Pclose(access));
}

static void check_refused(const struct trick *trick, const char *path,
                          mq_status (*read)(const struct subject *, struct mq_sha256 *),
                          struct damage_counts *counts)
{
    const struct subject subject = {trick->name, path, trick->refused, read, NULL};
    ck_assert_msg(!damage_read(&subject, "", trick->refused, counts), "%s: not refused",
                  trick->name);
}

START_TEST(test_no_panel_can_ask_for_more_than_it_is)
{
    struct damage_counts counts = {0};
    struct catalogue catalogue;
    const char *path = test_path("hostile.h5");
    catalogue_init(&catalogue, N, PERIODS);
    catalogue_write(&catalogue, test_path("other.h5"));
    for (int i = 0; i < PANEL_TRICKS; i++) {
        catalogue_write(&catalogue, path);
        play(path, &panel_tricks[i]);
        check_refused(&panel_tricks[i], path, read_panel, &counts);
    }
    catalogue_release(&catalogue);
    damage_report("hostile-panel", &counts);
}
END_TEST

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
    {"names of a GiB", long_names, "/panel/covariate: impossible"},
    {"role 77", strange_role, "impossible covariate"},
    {"-1 categories", negative_cardinality, "impossible covariate"},
    {"2^60 categories", large_cardinality, "impossible covariate"},
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

// ---- walking a file ------------------------------------------------------------------------------

static mq_status verify_file(const struct subject *subject, struct mq_sha256 *hash)
{
    struct mq_h5 *file = NULL;
    (void)hash;
    MQ_TRY(mq_h5_open(&file, subject->path));
    const mq_status status = mq_h5_verify(file);
    mq_h5_close(file);
    return status;
}

static void circle(hid_t file)
{
    const hid_t group = H5Gcreate2(file, "/circle", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    must(group);
    for (int i = 0; i < 100; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "/circle/%d", i);
        must(H5Lcreate_hard(file, "/circle", file, name, H5P_DEFAULT, H5P_DEFAULT));
    }
    must(H5Gclose(group));
}

static const struct trick walk_tricks[] = {
    {"circle", circle, "hostile.h5: "},
    {"external link", external_link, "/target: a link that leads nowhere in this file"},
    {"2^60 values", many_values, "/target: impossible size"},
};

START_TEST(test_a_walk_over_any_file_ends)
{
    struct damage_counts counts = {0};
    struct catalogue catalogue;
    const char *path = test_path("hostile.h5");
    catalogue_init(&catalogue, N, PERIODS);
    catalogue_write(&catalogue, test_path("other.h5"));
    for (size_t i = 0; i < sizeof walk_tricks / sizeof *walk_tricks; i++) {
        catalogue_write(&catalogue, path);
        play(path, &walk_tricks[i]);
        check_refused(&walk_tricks[i], path, verify_file, &counts);
    }
    catalogue_release(&catalogue);
    damage_report("hostile-walk", &counts);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("hostile");
    tcase_add_test(tc, test_no_panel_can_ask_for_more_than_it_is);
    tcase_add_test(tc, test_no_checkpoint_can_ask_for_more_than_it_is);
    tcase_add_test(tc, test_a_checkpoint_without_its_seal_is_refused);
    tcase_add_test(tc, test_a_walk_over_any_file_ends);
    return run_tests("fault/damage_hostile", tc);
}
