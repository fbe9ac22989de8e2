// SHA-256 from OpenSSL, whose code uses the instructions that CPUs have for it. The calls on a state
// of our own are called old there, but cannot fail: the new ones allocate.
#define OPENSSL_API_COMPAT 0x10100000L
#include "mq/base/hash.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/path.h"

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct mq_sha256), "room for OpenSSL's state");

static SHA256_CTX *context(struct mq_sha256 *hash)
{
    return (SHA256_CTX *)(void *)hash->state;
}

void mq_sha256_begin(struct mq_sha256 *hash)
{
    (void)SHA256_Init(context(hash));
}

void mq_sha256_add(struct mq_sha256 *hash, const void *bytes, size_t n)
{
    (void)SHA256_Update(context(hash), bytes, n);
}

void mq_sha256_end(struct mq_sha256 *hash, char hex[MQ_SHA256_HEX])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    (void)SHA256_Final(digest, context(hash));
    for (size_t i = 0; i < sizeof digest; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

void mq_sha256_hex(const void *bytes, size_t n, char hex[MQ_SHA256_HEX])
{
    struct mq_sha256 hash;
    mq_sha256_begin(&hash);
    mq_sha256_add(&hash, bytes, n);
    mq_sha256_end(&hash, hex);
}

void mq_sha256_base64(const void *bytes, size_t n, char text[MQ_SHA256_BASE64])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    struct mq_sha256 hash;
    mq_sha256_begin(&hash);
    mq_sha256_add(&hash, bytes, n);
    (void)SHA256_Final(digest, context(&hash));
    (void)EVP_EncodeBlock((unsigned char *)text, digest, sizeof digest);
}

mq_status mq_sha256_file(const char *path, char hex[MQ_SHA256_HEX])
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) return mq_fail_open(path);
    struct mq_sha256 hash;
    mq_sha256_begin(&hash);
    char buffer[1 << 16];
    size_t n = 0;
    while ((n = fread(buffer, 1, sizeof buffer, file)) > 0)
        mq_sha256_add(&hash, buffer, n);
    const bool is_bad = ferror(file) != 0;
    (void)fclose(file);
    if (is_bad) return mq_fail(MQ_FAILED, "%s: cannot read", path);
    mq_sha256_end(&hash, hex);
    return MQ_OK;
}
