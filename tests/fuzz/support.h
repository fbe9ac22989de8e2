/// What the fuzz targets share: a place for files, inputs in sections, and what holds of every input.
///
/// A target is a file that gives LLVMFuzzerTestOneInput. With clang's preset `fuzz` it is a fuzzer;
/// elsewhere replay.c runs its corpus as a test.
///
///     csv
///     == schema
///     id: sku
///     == sales.csv
///     sku,timestamp,target
///
/// is an input of three sections: "" (what stands before the first line "== name"), "schema" and
/// "sales.csv".
#ifndef TESTS_FUZZ_SUPPORT_H
#define TESTS_FUZZ_SUPPORT_H

#include <stddef.h>
#include <stdint.h>

#include "mq/base/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUZZ_SECTIONS_MAX = 8, FUZZ_NAME_MAX = 48 };

struct fuzz_section {
    char name[FUZZ_NAME_MAX];
    const char *bytes; ///< into the input
    size_t n;
};
struct fuzz_input {
    int64_t n;
    struct fuzz_section sections[FUZZ_SECTIONS_MAX];
};

/// Cuts an input into sections; the first is always there and has no name. Further ones than
/// FUZZ_SECTIONS_MAX are part of the last.
void fuzz_split(struct fuzz_input *input, const uint8_t *data, size_t size);
/// NULL when there is none.
const struct fuzz_section *fuzz_find(const struct fuzz_input *input, const char *name);
/// Its bytes with a final NUL; the caller frees them.
char *fuzz_text(const struct fuzz_section *section);
/// The next line of `*text`, cut off; NULL at the end.
char *fuzz_next_line(char **text);

/// Path of `name` in a directory of this process, in memory where the system has such a place;
/// static storage, valid until eight further calls.
const char *fuzz_path(const char *name);
void fuzz_write(const char *path, const void *bytes, size_t n);

/// Runs `prepare` once, as a test of its own, so that it may use the tests' helpers.
void fuzz_prepare(void (*prepare)(void));
/// What targets print to stdout is of no use to anybody.
void fuzz_hide_stdout(void);
/// Around each input: quiet, and afterwards no live bytes, and never more than 1 GiB.
void fuzz_begin(void);
void fuzz_end(void);
/// Ends the process, which is what a fuzzer looks for.
void fuzz_check(bool condition, const char *what);
/// What is refused is refused with one line of error and at most one of hint, and with the code of a
/// wrong experiment or of wrong data: nothing here is out of memory or out of disk.
void fuzz_verdict(mq_status status);

#endif
