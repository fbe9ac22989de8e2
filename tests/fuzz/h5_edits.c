// Edits of an HDF5 file, in bytes: `kind object ...`. Numbers are a byte that says how many follow
// or which of the interesting ones it is; texts are a length and their bytes.
#include "fuzz/h5_edits.h"

#include <errno.h>
#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/support.h"
#include "mq/base/path.h"
#include "mq/base/str.h"

enum { NAMES_MAX = 64, EDITS_MAX = 12, RANK_MAX = 5, ELEMENTS_MAX = 4096, SHRUNK_MAX = 1 << 20 };
enum { FILE_BYTES_MAX = 1 << 19 }; // a sparse file may have any size, and then its datasets may
enum { EDIT_S_MAX = 5, EDITED_MAX = 200 }; // of the process that edits

struct names {
    int n;
    char text[NAMES_MAX][96];
};

static struct mq_str good;
static struct names objects; // "/", groups and datasets
static struct names attributes; // of any object

static const int64_t interesting[] = {
    0,         1,         2,    3,         4,          5,         -1,        64,
    255,       256,       4096, 65536,     -2,         16777217,  100000000, 100000001,
    400000000, INT32_MAX, -5,   INT32_MIN, UINT32_MAX, INT64_MAX, INT64_MIN, INT64_MAX / 8};
enum { INTERESTING = sizeof interesting / sizeof *interesting };

struct bytes {
    const uint8_t *at;
    const uint8_t *end;
};

static uint8_t take(struct bytes *bytes)
{
    return bytes->at < bytes->end ? *bytes->at++ : 0;
}

// 0..127: the number itself; 128..: an interesting one; 255: eight bytes.
static int64_t take_number(struct bytes *bytes)
{
    const uint8_t first = take(bytes);
    if (first < 128) return first;
    if (first < 255) return interesting[(first - 128) % INTERESTING];
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | take(bytes);
    return (int64_t)value;
}

static const char *take_text(struct bytes *bytes, char text[256])
{
    const int n = take(bytes);
    int used = 0;
    while (used < n && bytes->at < bytes->end)
        text[used++] = (char)take(bytes);
    text[used] = '\0';
    return text;
}

static const char *take_name(struct bytes *bytes, const struct names *names)
{
    return names->text[take(bytes) % names->n];
}

// ---- the good file ------------------------------------------------------------------------------

static void remember(struct names *names, const char *name)
{
    for (int i = 0; i < names->n; i++)
        if (strcmp(names->text[i], name) == 0) return;
    fuzz_check(names->n < NAMES_MAX, "room for the names of a file");
    (void)snprintf(names->text[names->n++], sizeof names->text[0], "%s", name);
}

static herr_t visit_attribute(hid_t object, const char *name, const H5A_info_t *info, void *user)
{
    (void)object;
    (void)info;
    (void)user;
    remember(&attributes, name);
    return 0;
}

static herr_t visit_object(hid_t file, const char *name, const H5O_info_t *info, void *user)
{
    char path[96];
    hsize_t at = 0;
    (void)info;
    (void)user;
    (void)snprintf(path, sizeof path, "/%s", strcmp(name, ".") == 0 ? "" : name);
    remember(&objects, path);
    (void)H5Aiterate_by_name(file, path, H5_INDEX_NAME, H5_ITER_INC, &at, visit_attribute, NULL,
                             H5P_DEFAULT);
    return 0;
}

void h5_edits_init(const char *path)
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    fuzz_check(file >= 0, "opening the good file");
    (void)H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, visit_object, NULL);
    (void)H5Fclose(file);
    fuzz_check(objects.n > 1 && attributes.n > 1, "a file with objects and attributes");
    fuzz_check(mq_file_read(path, &good) == MQ_OK, "reading the good file");
}

// ---- edits --------------------------------------------------------------------------------------

static void set_attribute(hid_t file, struct bytes *bytes)
{
    const char *object = take_name(bytes, &objects);
    const char *name = take_name(bytes, &attributes);
    const uint8_t kind = take(bytes) % 4; // a number, a real, a text, numbers
    char text[256];
    int64_t numbers[2] = {0};
    double real = 0;
    hsize_t size = 2;
    hid_t type = H5Tcopy(kind == 2 ? H5T_C_S1 : kind == 1 ? H5T_IEEE_F64LE : H5T_STD_I64LE);
    const void *value = kind == 2 ? text : kind == 1 ? (const void *)&real : numbers;
    if (kind == 2) {
        const size_t n = strlen(take_text(bytes, text));
        (void)H5Tset_size(type, n + 1);
        (void)H5Tset_cset(type, H5T_CSET_UTF8);
    } else {
        numbers[0] = take_number(bytes);
        memcpy(&real, numbers, sizeof real);
    }
    const hid_t space = kind == 3 ? H5Screate_simple(1, &size, NULL) : H5Screate(H5S_SCALAR);
    (void)H5Adelete_by_name(file, object, name, H5P_DEFAULT);
    const hid_t attribute =
        H5Acreate_by_name(file, object, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute >= 0) {
        (void)H5Awrite(attribute,
                       kind == 1   ? H5T_NATIVE_DOUBLE
                       : kind == 2 ? type
                                   : H5T_NATIVE_INT64,
                       value);
        (void)H5Aclose(attribute);
    }
    (void)H5Sclose(space);
    (void)H5Tclose(type);
}

