// CSV through stdio into a temporary file.
#include "mq/data/csv_writer.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/path.h"

struct mq_csv_writer {
    FILE *file;
    bool is_in_row;
    int error; // errno of the first write that failed; 0: none
    char path[MQ_PATH_MAX];
    char temporary[MQ_PATH_MAX];
};

mq_status mq_csv_create(struct mq_csv_writer **writer, const char *path)
{
    *writer = NULL;
    struct mq_csv_writer *made = NULL;
    mq_status status = MQ_OK;
    MQ_NEW(made, 1);
    (void)snprintf(made->path, sizeof made->path, "%s", path);
    MQ_DO(mq_temporary_begin(made->temporary, path));
    made->file = fopen(made->temporary, "wbx");
    if (made->file == NULL)
        MQ_DO(errno == ENOMEM ? mq_fail_open(path)
                              : mq_fail(MQ_FAILED, "%s: cannot write: %s", path, strerror(errno)));
    *writer = made;
    made = NULL;
done:
    mq_free(made);
    return status;
}

static void put(struct mq_csv_writer *writer, const char *bytes, size_t n)
{
    errno = 0;
    if (fwrite(bytes, 1, n, writer->file) != n && writer->error == 0)
        writer->error = errno != 0 ? errno : EIO;
}

static void begin_field(struct mq_csv_writer *writer)
{
    if (writer->is_in_row) put(writer, ",", 1);
    writer->is_in_row = true;
}

void mq_csv_put_text(struct mq_csv_writer *writer, const char *text)
{
    begin_field(writer);
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        put(writer, text, strlen(text));
        return;
    }
    put(writer, "\"", 1);
    for (; *text != '\0'; text++)
        put(writer, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    put(writer, "\"", 1);
}

void mq_csv_put_i64(struct mq_csv_writer *writer, int64_t value)
{
    char text[32];
    begin_field(writer);
    put(writer, text, (size_t)snprintf(text, sizeof text, "%lld", (long long)value));
}

// Nine digits tell all floats apart; most need fewer.
void mq_csv_put_real(struct mq_csv_writer *writer, float value)
{
    char text[32] = "";
    begin_field(writer);
    if (isnan(value)) return;
    for (int digits = 6; digits <= 9; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value) break;
    }
    put(writer, text, strlen(text));
}

void mq_csv_end_row(struct mq_csv_writer *writer)
{
    put(writer, "\n", 1);
    writer->is_in_row = false;
}

mq_status mq_csv_publish(struct mq_csv_writer *writer)
{
    errno = 0;
    if (fclose(writer->file) != 0 && writer->error == 0) writer->error = errno != 0 ? errno : EIO;
    writer->file = NULL;
    mq_status status = MQ_OK;
    if (writer->error != 0)
        status = mq_fail(MQ_FAILED, "%s: cannot write: %s", writer->path, strerror(writer->error));
    if (status == MQ_OK) status = mq_file_publish(writer->temporary, writer->path);
    if (status != MQ_OK) (void)remove(writer->temporary);
    mq_free(writer);
    return status;
}

void mq_csv_discard(struct mq_csv_writer *writer)
{
    if (writer == NULL) return;
    (void)fclose(writer->file);
    (void)remove(writer->temporary);
    mq_free(writer);
}
