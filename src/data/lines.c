// Cuts a buffer of input into lines.
#include "data/lines.h"

#include <string.h>

mq_status mq_lines_open(struct mq_lines *lines, const char *path)
{
    *lines = (struct mq_lines){0};
    return mq_input_open(&lines->input, path);
}

void mq_lines_close(struct mq_lines *lines)
{
    mq_input_close(&lines->input);
    mq_str_release(&lines->line);
    *lines = (struct mq_lines){0};
}

static mq_status check_text(const struct mq_lines *lines)
{
    if (memchr(lines->line.data, '\0', lines->line.length) == NULL) return MQ_OK;
    (void)mq_fail(MQ_DATA, "%s:%lld: a NUL byte: this is not a text file", lines->input.path,
                  (long long)lines->row);
    return mq_hint("save the file as UTF-8");
}

mq_status mq_lines_next(struct mq_lines *lines, bool *has_line)
{
    struct mq_input *input = &lines->input;
    bool is_ended = false;
    lines->line.length = 0;
    *has_line = false;
    while (!is_ended) {
        if (input->at == input->end) MQ_TRY(mq_input_refill(input));
        if (input->at == input->end) break;
        const unsigned char *start = input->buffer + input->at;
        const unsigned char *end = memchr(start, '\n', input->end - input->at);
        const size_t n = end != NULL ? (size_t)(end - start) : input->end - input->at;
        MQ_TRY(mq_str_add_bytes(&lines->line, start, n));
        is_ended = end != NULL;
        input->at += n + is_ended;
        if (lines->line.length > MQ_LINE_BYTES_MAX)
            return mq_fail(MQ_DATA, "%s:%lld: a line of more than %d bytes", input->path,
                           (long long)lines->row + 1, MQ_LINE_BYTES_MAX);
        *has_line = true;
    }
    if (!*has_line) return MQ_OK;
    lines->row++;
    if (is_ended && lines->line.length > 0 && lines->line.data[lines->line.length - 1] == '\r')
        lines->line.data[--lines->line.length] = '\0';
    return check_text(lines);
}
