// Damages files and watches how they are read.
#include "support/damage.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mq/base/alloc.h"
#include "mq/base/path.h"
#include "support/harness.h"

enum { HANG_S = 60, MEMORY_MAX = 64 << 20, BLOCK_MAX = 4096, WHAT_MAX = 128 };

// What a reading ended with, as it comes out of its process.
enum verdict { READ = 1, REFUSED, OTHER };

struct reading {
    enum verdict verdict;
    char hex[MQ_SHA256_HEX];
    char message[MQ_MESSAGE_MAX];
};

static struct reading read_here(const struct subject *subject)
{
    struct reading reading = {.verdict = OTHER};
    struct mq_sha256 hash;
    const size_t live = mq_alloc_live_bytes();
    mq_sha256_begin(&hash);
    const mq_status status = subject->read(subject, &hash);
    mq_sha256_end(&hash, reading.hex);
    const char *message = status == MQ_OK ? "" : mq_error_get()->message;
    (void)snprintf(reading.message, sizeof reading.message, "status %d: %s", status, message);
    if (mq_alloc_live_bytes() != live)
        (void)snprintf(reading.message, sizeof reading.message, "leaves memory behind (%s)",
                       message);
    else if (mq_alloc_peak_bytes() > live + MEMORY_MAX)
        (void)snprintf(reading.message, sizeof reading.message, "takes %zu bytes",
                       mq_alloc_peak_bytes());
    else if (status == MQ_OK)
        reading.verdict = READ;
    else if (status == MQ_DATA && strstr(message, subject->named) != NULL)
        reading.verdict = REFUSED;
    return reading;
}

// In a process of its own: 0, or the signal that ended it.
static int read_apart(const struct subject *subject, struct reading *reading)
{
    int ends[2];
    int state = 0;
    ck_assert_int_eq(pipe(ends), 0);
    (void)fflush(NULL);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)signal(SIGALRM, SIG_DFL);
        (void)alarm(HANG_S);
        const struct reading here = read_here(subject);
        const bool is_told = write(ends[1], &here, sizeof here) == (ssize_t)sizeof here;
        _exit(is_told ? 0 : 1);
    }
    (void)close(ends[1]);
    *reading = (struct reading){.verdict = OTHER, .message = "ended without a word"};
    const ssize_t got = read(ends[0], reading, sizeof *reading);
    (void)close(ends[0]);
    while (waitpid(child, &state, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(state)) return WTERMSIG(state);
    // A sanitizer ends the process with a code of its own.
    return got == (ssize_t)sizeof *reading && WEXITSTATUS(state) == 0 ? 0 : SIGABRT;
}

static bool complain(const struct subject *subject, const char *what, const char *how,
                     const char *message)
{
    (void)printf("%s: %s: %s (%s)\n", subject->name, what, how, message);
    (void)fflush(stdout);
    return true;
}

bool damage_read(const struct subject *subject, const char *expected, const char *what,
                 struct damage_counts *counts)
{
    struct reading reading;
    const int signal = read_apart(subject, &reading);
    counts->corruptions++;
    if (signal == SIGALRM) {
        counts->hangs++;
        return complain(subject, what, "hangs", "");
    }
    if (signal != 0) {
        counts->crashes++;
        return complain(subject, what, "crashes", reading.message);
    }
    if (reading.verdict == REFUSED) {
        counts->refused++;
        return false;
    }
    if (reading.verdict == OTHER) {
        counts->other++;
        return complain(subject, what, "is neither read nor refused", reading.message);
    }
    if (strcmp(reading.hex, expected) == 0) {
        counts->harmless++;
        return true;
    }
    counts->silent++;
    return complain(subject, what, "is read as something else", "");
}

void damage_digest(const struct subject *subject, char hex[MQ_SHA256_HEX])
{
    struct reading reading;
    const int signal = read_apart(subject, &reading);
    ck_assert_msg(signal == 0 && reading.verdict == READ, "%s: undamaged: %s", subject->name,
                  reading.message);
    (void)memcpy(hex, reading.hex, MQ_SHA256_HEX);
}

// ---- damage --------------------------------------------------------------------------------------

static size_t below(struct mq_rng *rng, size_t n)
{
    return (size_t)mq_rng_below(rng, n);
}

// A block of at most BLOCK_MAX bytes that begins at a multiple of its size, as on a disk.
static size_t pick_block(struct mq_rng *rng, size_t length, size_t *size)
{
    *size = (size_t)1 << (3 + below(rng, 10));
    while (*size > length)
        *size /= 2;
    return below(rng, length / *size) * *size;
}

static void swap_blocks(struct mq_rng *rng, struct mq_str *bytes, char what[WHAT_MAX])
{
    char block[BLOCK_MAX];
    size_t size = 0;
    const size_t a = pick_block(rng, bytes->length, &size);
    const size_t b = below(rng, bytes->length / size) * size;
    memcpy(block, bytes->data + a, size);
    memmove(bytes->data + a, bytes->data + b, size);
    memcpy(bytes->data + b, block, size);
    (void)snprintf(what, WHAT_MAX, "blocks of %zu at %zu and %zu swapped", size, a, b);
}