static hid_t take_type(struct bytes *bytes)
{
    const uint8_t kind = take(bytes) % 8;
    if (kind < 2) return H5Tcopy(H5T_IEEE_F32LE);
    if (kind == 2) return H5Tcopy(H5T_IEEE_F64LE);
    if (kind < 5) return H5Tcopy(H5T_STD_I64LE);
    if (kind == 5) return H5Tcopy(H5T_STD_U8LE);
    const hid_t type = H5Tcopy(H5T_C_S1);
    (void)H5Tset_size(type, kind == 6 ? H5T_VARIABLE : (size_t)take(bytes) + 1);
    return type;
}

// Fills a small dataset with one number; a large one is left without data.
static void fill(hid_t dataset, hid_t space, hid_t type, int64_t number)
{
    static int64_t values[ELEMENTS_MAX];
    static double reals[ELEMENTS_MAX];
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    if (n < 1 || n > ELEMENTS_MAX || H5Tget_class(type) == H5T_STRING) return;
    for (hssize_t i = 0; i < n; i++) {
        values[i] = number;
        memcpy(&reals[i], &number, sizeof number);
    }
    if (H5Tget_class(type) == H5T_FLOAT && (number > 256 || number < -256))
        (void)H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, reals);
    else
        (void)H5Dwrite(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
}

static void replace_dataset(hid_t file, struct bytes *bytes)
{
    const char *object = take_name(bytes, &objects);
    const hid_t type = take_type(bytes);
    const int rank = take(bytes) % (RANK_MAX + 1);
    const bool is_chunked = take(bytes) % 4 > 0;
    hsize_t size[RANK_MAX];
    hsize_t chunk[RANK_MAX];
    for (int d = 0; d < rank; d++) {
        size[d] = (hsize_t)take_number(bytes);
        chunk[d] = size[d] < 16 ? size[d] + (size[d] == 0) : 16;
    }
    const hid_t space = rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, size, NULL);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    if (is_chunked && rank > 0) (void)H5Pset_chunk(creation, rank, chunk);
    (void)H5Ldelete(file, object, H5P_DEFAULT);
    const hid_t dataset = H5Dcreate2(file, object, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (dataset >= 0) {
        fill(dataset, space, type, take_number(bytes));
        (void)H5Dclose(dataset);
    }
    (void)H5Pclose(creation);
    if (space >= 0) (void)H5Sclose(space);
    (void)H5Tclose(type);
}

// One element of a dataset of numbers, at an index counted along all dimensions.
static void set_element(hid_t file, struct bytes *bytes)
{
    const hid_t dataset = H5Dopen2(file, take_name(bytes, &objects), H5P_DEFAULT);
    if (dataset < 0) return;
    const hid_t space = H5Dget_space(dataset);
    const hid_t memory = H5Screate(H5S_SCALAR);
    hsize_t size[H5S_MAX_RANK];
    hsize_t at[H5S_MAX_RANK];
    const int rank = H5Sget_simple_extent_dims(space, size, NULL);
    hsize_t index = take(bytes);
    const int64_t number = take_number(bytes);
    for (int d = rank - 1; d >= 0; d--) {
        at[d] = size[d] > 0 ? index % size[d] : 0;
        index /= size[d] > 0 ? size[d] : 1;
    }
    double real = (double)number;
    if (number > 256 || number < -256) memcpy(&real, &number, sizeof real);
    const hid_t type = H5Dget_type(dataset);
    const bool is_real = H5Tget_class(type) == H5T_FLOAT;
    if (rank > 0 && H5Sselect_elements(space, H5S_SELECT_SET, 1, at) >= 0)
        (void)H5Dwrite(dataset, is_real ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64, memory, space,
                       H5P_DEFAULT, is_real ? (const void *)&real : &number);
    (void)H5Tclose(type);
    (void)H5Sclose(memory);
    (void)H5Sclose(space);
    (void)H5Dclose(dataset);
}

static void link_objects(hid_t file, struct bytes *bytes)
{
    const char *from = take_name(bytes, &objects);
    char text[256];
    char name[400];
    const uint8_t kind = take(bytes) % 4;
    if (kind % 2 == 0)
        (void)snprintf(name, sizeof name, "%s", take_name(bytes, &objects));
    else
        (void)snprintf(name, sizeof name, "%s/%s", take_name(bytes, &objects),
                       take_text(bytes, text));
    if (kind < 2) {
        (void)H5Lmove(file, from, file, name, H5P_DEFAULT, H5P_DEFAULT);
    } else if (take(bytes) % 2 == 0) {
        (void)H5Lcreate_soft(from, file, name, H5P_DEFAULT, H5P_DEFAULT);
    } else {
        (void)H5Lcreate_hard(file, from, file, name, H5P_DEFAULT, H5P_DEFAULT);
    }
}

