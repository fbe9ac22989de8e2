// The seal: a file that was built in memory is checked as a whole before HDF5 sees any of it.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "h5/internal.h"
#include "mq/base/hash.h"

static const char mark[] = "mqcast-sealed 1 ";
static const char signature[] = "\x89HDF\r\n\x1a\n";

static void compose(char seal[MQ_H5_SEAL_BYTES], int64_t bytes, const char *sha256)
{
    memset(seal, 0, MQ_H5_SEAL_BYTES);
    (void)snprintf(seal, MQ_H5_SEAL_BYTES, "%s%lld %s\n", mark, (long long)bytes, sha256);
}

void mq_h5_seal(void *bytes, size_t n)
{
    char sha256[MQ_SHA256_HEX];
    MQ_ASSERT(n >= MQ_H5_SEAL_BYTES);
    mq_sha256_hex((const char *)bytes + MQ_H5_SEAL_BYTES, n - MQ_H5_SEAL_BYTES, sha256);
    compose(bytes, (int64_t)n - MQ_H5_SEAL_BYTES, sha256);
}

/// As many of the `n` bytes as there are before the end of the file.
static mq_status read_bytes(const struct mq_h5 *file, int descriptor, char *bytes, size_t n,
                            size_t *got)
{
    *got = 0;
    while (*got < n) {
        const ssize_t step = read(descriptor, bytes + *got, n - *got);
        if (step == 0) break;
        if (step > 0)
            *got += (size_t)step;
        else if (errno != EINTR)
            return mq_fail(MQ_FAILED, "%s: %s", file->path, strerror(errno));
    }
    return MQ_OK;
}

static mq_status check_rest(const struct mq_h5 *file, int descriptor,
                            const char found[MQ_H5_SEAL_BYTES])
{
    char buffer[1 << 16];
    char sha256[MQ_SHA256_HEX];
    char seal[MQ_H5_SEAL_BYTES];
    struct mq_sha256 hash;
    int64_t bytes = 0;
    size_t n = 0;
    mq_sha256_begin(&hash);
    do {
        MQ_TRY(read_bytes(file, descriptor, buffer, sizeof buffer, &n));
        mq_sha256_add(&hash, buffer, n);
        bytes += (int64_t)n;
    } while (n == sizeof buffer);
    mq_sha256_end(&hash, sha256);
    compose(seal, bytes, sha256);
    if (memcmp(seal, found, sizeof seal) == 0) return MQ_OK;
    return mq_fail(MQ_DATA,
                   "%s: damaged or incomplete: it does not match the checksum it begins with",
                   file->path);
}

static mq_status check_begin(struct mq_h5 *file, int descriptor)
{
    char begin[MQ_H5_SEAL_BYTES];
    size_t n = 0;
    MQ_TRY(read_bytes(file, descriptor, begin, sizeof begin, &n));
    if (n >= sizeof signature - 1 && memcmp(begin, signature, sizeof signature - 1) == 0)
        return MQ_OK;
    if (n < sizeof begin || memcmp(begin, mark, sizeof mark - 1) != 0)
        return mq_h5_fail_kind(file->path);
    file->is_sealed = true;
    return check_rest(file, descriptor, begin);
}

mq_status mq_h5_seal_check(struct mq_h5 *file)
{
    struct stat info;
    // A pipe would keep us waiting for a writer.
    const int descriptor = open(file->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0 || fstat(descriptor, &info) != 0) {
        (void)mq_fail_open(file->path);
        if (descriptor >= 0) (void)close(descriptor);
        return MQ_FAILED;
    }
    mq_status status = MQ_OK;
    if (S_ISDIR(info.st_mode))
        status = mq_fail(MQ_FAILED, "%s: is a directory", file->path);
    else if (!S_ISREG(info.st_mode))
        status = mq_fail(MQ_FAILED, "%s: is not a plain file", file->path);
    else
        status = check_begin(file, descriptor);
    file->bytes = info.st_size;
    (void)close(descriptor);
    return status;
}
