// Reads through zlib, which passes plain files on unchanged, and iconv where the encoding is another.
#include "data/input.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <zlib.h>

#include "mq/base/alloc.h"
#include "mq/base/path.h"
#include "mq/base/str.h"

enum { BUFFER_BYTES = 1 << 18 };

// From the file's encoding to UTF-8: bytes that are read but not converted are raw[at .. end).
struct mq_recoder {
    iconv_t converter;
    const char *encoding;
    unsigned char *raw;
    size_t at;
    size_t end;
    int64_t taken; // bytes of the file before raw[0]
};

// ---- bytes of the file --------------------------------------------------------------------------

// Up to `n` bytes; fewer only at the end of the file.
static mq_status read_bytes(struct mq_input *input, unsigned char *bytes, size_t n, size_t *got)
{
    *got = 0;
    if (input->is_at_end) return MQ_OK;
    const int count = gzread(input->file, bytes, (unsigned)n);
    *got = count > 0 ? (size_t)count : 0;
    if (*got == n) return MQ_OK;
    int code = Z_OK;
    const char *reason = gzerror(input->file, &code);
    if (code == Z_MEM_ERROR) return mq_fail_memory("%s", input->path);
    if (code == Z_ERRNO) return mq_fail(MQ_FAILED, "%s: %s", input->path, strerror(errno));
    if (code == Z_BUF_ERROR)
        return mq_fail(MQ_DATA, "%s: the compressed file ends too early", input->path);
    if (count < 0) return mq_fail(MQ_DATA, "%s: damaged compressed file: %s", input->path, reason);
    input->is_at_end = true;
    return MQ_OK;
}

// ---- other encodings ----------------------------------------------------------------------------

static mq_status recoder_open(struct mq_input *input, const char *encoding)
{
    struct mq_recoder *recoder;
    MQ_NEW(recoder, 1);
    input->recoder = recoder;
    recoder->encoding = encoding;
    recoder->converter = (iconv_t)-1; // NOLINT(performance-no-int-to-ptr)
    MQ_NEW(recoder->raw, BUFFER_BYTES);
    errno = 0;
    if (strchr(encoding, '/') == NULL) recoder->converter = iconv_open("UTF-8", encoding);
    if (recoder->converter != (iconv_t)-1) return MQ_OK; // NOLINT(performance-no-int-to-ptr)
    if (errno == ENOMEM) return mq_fail_memory("%s", input->path);
    (void)mq_fail(MQ_USAGE, "unknown encoding '%s'", encoding);
    return mq_hint("for instance utf-8, latin1, windows-1252, utf-16; iconv -l lists them");
}

static void recoder_close(struct mq_recoder *recoder)
{
    if (recoder == NULL) return;
    if (recoder->converter != (iconv_t)-1) // NOLINT(performance-no-int-to-ptr)
        (void)iconv_close(recoder->converter);
    mq_free(recoder->raw);
    mq_free(recoder);
}

// What is not converted moves to the front, and more of the file follows.
static mq_status read_raw(struct mq_input *input)
{
    struct mq_recoder *recoder = input->recoder;
    size_t got = 0;
    recoder->taken += (int64_t)recoder->at;
    recoder->end -= recoder->at;
    memmove(recoder->raw, recoder->raw + recoder->at, recoder->end);
    recoder->at = 0;
    MQ_TRY(read_bytes(input, recoder->raw + recoder->end, BUFFER_BYTES - recoder->end, &got));
    recoder->end += got;
    return MQ_OK;
}

static mq_status recode(struct mq_input *input)
{
    struct mq_recoder *recoder = input->recoder;
    char *out = (char *)input->buffer;
    size_t room = BUFFER_BYTES;
    while (room == BUFFER_BYTES) {
        MQ_TRY(read_raw(input));
        if (recoder->end == 0) break;
        char *in = (char *)recoder->raw;
        size_t left = recoder->end;
        const bool is_done = iconv(recoder->converter, &in, &left, &out, &room) != (size_t)-1;
        recoder->at = recoder->end - left;
        if (is_done || errno == E2BIG || (errno == EINVAL && !input->is_at_end)) continue;
        return mq_fail(MQ_DATA, "%s: byte %lld is not %s", input->path,
                       (long long)(recoder->taken + (int64_t)recoder->at), recoder->encoding);
    }
    input->end = BUFFER_BYTES - room;
    return MQ_OK;
}

// ---- the buffer ---------------------------------------------------------------------------------

mq_status mq_input_refill(struct mq_input *input)
{
    input->at = 0;
    input->end = 0;
    if (input->recoder != NULL) return recode(input);
    return read_bytes(input, input->buffer, BUFFER_BYTES, &input->end);
}

mq_status mq_input_open_as(struct mq_input *input, const char *path, const char *encoding)
{
    *input = (struct mq_input){.path = path};
    MQ_NEW(input->buffer, BUFFER_BYTES);
    errno = 0;
    const gzFile file = gzopen(path, "rb");
    if (file == NULL && errno == 0) errno = ENOMEM; // zlib's own
    if (file == NULL) return mq_fail_open(path);
    input->file = file;
    (void)gzbuffer(file, BUFFER_BYTES);
    if (encoding[0] != '\0') MQ_TRY(recoder_open(input, encoding));
    MQ_TRY(mq_input_refill(input));
    if (input->end >= 3 && memcmp(input->buffer, "\xEF\xBB\xBF", 3) == 0) input->at = 3;
    return MQ_OK;
}

mq_status mq_input_open(struct mq_input *input, const char *path)
{
    return mq_input_open_as(input, path, "");
}

void mq_input_close(struct mq_input *input)
{
    if (input->file != NULL) (void)gzclose(input->file);
    recoder_close(input->recoder);
    mq_free(input->buffer);
    *input = (struct mq_input){0};
}

const char *mq_source_name(const char *path)
{
    enum { LONGEST = 200 }; // two of them fit
    const char *name = mq_path_name(path);
    return mq_is_printable(name) && strlen(name) <= LONGEST ? name : "?";
}