static void fill_block(struct mq_rng *rng, struct mq_str *bytes, int value, char what[WHAT_MAX])
{
    size_t size = 0;
    const size_t at = pick_block(rng, bytes->length, &size);
    memset(bytes->data + at, value, size);
    (void)snprintf(what, WHAT_MAX, "%zu bytes at %zu set to %d", size, at, value);
}

static void copy_block(struct mq_rng *rng, struct mq_str *bytes, char what[WHAT_MAX])
{
    size_t size = 0;
    const size_t to = pick_block(rng, bytes->length, &size);
    const size_t from = below(rng, bytes->length / size) * size;
    memmove(bytes->data + to, bytes->data + from, size);
    (void)snprintf(what, WHAT_MAX, "%zu bytes at %zu written to %zu", size, from, to);
}

static mq_status append_junk(struct mq_rng *rng, struct mq_str *bytes, char what[WHAT_MAX])
{
    char junk[256];
    const size_t n = 1 + below(rng, sizeof junk);
    for (size_t i = 0; i < n; i++)
        junk[i] = (char)mq_rng_below(rng, 256);
    (void)snprintf(what, WHAT_MAX, "%zu bytes appended", n);
    return mq_str_add_bytes(bytes, junk, n);
}

static void flip(struct mq_rng *rng, struct mq_str *bytes, size_t at, char what[WHAT_MAX])
{
    const int bit = (int)mq_rng_below(rng, 8);
    bytes->data[at] = (char)(bytes->data[at] ^ (1 << bit));
    (void)snprintf(what, WHAT_MAX, "bit %d of byte %zu flipped", bit, at);
}

// Half of all damage is one flipped bit: it goes through the bytes of the file in order of a
// permutation, so that enough of them meet every byte.
static void harm(struct mq_rng *rng, uint64_t i, struct mq_str *bytes, char what[WHAT_MAX])
{
    const size_t n = bytes->length;
    const size_t at = below(rng, n);
    if (i % 2 == 0) {
        flip(rng, bytes, (size_t)(i / 2 * 2654435761u % n), what);
        return;
    }
    switch (mq_rng_below(rng, 7)) {
    case 0:
        bytes->data[at] = (char)mq_rng_below(rng, 256);
        (void)snprintf(what, WHAT_MAX, "byte %zu changed", at);
        return;
    case 1:
        fill_block(rng, bytes, 0, what);
        return;
    case 2:
        fill_block(rng, bytes, 255, what);
        return;
    case 3:
        bytes->length = at;
        (void)snprintf(what, WHAT_MAX, "cut to %zu bytes", at);
        return;
    case 4:
        swap_blocks(rng, bytes, what);
        return;
    case 5:
        copy_block(rng, bytes, what);
        return;
    default:
        ck_ok(append_junk(rng, bytes, what));
    }
}

// Without the care of mq_file_replace: nobody pulls the plug here.
static void put_file(const char *path, const struct mq_str *bytes)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes->data, 1, bytes->length, file), bytes->length);
    ck_assert_int_eq(fclose(file), 0);
}

static int64_t number_from(const char *variable, int64_t usual)
{
    const char *text = getenv(variable);
    int64_t n = usual;
    if (text != NULL) ck_assert_msg(mq_parse_i64(text, &n), "%s is no number", variable);
    return n;
}

struct damage_counts damage_file(const struct subject *subject, int64_t n, uint64_t seed)
{
    const int64_t first = number_from("MQ_CORRUPTIONS_FIRST", 0);
    struct damage_counts counts = {0};
    struct mq_str whole = {0};
    char expected[MQ_SHA256_HEX];
    damage_digest(subject, expected);
    ck_ok(mq_file_read(subject->path, &whole));
    for (int64_t k = 0; k < n; k++) {
        const uint64_t i = (uint64_t)(first + k);
        struct mq_rng rng = mq_rng_at(seed, MQ_RNG_TEST, i, 0);
        struct mq_str bytes = {0};
        char what[WHAT_MAX] = "";
        ck_ok(mq_str_add_bytes(&bytes, whole.data, whole.length));
        harm(&rng, i, &bytes, what);
        put_file(subject->path, &bytes);
        mq_str_release(&bytes);
        (void)damage_read(subject, expected, what, &counts);
    }
    put_file(subject->path, &whole);
    mq_str_release(&whole);
    return counts;
}

int64_t damage_wanted(int64_t usual)
{
    return number_from("MQ_CORRUPTIONS", usual);
}

void damage_report(const char *name, const struct damage_counts *counts)
{
    (void)printf("counts: subject=%s corruptions=%lld refused=%lld harmless=%lld silent=%lld "
                 "crashes=%lld hangs=%lld\n",
                 name, (long long)counts->corruptions, (long long)counts->refused,
                 (long long)counts->harmless, (long long)counts->silent, (long long)counts->crashes,
                 (long long)counts->hangs);
    (void)fflush(stdout);
    ck_assert_msg(counts->refused > 0, "%s: nothing was refused", name);
    ck_assert_msg(counts->silent + counts->crashes + counts->hangs + counts->other == 0,
                  "%s: not every damaged file was refused or harmless", name);
}
