/// Paths and whole-file operations that leave nothing half-written.
///
/// Publishing: mq_temporary_begin(), create that file exclusively (O_EXCL, which follows no link),
/// then mq_file_publish() flushes it to disk, renames it over the final name and flushes the
/// directory. A reader sees the old file or the new one; what else the old name led to, by link, is
/// never written.
#ifndef MQ_BASE_PATH_H
#define MQ_BASE_PATH_H

#include <stddef.h>
#include <stdint.h>

#include "mq/base/status.h"
#include "mq/base/str.h"

enum { MQ_PATH_MAX = 4096 };

/// out = directory/name; too long is an error.
mq_status mq_path_join(char out[MQ_PATH_MAX], const char *directory, const char *name) MQ_NODISCARD;
/// The directory part ("." when there is none).
void mq_path_directory(char out[MQ_PATH_MAX], const char *path);
/// Pointer to the last component inside `path`.
const char *mq_path_name(const char *path);
bool mq_path_has_suffix(const char *path, const char *suffix);
/// A name beside `path` for what is still being written, `<path>.<host>-<pid>.tmp`: processes that
/// write the same path at the same time do not meet, and the last to publish wins wholly. The same
/// name each time within a process.
mq_status mq_path_temporary(char out[MQ_PATH_MAX], const char *path) MQ_NODISCARD;
/// Removes such files and directories of plain files beside `path` whose process, of this machine,
/// is gone; what cannot be removed stays.
void mq_temporaries_clean(const char *path);
/// mq_temporaries_clean and mq_path_temporary; nothing has that name afterwards.
mq_status mq_temporary_begin(char out[MQ_PATH_MAX], const char *path) MQ_NODISCARD;

/// Records why `path` could not be opened, as errno says: MQ_FAILED. The hint for what is not there is
/// the nearest name in its directory.
mq_status mq_fail_open(const char *path);
/// Records why `path` could not be written, as errno says: MQ_FAILED.
mq_status mq_fail_write(const char *path);

bool mq_path_exists(const char *path);
bool mq_path_is_directory(const char *path);
/// A plain file, or a link to one: reading it ends, as it may not with a pipe or a device.
bool mq_path_is_file(const char *path);
/// Whether a name found in a file can only mean an entry of a directory: not empty, no '/', not "."
/// or "..", no control characters.
bool mq_path_is_entry(const char *name);
/// Whether both name the same file, by whatever path or link.
bool mq_path_is_same(const char *path, const char *other);
/// Creates the directory and its parents; an existing one is fine.
mq_status mq_make_directories(const char *path) MQ_NODISCARD;
/// Creates a directory where nothing has its name, and its parents.
mq_status mq_directory_create(const char *path) MQ_NODISCARD;

/// Size in bytes; MQ_FAILED naming the file and the reason when it cannot be read.
mq_status mq_file_size(const char *path, int64_t *bytes) MQ_NODISCARD;
/// Appends the whole file to `contents`. MQ_DATA when it has more than `most` bytes, of which the
/// size is no sure sign: a device or a pipe has none.
mq_status mq_file_read_most(const char *path, int64_t most, struct mq_str *contents) MQ_NODISCARD;
/// At most 1 GiB.
mq_status mq_file_read(const char *path, struct mq_str *contents) MQ_NODISCARD;
/// fsync(temporary), rename to `path`, fsync the directory. Takes the name of a file or of a link;
/// a directory, a device or a pipe of that name stays: MQ_FAILED.
mq_status mq_file_publish(const char *temporary, const char *path) MQ_NODISCARD;
/// The same for a directory of files already on disk. A directory that was at `path` is found at
/// `temporary` afterwards, for the caller to remove: the two change places in one step, or, where
/// the file system cannot do that (NFS), in three, between which `path` is missing for a moment.
/// Of several processes that publish at once the last one wins.
mq_status mq_directory_publish(const char *temporary, const char *path) MQ_NODISCARD;
/// Atomically makes `path` hold exactly these bytes.
mq_status mq_file_replace(const char *path, const void *bytes, size_t n) MQ_NODISCARD;
/// Removes a file; a missing one is fine.
mq_status mq_file_remove(const char *path) MQ_NODISCARD;

/// Removes a directory of plain files; a missing one is fine. A link to one is removed, not followed.
mq_status mq_directory_remove(const char *path) MQ_NODISCARD;

#endif
