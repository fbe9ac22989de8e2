// The directory of a fuzz target, its inputs in sections, and the promises that every input tests.
#define _GNU_SOURCE // nftw, memmem
#include "fuzz/support.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mq/base/alloc.h"
#include "mq/base/log.h"
#include "mq/base/path.h"
#include "support/harness.h"

enum { BYTES_MAX = 1 << 30 };

static char directory[MQ_PATH_MAX - 256];
static size_t live_before;

// ---- sections -----------------------------------------------------------------------------------

static void add_section(struct fuzz_input *input, const char *name, size_t n)
{
    struct fuzz_section *section = &input->sections[input->n++];
    (void)snprintf(section->name, sizeof section->name, "%.*s", (int)n, name);
}

void fuzz_split(struct fuzz_input *input, const uint8_t *data, size_t size)
{
    const char *at = (const char *)data;
    const char *end = at + size;
    *input = (struct fuzz_input){0};
    add_section(input, "", 0);
    input->sections[0].bytes = at;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const char *next = stop != NULL ? stop + 1 : end;
        if (stop != NULL && stop - at > 3 && memcmp(at, "== ", 3) == 0 &&
            stop - at < FUZZ_NAME_MAX && input->n < FUZZ_SECTIONS_MAX) {
            add_section(input, at + 3, (size_t)(stop - at) - 3);
            input->sections[input->n - 1].bytes = next;
        } else {
            input->sections[input->n - 1].n += (size_t)(next - at);
        }
        at = next;
    }
}

const struct fuzz_section *fuzz_find(const struct fuzz_input *input, const char *name)
{
    for (int64_t i = 0; i < input->n; i++)
        if (strcmp(input->sections[i].name, name) == 0) return &input->sections[i];
    return NULL;
}

char *fuzz_text(const struct fuzz_section *section)
{
    char *text = malloc(section->n + 1);
    fuzz_check(text != NULL, "memory for the input");
    if (section->n > 0) memcpy(text, section->bytes, section->n);
    text[section->n] = '\0';
    return text;
}

char *fuzz_next_line(char **text)
{
    char *line = *text;
    if (*line == '\0') return NULL;
    *text += strcspn(line, "\n");
    if (**text == '\n') *(*text)++ = '\0';
    return line;
}

// ---- files --------------------------------------------------------------------------------------

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static void remove_directory(void)
{
    (void)nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_directory(void)
{
    const char *place = getenv("TMPDIR");
    if (place == NULL) place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(directory, sizeof directory, "%s/mqcast-fuzz-XXXXXX", place);
    fuzz_check(mkdtemp(directory) != NULL, "a directory for files");
    (void)atexit(remove_directory);
}

const char *fuzz_path(const char *name)
{
    static char paths[8][MQ_PATH_MAX];
    static int next;
    char *path = paths[next++ % 8];
    if (directory[0] == '\0') make_directory();
    (void)snprintf(path, MQ_PATH_MAX, "%s/%s", directory, name);
    return path;
}

void fuzz_write(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    const bool is_written = file != NULL && fwrite(bytes, 1, n, file) == n;
    fuzz_check(file != NULL && fclose(file) == 0 && is_written, "writing a file");
}

// ---- promises -----------------------------------------------------------------------------------

void fuzz_check(bool condition, const char *what)
{
    if (condition) return;
    const struct mq_error *error = mq_error_get();
    (void)fprintf(stderr, "fuzz: broken: %s\nstatus %d: %s\nhint: %s\n", what, (int)error->status,
                  error->message, error->hint);
    abort();
}

static void (*prepare_now)(void);

START_TEST(call_prepare)
{
    prepare_now();
}
END_TEST

void fuzz_prepare(void (*prepare)(void))
{
    TCase *tcase = tcase_create("prepare");
    Suite *suite = suite_create("fuzz");
    tcase_add_test(tcase, call_prepare);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    prepare_now = prepare;
    srunner_run_all(runner, CK_MINIMAL);
    fuzz_check(srunner_ntests_failed(runner) == 0, "the preparation");
    srunner_free(runner);
    (void)rmdir(test_directory());
}

void fuzz_hide_stdout(void)
{
    fuzz_check(freopen("/dev/null", "w", stdout) != NULL, "nothing on stdout");
}

void fuzz_begin(void)
{
    mq_log_configure(MQ_LOG_QUIET, 0);
    (void)mq_fail(MQ_OK, "nothing yet");
    live_before = mq_alloc_live_bytes();
}

void fuzz_end(void)
{
    fuzz_check(mq_alloc_live_bytes() == live_before, "live bytes after the input");
    fuzz_check(mq_alloc_peak_bytes() < BYTES_MAX, "memory out of proportion to the input");
}

static bool is_line(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
        if (*c < 0x20 || *c == 0x7f) return false;
    return true;
}

void fuzz_verdict(mq_status status)
{
    if (status == MQ_OK) return;
    const struct mq_error *error = mq_error_get();
    fuzz_check(error->status == status && error->message[0] != '\0', "a failure with a message");
    fuzz_check(is_line(error->message) && is_line(error->hint), "an error of one line");
    fuzz_check(status == MQ_USAGE || status == MQ_DATA, "the code of wrong input");
}
