// Reads through zlib, which passes plain files on unchanged.
#include "data/input.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "mq/base/alloc.h"
#include "mq/base/path.h"
#include "mq/base/str.h"

enum { BUFFER_BYTES = 1 << 18 };

mq_status mq_input_refill(struct mq_input *input)
{
    input->at = 0;
    input->end = 0;
    if (input->is_at_end) return MQ_OK;
    const int n = gzread(input->file, input->buffer, BUFFER_BYTES);
    if (n == BUFFER_BYTES) {
        input->end = BUFFER_BYTES;
        return MQ_OK;
    }
    int code = Z_OK;
    const char *reason = gzerror(input->file, &code);
    if (code == Z_MEM_ERROR) return mq_fail_memory("%s", input->path);
    if (code == Z_ERRNO) return mq_fail(MQ_FAILED, "%s: %s", input->path, strerror(errno));
    if (code == Z_BUF_ERROR)
        return mq_fail(MQ_DATA, "%s: the compressed file ends too early", input->path);
    if (n < 0) return mq_fail(MQ_DATA, "%s: damaged compressed file: %s", input->path, reason);
    input->end = (size_t)n;
    input->is_at_end = true;
    return MQ_OK;
}

mq_status mq_input_open(struct mq_input *input, const char *path)
{
    *input = (struct mq_input){.path = path};
    MQ_NEW(input->buffer, BUFFER_BYTES);
    errno = 0;
    const gzFile file = gzopen(path, "rb");
    if (file == NULL && errno == 0) errno = ENOMEM; // zlib's own
    if (file == NULL) return mq_fail_open(path);
    input->file = file;
    (void)gzbuffer(file, BUFFER_BYTES);
    MQ_TRY(mq_input_refill(input));
    if (input->end >= 3 && memcmp(input->buffer, "\xEF\xBB\xBF", 3) == 0) input->at = 3;
    return MQ_OK;
}

void mq_input_close(struct mq_input *input)
{
    if (input->file != NULL) (void)gzclose(input->file);
    mq_free(input->buffer);
    *input = (struct mq_input){0};
}

const char *mq_source_name(const char *path)
{
    enum { LONGEST = 200 }; // two of them fit
    const char *name = mq_path_name(path);
    return mq_is_printable(name) && strlen(name) <= LONGEST ? name : "?";
}
