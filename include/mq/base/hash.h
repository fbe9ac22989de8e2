/// SHA-256 as text: lower-case hex, or base64 where others ask for that.
#ifndef MQ_BASE_HASH_H
#define MQ_BASE_HASH_H

#include <stddef.h>

#include "mq/base/status.h"

enum { MQ_SHA256_HEX = 65, MQ_SHA256_BASE64 = 45 };

/// Bytes in pieces: begin, add..., end. No clean-up is needed when abandoned.
struct mq_sha256 {
    _Alignas(16) unsigned char state[256];
};
void mq_sha256_begin(struct mq_sha256 *hash);
void mq_sha256_add(struct mq_sha256 *hash, const void *bytes, size_t n);
void mq_sha256_end(struct mq_sha256 *hash, char hex[MQ_SHA256_HEX]);

/// One buffer at once.
void mq_sha256_hex(const void *bytes, size_t n, char hex[MQ_SHA256_HEX]);
void mq_sha256_base64(const void *bytes, size_t n, char text[MQ_SHA256_BASE64]);
/// A whole file.
mq_status mq_sha256_file(const char *path, char hex[MQ_SHA256_HEX]) MQ_NODISCARD;

#endif