static void resize(hid_t file, struct bytes *bytes)
{
    const hid_t dataset = H5Dopen2(file, take_name(bytes, &objects), H5P_DEFAULT);
    const hsize_t size[H5S_MAX_RANK] = {(hsize_t)take_number(bytes)};
    if (dataset < 0) return;
    const hid_t space = H5Dget_space(dataset);
    // The library looks for every chunk that shrinking cuts off, there or not.
    const bool is_quick = H5Sget_simple_extent_npoints(space) < SHRUNK_MAX;
    if (H5Sget_simple_extent_ndims(space) == 1 && is_quick) (void)H5Dset_extent(dataset, size);
    (void)H5Sclose(space);
    (void)H5Dclose(dataset);
}

static void edit(hid_t file, struct bytes *bytes)
{
    switch (take(bytes) % 8) {
    case 0:
    case 1:
        set_attribute(file, bytes);
        break;
    case 2:
        (void)H5Adelete_by_name(file, take_name(bytes, &objects), take_name(bytes, &attributes),
                                H5P_DEFAULT);
        break;
    case 3:
        (void)H5Ldelete(file, take_name(bytes, &objects), H5P_DEFAULT);
        break;
    case 4:
        replace_dataset(file, bytes);
        break;
    case 5:
        set_element(file, bytes);
        break;
    case 6:
        link_objects(file, bytes);
        break;
    default:
        resize(file, bytes);
        break;
    }
}

static void edit_file(const char *path, const uint8_t *data, size_t size)
{
    struct bytes bytes = {data, data + size};
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    (void)H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, access);
    if (file < 0) abort();
    for (int i = 0; i < EDITS_MAX && bytes.at < bytes.end; i++)
        edit(file, &bytes);
    (void)H5Fclose(file);
    (void)H5Pclose(access);
}

// ---- the process that edits ---------------------------------------------------------------------

struct editor {
    pid_t pid; // 0: none
    int to;
    int from;
    int n_edited;
};
struct request {
    char path[MQ_PATH_MAX];
    size_t size; // of the bytes that follow
};

static bool read_all(int descriptor, void *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        const ssize_t step = read(descriptor, (char *)bytes + done, n - done);
        if (step == 0 || (step < 0 && errno != EINTR)) return false;
        done += step > 0 ? (size_t)step : 0;
    }
    return true;
}

static bool write_all(int descriptor, const void *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        const ssize_t step = write(descriptor, (const char *)bytes + done, n - done);
        if (step < 0 && errno != EINTR) return false;
        done += step > 0 ? (size_t)step : 0;
    }
    return true;
}

static _Noreturn void serve(int from, int to)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM};
    static struct request request;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        (void)signal(signals[i], SIG_DFL); // a fuzzer's would report it
    const struct itimerval never = {0};
    (void)setitimer(ITIMER_REAL, &never, NULL);
    while (read_all(from, &request, sizeof request)) {
        uint8_t *data = malloc(request.size + 1);
        if (data == NULL || !read_all(from, data, request.size)) break;
        (void)alarm(EDIT_S_MAX);
        edit_file(request.path, data, request.size);
        (void)alarm(0);
        free(data);
        if (!write_all(to, "", 1)) break;
    }
    _exit(0);
}

static void start(struct editor *editor)
{
    int to[2];
    int from[2];
    fuzz_check(pipe(to) == 0 && pipe(from) == 0, "pipes");
    editor->pid = fork();
    fuzz_check(editor->pid >= 0, "a process that edits");
    if (editor->pid == 0) {
        (void)close(to[1]);
        (void)close(from[0]);
        serve(to[0], from[1]);
    }
    (void)close(to[0]);
    (void)close(from[1]);
    editor->to = to[1];
    editor->from = from[0];
    editor->n_edited = 0;
}

static void stop(struct editor *editor)
{
    int status = 0;
    (void)close(editor->to);
    (void)close(editor->from);
    while (waitpid(editor->pid, &status, 0) != editor->pid) // a fuzzer's clock interrupts it
        fuzz_check(errno == EINTR, "the end of the process that edits");
    editor->pid = 0;
}

bool h5_edits_apply(const char *path, const uint8_t *data, size_t size)
{
    static struct editor editor;
    static struct request request;
    char answer = 0;
    fuzz_write(path, good.data, good.length);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)snprintf(request.path, sizeof request.path, "%s", path);
    request.size = size;
    if (editor.pid == 0) start(&editor);
    const bool is_edited = write_all(editor.to, &request, sizeof request) &&
                           write_all(editor.to, data, size) && read_all(editor.from, &answer, 1);
    // Replaced now and then, and always when it died: what one edit broke shall not change the next.
    if (!is_edited || ++editor.n_edited == EDITED_MAX) stop(&editor);
    int64_t bytes = 0;
    return is_edited && mq_file_size(path, &bytes) == MQ_OK && bytes <= FILE_BYTES_MAX;
}
