// Paths, and files that appear whole or not at all.
#define _GNU_SOURCE 1 // renameat2

#include "mq/base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mq/base/log.h"

enum { HOST_MAX = 64, PUBLISH_TRIES = 100, READ_MAX = 1 << 30 };

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

// "<path>.<host>-": what the temporary names of this machine begin with.
static mq_status temporary_stem(char out[MQ_PATH_MAX], const char *path)
{
    char host[HOST_MAX + 1] = "";
    (void)gethostname(host, HOST_MAX); // the beginning of a longer name will do
    if (snprintf(out, MQ_PATH_MAX, "%s.%s-", path, host) >= MQ_PATH_MAX)
        return mq_fail(MQ_FAILED, "path too long: %s", path);
    return MQ_OK;
}

mq_status mq_path_temporary(char out[MQ_PATH_MAX], const char *path)
{
    MQ_TRY(temporary_stem(out, path));
    const size_t n = strlen(out);
    if (snprintf(out + n, MQ_PATH_MAX - n, "%ld.tmp", (long)getpid()) >= (int)(MQ_PATH_MAX - n))
        return mq_fail(MQ_FAILED, "path too long: %s", path);
    return MQ_OK;
}

// The way to a path that is not there: the name meant, the directory to make, or from where to look.
static mq_status hint_missing(const char *path)
{
    enum { MOST = 10000 }; // names looked at
    char directory[MQ_PATH_MAX];
    char nearest[NAME_MAX + 1] = "";
    mq_path_directory(directory, path);
    DIR *stream = opendir(directory);
    if (stream == NULL)
        return errno == ENOENT ? mq_hint("there is no directory %s", directory) : MQ_FAILED;
    const struct dirent *entry = NULL;
    for (int i = 0; i < MOST && (entry = readdir(stream)) != NULL; i++) {
        const char *const names[] = {entry->d_name, nearest};
        const bool is_hidden = entry->d_name[0] == '.';
        if (!is_hidden && mq_str_nearest(mq_path_name(path), names, 2) == names[0])
            (void)snprintf(nearest, sizeof nearest, "%s", entry->d_name);
    }
    (void)closedir(stream);
    mq_tame(nearest);
    const char *slash = strchr(path, '/') != NULL ? "/" : "";
    if (nearest[0] != '\0')
        return mq_hint("did you mean %s%s%s?", *slash != '\0' ? directory : "", slash, nearest);
    if (path[0] == '/' || getcwd(directory, sizeof directory) == NULL) return MQ_FAILED;
    return mq_hint("paths are relative to where the command runs: %s", directory);
}

mq_status mq_fail_open(const char *path)
{
    const int reason = errno;
    if (reason == ENOMEM) return mq_fail_memory("%s", path);
    (void)mq_fail(MQ_FAILED, "%s: %s", path, strerror(reason));
    return reason == ENOENT ? hint_missing(path) : MQ_FAILED;
}

mq_status mq_fail_write(const char *path)
{
    const int reason = errno;
    (void)mq_fail(MQ_FAILED, "%s: cannot write: %s", path, strerror(reason));
    if (reason != ENOSPC && reason != EDQUOT) return MQ_FAILED;
    return mq_hint("make room, then the same command again");
}

