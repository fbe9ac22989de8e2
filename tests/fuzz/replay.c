// Runs a target over files, or over all files of directories: its corpus as a plain test.
//
// The name of an input is printed before it runs, so that the last one named is the one that failed.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/support.h"
#include "mq/base/path.h"
#include "mq/base/str.h"

enum { INPUT_S_MAX = 60 };

static FILE *out; // stdout is the target's

static void run_file(const char *path)
{
    struct mq_str contents = {0};
    (void)fprintf(out, "%s\n", mq_path_name(path));
    fuzz_check(mq_file_read(path, &contents) == MQ_OK, "reading an input");
    // A copy of just this size: what is read past its end is found by the sanitizers.
    uint8_t *data = malloc(contents.length + (contents.length == 0));
    fuzz_check(data != NULL, "memory for an input");
    if (contents.length > 0) memcpy(data, contents.data, contents.length);
    const size_t size = contents.length;
    mq_str_release(&contents);
    (void)alarm(INPUT_S_MAX);
    (void)LLVMFuzzerTestOneInput(data, size);
    (void)alarm(0);
    free(data);
}

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int64_t run_path(const char *path)
{
    if (!mq_path_is_directory(path)) {
        run_file(path);
        return 1;
    }
    struct dirent **entries = NULL;
    const int n = scandir(path, &entries, is_input, alphasort);
    fuzz_check(n > 0, "a corpus with inputs");
    for (int i = 0; i < n; i++) {
        char file[MQ_PATH_MAX];
        fuzz_check(mq_path_join(file, path, entries[i]->d_name) == MQ_OK, "the path of an input");
        run_file(file);
        free(entries[i]);
    }
    free(entries);
    return n;
}

int main(int argc, char **argv)
{
    int64_t n = 0;
    out = fdopen(dup(STDOUT_FILENO), "w");
    fuzz_check(out != NULL && setvbuf(out, NULL, _IOLBF, 0) == 0, "a place for names");
    for (int i = 1; i < argc; i++)
        n += run_path(argv[i]);
    const char *name = mq_path_name(argv[0]);
    if (strncmp(name, "fuzz_", 5) == 0) name += 5;
    (void)fprintf(out, "counts: fuzz_target=%s inputs=%lld crashes=0\n", name, (long long)n);
    (void)fclose(out);
    return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
