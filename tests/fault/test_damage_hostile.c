// Panels made to harm: valid to HDF5, and against what mqcast would ever write. Each is refused in
// one line, soon, and without the memory that it asks for.
#include <string.h>

#include "fault/tricks.h"
#include "mq/base/alloc.h"
#include "mq/data/panel.h"
#include "support/panels.h"

enum { N = 12, PERIODS = 60 };

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
    {"strange name", strange_name, "a name is not printable UTF-8"},
    {"5000 members", many_members, "impossible: more than 4096 members"},
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
    tcase_add_test(tc, test_a_walk_over_any_file_ends);
    return run_tests("fault/damage_hostile", tc);
}