bool mq_path_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool mq_path_is_same(const char *path, const char *other)
{
    struct stat a;
    struct stat b;
    return stat(path, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

bool mq_path_is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool mq_path_is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool mq_path_is_entry(const char *name)
{
    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return false;
    for (const char *c = name; *c != '\0'; c++)
        if (*c == '/' || (unsigned char)*c < 0x20 || *c == 0x7f) return false;
    return true;
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

mq_status mq_directory_create(const char *path)
{
    char parent[MQ_PATH_MAX];
    mq_path_directory(parent, path);
    MQ_TRY(mq_make_directories(parent));
    if (mkdir(path, 0777) != 0)
        return mq_fail(MQ_FAILED, "%s: cannot create directory: %s", path, strerror(errno));
    return MQ_OK;
}

mq_status mq_file_size(const char *path, int64_t *bytes)
{
    struct stat info;
    if (stat(path, &info) != 0) return mq_fail_open(path);
    *bytes = info.st_size;
    return MQ_OK;
}

mq_status mq_file_read_most(const char *path, int64_t most, struct mq_str *contents)
{
    mq_status status = MQ_OK;
    FILE *file = fopen(path, "rb");
    if (file == NULL) return mq_fail_open(path);
    char buffer[1 << 16];
    const size_t before = contents->length;
    size_t n = 0;
    while ((n = fread(buffer, 1, sizeof buffer, file)) > 0) {
        if ((int64_t)(contents->length + n - before) > most)
            MQ_DO(mq_fail(MQ_DATA, "%s: more than %lld bytes", path, (long long)most));
        MQ_DO(mq_str_add_bytes(contents, buffer, n));
    }
    if (ferror(file)) status = mq_fail_open(path);
done:
    (void)fclose(file);
    return status;
}

mq_status mq_file_read(const char *path, struct mq_str *contents)
{
    return mq_file_read_most(path, READ_MAX, contents);
}

static mq_status flush_to_disk(const char *path, int flags)
{
    const int descriptor = open(path, flags | O_CLOEXEC);
    if (descriptor < 0) return mq_fail_open(path);
    // Some file systems refuse to flush a directory (EINVAL): the rename itself still holds.
    const bool is_bad = fsync(descriptor) != 0 && errno != EINVAL;
    const int reason = errno;
    (void)close(descriptor);
    if (is_bad) return mq_fail(MQ_FAILED, "%s: cannot flush to disk: %s", path, strerror(reason));
    return MQ_OK;
}

// A name is taken from a file or a link; a device, a pipe or a socket keeps it.
static mq_status check_replaceable(const char *path)
{
    struct stat info;
    if (lstat(path, &info) != 0 || S_ISREG(info.st_mode) || S_ISLNK(info.st_mode)) return MQ_OK;
    return mq_fail(MQ_FAILED, "%s: is %s: not replaced", path,
                   S_ISDIR(info.st_mode) ? "a directory" : "not a plain file");
}

mq_status mq_file_publish(const char *temporary, const char *path)
{
    MQ_TRY(check_replaceable(path));
    MQ_TRY(flush_to_disk(temporary, O_RDONLY));
    if (rename(temporary, path) != 0)
        return mq_fail(MQ_FAILED, "%s: cannot rename to '%s': %s", temporary, path,
                       strerror(errno));
    char directory[MQ_PATH_MAX];
    mq_path_directory(directory, path);
    return flush_to_disk(directory, O_RDONLY | O_DIRECTORY);
}

// Two names change places. False with errno set: ENOENT when another process has just taken away
// what was at `path`.
static bool exchange(const char *temporary, const char *path)
{
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_EXCHANGE) == 0) return true;
    if (errno != EINVAL && errno != ENOSYS) return false;
    char aside[MQ_PATH_MAX];
    if (snprintf(aside, sizeof aside, "%s.old", temporary) >= MQ_PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    return rename(path, aside) == 0 && rename(temporary, path) == 0 &&
           rename(aside, temporary) == 0;
}

// Moves to a free name, or changes places with what is there. Others may publish at the same time,
// so each try may find the other case.
static bool take_name(const char *temporary, const char *path)
{
    for (int tries = 0; tries < PUBLISH_TRIES; tries++) {
        if (rename(temporary, path) == 0) return true;
        if (errno != ENOTEMPTY && errno != EEXIST) return false;
        if (exchange(temporary, path)) return true;
        if (errno != ENOENT) return false;
    }
    return false;
}

mq_status mq_directory_publish(const char *temporary, const char *path)
{
    MQ_TRY(flush_to_disk(temporary, O_RDONLY | O_DIRECTORY));
    if (!take_name(temporary, path))
        return mq_fail(MQ_FAILED, "%s: cannot replace: %s", path, strerror(errno));
    char directory[MQ_PATH_MAX];
    mq_path_directory(directory, path);
    return flush_to_disk(directory, O_RDONLY | O_DIRECTORY);
}

static mq_status write_whole(const char *path, const unsigned char *bytes, size_t n)
{
    const int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) return mq_fail_open(path);
    mq_status status = MQ_OK;
    for (size_t written = 0; written < n && status == MQ_OK;) {
        const ssize_t step = write(descriptor, bytes + written, n - written);
        if (step >= 0)
            written += (size_t)step;
        else if (errno != EINTR)
            status = mq_fail_write(path);
    }
    if (close(descriptor) != 0 && status == MQ_OK) status = mq_fail_write(path);
    return status;
}

mq_status mq_file_replace(const char *path, const void *bytes, size_t n)
{
    char temporary[MQ_PATH_MAX];
    MQ_TRY(mq_temporary_begin(temporary, path));
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

static mq_status empty_directory(const char *path, DIR *stream)
{
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (unlinkat(dirfd(stream), entry->d_name, 0) != 0 && errno != ENOENT)
            return mq_fail(MQ_FAILED, "%s/%s: cannot remove: %s", path, entry->d_name,
                           strerror(errno));
    }
    return MQ_OK;
}

mq_status mq_directory_remove(const char *path)
{
    struct stat info;
    if (lstat(path, &info) == 0 && S_ISLNK(info.st_mode)) return mq_file_remove(path);
    // Should the name become a link by now, it is not followed.
    const int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    if (stream == NULL) {
        const int reason = errno;
        if (descriptor >= 0) (void)close(descriptor);
        errno = reason;
        return reason == ENOENT ? MQ_OK : mq_fail_open(path);
    }
    mq_status status = empty_directory(path, stream);
    (void)closedir(stream);
    if (status == MQ_OK && rmdir(path) != 0 && errno != ENOENT)
        status = mq_fail(MQ_FAILED, "%s: cannot remove: %s", path, strerror(errno));
    return status;
}

// Whether `name` ends in "<pid>.tmp" after the first `n` bytes, of a process that is gone.
static bool is_left_behind(const char *name, size_t n)
{
    char *end = NULL;
    const long pid = strtol(name + n, &end, 10);
    if (pid <= 0 || strcmp(end, ".tmp") != 0) return false;
    return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

// What cannot be removed, as another user's, stays: it is in nobody's way.
static void remove_left_behind(const char *directory, const char *name)
{
    char path[MQ_PATH_MAX];
    struct stat info;
    mq_status status = mq_path_join(path, directory, name);
    if (status == MQ_OK) {
        const bool is_directory = lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
        status = is_directory ? mq_directory_remove(path) : mq_file_remove(path);
    }
    if (status != MQ_OK) mq_debug("%s", mq_error_get()->message);
}

void mq_temporaries_clean(const char *path)
{
    char directory[MQ_PATH_MAX];
    char stem[MQ_PATH_MAX];
    mq_path_directory(directory, path);
    DIR *stream = opendir(directory);
    if (stream == NULL) return;
    const bool has_stem = temporary_stem(stem, mq_path_name(path)) == MQ_OK;
    const size_t n = has_stem ? strlen(stem) : 0;
    for (struct dirent *entry = readdir(stream); has_stem && entry != NULL; entry = readdir(stream))
        if (strncmp(entry->d_name, stem, n) == 0 && is_left_behind(entry->d_name, n))
            remove_left_behind(directory, entry->d_name);
    (void)closedir(stream);
}

mq_status mq_temporary_begin(char out[MQ_PATH_MAX], const char *path)
{
    MQ_TRY(mq_path_temporary(out, path));
    mq_temporaries_clean(path);
    (void)unlink(out); // of a process that had the same number
    return MQ_OK;
}
