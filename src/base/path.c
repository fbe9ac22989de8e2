// Paths, and files that appear whole or not at all.
#define _GNU_SOURCE 1 // renameat2

#include "mq/base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

mq_status mq_path_join(char out[MQ_PATH_MAX], const char *directory, const char *name)
{
    const size_t n = strlen(directory);
    const char *separator = n == 0 || directory[n - 1] == '/' ? "" : "/";
    if (snprintf(out, MQ_PATH_MAX, "%s%s%s", directory, separator, name) >= MQ_PATH_MAX)
        return mq_fail(MQ_FAILED, "path too long: %s/%s", directory, name);
    return MQ_OK;
}

const char *mq_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

void mq_path_directory(char out[MQ_PATH_MAX], const char *path)
{
    const char *name = mq_path_name(path);
    const size_t n = (size_t)(name - path);
    if (n == 0)
        (void)snprintf(out, MQ_PATH_MAX, ".");
    else
        (void)snprintf(out, MQ_PATH_MAX, "%.*s", n == 1 ? 1 : (int)n - 1, path);
}

bool mq_path_has_suffix(const char *path, const char *suffix)
{
    const size_t n = strlen(path);
    const size_t m = strlen(suffix);
    return n >= m && strcmp(path + n - m, suffix) == 0;
}

mq_status mq_path_temporary(char out[MQ_PATH_MAX], const char *path)
{
    if (snprintf(out, MQ_PATH_MAX, "%s.tmp", path) >= MQ_PATH_MAX)
        return mq_fail(MQ_FAILED, "path too long: %s", path);
    return MQ_OK;
}

bool mq_path_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool mq_path_is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

mq_status mq_make_directories(const char *path)
{
    char partial[MQ_PATH_MAX];
    if (snprintf(partial, sizeof partial, "%s", path) >= MQ_PATH_MAX)
        return mq_fail(MQ_FAILED, "path too long: %s", path);
    for (char *c = partial + (partial[0] == '/');; c++) {
        if (*c != '/' && *c != '\0') continue;
        const char saved = *c;
        *c = '\0';
        if (mkdir(partial, 0777) != 0 && errno != EEXIST)
            return mq_fail(MQ_FAILED, "%s: cannot create directory: %s", partial, strerror(errno));
        *c = saved;
        if (saved == '\0') break;
    }
    if (!mq_path_is_directory(path)) return mq_fail(MQ_FAILED, "%s: not a directory", path);
    return MQ_OK;
}

mq_status mq_file_size(const char *path, int64_t *bytes)
{
    struct stat info;
    if (stat(path, &info) != 0) return mq_fail(MQ_FAILED, "%s: %s", path, strerror(errno));
    *bytes = info.st_size;
    return MQ_OK;
}

mq_status mq_file_read(const char *path, struct mq_str *contents)
{
    mq_status status = MQ_OK;
    FILE *file = fopen(path, "rb");
    if (file == NULL) return mq_fail(MQ_FAILED, "%s: %s", path, strerror(errno));
    char buffer[1 << 16];
    size_t n = 0;
    while ((n = fread(buffer, 1, sizeof buffer, file)) > 0)
        MQ_DO(mq_str_add_bytes(contents, buffer, n));
    if (ferror(file)) status = mq_fail(MQ_FAILED, "%s: %s", path, strerror(errno));
done:
    (void)fclose(file);
    return status;
}

static mq_status flush_to_disk(const char *path, int flags)
{
    const int descriptor = open(path, flags | O_CLOEXEC);
    if (descriptor < 0) return mq_fail(MQ_FAILED, "%s: %s", path, strerror(errno));
    // Some file systems refuse to flush a directory (EINVAL): the rename itself still holds.
    const bool is_bad = fsync(descriptor) != 0 && errno != EINVAL;
    const int reason = errno;
    (void)close(descriptor);
    if (is_bad) return mq_fail(MQ_FAILED, "%s: cannot flush to disk: %s", path, strerror(reason));
    return MQ_OK;
}

mq_status mq_file_publish(const char *temporary, const char *path)
{
    MQ_TRY(flush_to_disk(temporary, O_RDONLY));
    if (rename(temporary, path) != 0)
        return mq_fail(MQ_FAILED, "%s: cannot rename to '%s': %s", temporary, path,
                       strerror(errno));
    char directory[MQ_PATH_MAX];
    mq_path_directory(directory, path);
    return flush_to_disk(directory, O_RDONLY | O_DIRECTORY);
}

static mq_status exchange(const char *temporary, const char *path)
{
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_EXCHANGE) == 0) return MQ_OK;
    char aside[MQ_PATH_MAX];
    if (snprintf(aside, sizeof aside, "%s.old", path) >= MQ_PATH_MAX)
        return mq_fail(MQ_FAILED, "path too long: %s", path);
    const bool can_only_rename = errno == EINVAL || errno == ENOSYS;
    if (can_only_rename && rename(path, aside) == 0 && rename(temporary, path) == 0 &&
        rename(aside, temporary) == 0)
        return MQ_OK;
    return mq_fail(MQ_FAILED, "%s: cannot replace: %s", path, strerror(errno));
}

mq_status mq_directory_publish(const char *temporary, const char *path)
{
    if (!mq_path_exists(path)) return mq_file_publish(temporary, path);
    MQ_TRY(flush_to_disk(temporary, O_RDONLY | O_DIRECTORY));
    MQ_TRY(exchange(temporary, path));
    char directory[MQ_PATH_MAX];
    mq_path_directory(directory, path);
    return flush_to_disk(directory, O_RDONLY | O_DIRECTORY);
}

static mq_status write_whole(const char *path, const unsigned char *bytes, size_t n)
{
    const int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0) return mq_fail(MQ_FAILED, "%s: %s", path, strerror(errno));
    mq_status status = MQ_OK;
    for (size_t written = 0; written < n && status == MQ_OK;) {
        const ssize_t step = write(descriptor, bytes + written, n - written);
        if (step >= 0)
            written += (size_t)step;
        else if (errno != EINTR)
            status = mq_fail(MQ_FAILED, "%s: cannot write: %s", path, strerror(errno));
    }
    if (close(descriptor) != 0 && status == MQ_OK)
        status = mq_fail(MQ_FAILED, "%s: cannot write: %s", path, strerror(errno));
    return status;
}

mq_status mq_file_replace(const char *path, const void *bytes, size_t n)
{
    char temporary[MQ_PATH_MAX];
    MQ_TRY(mq_path_temporary(temporary, path));
    mq_status status = write_whole(temporary, bytes, n);
    if (status == MQ_OK) status = mq_file_publish(temporary, path);
    if (status != MQ_OK) (void)unlink(temporary);
    return status;
}

mq_status mq_file_remove(const char *path)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return mq_fail(MQ_FAILED, "%s: cannot remove: %s", path, strerror(errno));
    return MQ_OK;
}

mq_status mq_directory_remove(const char *path)
{
    DIR *stream = opendir(path);
    if (stream == NULL)
        return errno == ENOENT ? MQ_OK : mq_fail(MQ_FAILED, "%s: %s", path, strerror(errno));
    mq_status status = MQ_OK;
    for (struct dirent *entry = readdir(stream); entry != NULL && status == MQ_OK;
         entry = readdir(stream)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        char file[MQ_PATH_MAX];
        status = mq_path_join(file, path, entry->d_name);
        if (status == MQ_OK) status = mq_file_remove(file);
    }
    (void)closedir(stream);
    if (status == MQ_OK && rmdir(path) != 0)
        status = mq_fail(MQ_FAILED, "%s: cannot remove: %s", path, strerror(errno));
    return status;
}
