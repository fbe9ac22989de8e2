/// Damage to the bytes of a file, and the only fates that a damaged one may have.
///
/// A subject is a file (or one of the files of a directory), and a reader that takes in everything
/// that mqcast takes from it. Read undamaged it gives a digest. Damaged it is read again in a
/// process of its own, which may end in two ways: the file is refused, MQ_DATA and its name in the
/// message, or the digest is the same. All else is counted: another digest is a silent change, a
/// signal a crash, no end a hang.
#ifndef TESTS_SUPPORT_DAMAGE_H
#define TESTS_SUPPORT_DAMAGE_H

#include "mq/base/hash.h"
#include "mq/base/rng.h"
#include "mq/base/str.h"

struct subject {
    const char *name; ///< of the kind
    const char *path; ///< of the file to be damaged
    const char *named; ///< what a refusal must name
    /// Reads everything and digests it. Runs in a process of its own, counted memory at 0.
    mq_status (*read)(const struct subject *subject, struct mq_sha256 *hash);
    const void *context;
};

struct damage_counts {
    int64_t corruptions;
    int64_t refused;
    int64_t harmless;
    int64_t silent;
    int64_t crashes;
    int64_t hangs;
    int64_t other; ///< refused with another status or without a name, leaks, too much memory
};

/// Damages the file `n` times, each time another way, and reads it; it is whole again afterwards.
/// Whatever is not refused or harmless is printed with what was done to the file.
struct damage_counts damage_file(const struct subject *subject, int64_t n, uint64_t seed);
/// One reading of the file as it is now, added to the counts; false when it was refused.
bool damage_read(const struct subject *subject, const char *expected, const char *what,
                 struct damage_counts *counts);
/// The digest of the undamaged file.
void damage_digest(const struct subject *subject, char hex[MQ_SHA256_HEX]);

/// `counts: ...` on stdout, and a failed check unless all were refused or harmless.
void damage_report(const char *name, const struct damage_counts *counts);
/// How many corruptions of a kind: MQ_CORRUPTIONS, else `usual`. They are numbered, and a long series
/// can be done in pieces: MQ_CORRUPTIONS_FIRST is the number of the first.
int64_t damage_wanted(int64_t usual);

#endif
