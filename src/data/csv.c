// CSV records from a plain or gzipped file: a buffer of input, and one record with its fields.
#include "data/csv.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "data/input.h"
#include "mq/base/alloc.h"
#include "mq/data/panel.h"

enum { NO_BYTE = -1 };

struct mq_csv_input {
    struct mq_input bytes;
    char delimiter;
    char decimal;
    int64_t line; // physical line of the next byte
    unsigned char last; // byte taken
    struct mq_str record; // NUL-terminated fields, one after the other
    bool comes_again; // the record, which stood for a header
    struct mq_str numbers; // names of columns without a header, each NUL-terminated
    size_t *starts; // of the fields in the record
    int64_t capacity; // of `starts` and of the fields
};

// ---- bytes --------------------------------------------------------------------------------------

// The next byte without taking it; NO_BYTE at the end of the file.
static mq_status peek(struct mq_csv *csv, int *byte)
{
    struct mq_input *in = &csv->input->bytes;
    if (in->at == in->end) MQ_TRY(mq_input_refill(in));
    *byte = in->at < in->end ? in->buffer[in->at] : NO_BYTE;
    return MQ_OK;
}

// CR LF is one line end: the LF after a CR ends no line of its own.
static void take(struct mq_csv *csv)
{
    struct mq_csv_input *in = csv->input;
    const unsigned char byte = in->bytes.buffer[in->bytes.at++];
    in->line += byte == '\r' || (byte == '\n' && in->last != '\r');
    in->last = byte;
}

static bool is_stop(unsigned char byte, char separator)
{
    return byte == (unsigned char)separator || byte == '\n' || byte == '\r' || byte == '\0';
}

// Moves bytes to the record up to the separator, a line end or the end; `byte` is not yet taken.
static mq_status take_text(struct mq_csv *csv, char separator, int *byte)
{
    struct mq_input *in = &csv->input->bytes;
    do {
        MQ_TRY(peek(csv, byte));
        if (*byte == NO_BYTE) return MQ_OK;
        const size_t start = in->at;
        while (in->at < in->end && !is_stop(in->buffer[in->at], separator))
            in->at++;
        MQ_TRY(mq_str_add_bytes(&csv->input->record, in->buffer + start, in->at - start));
        if (in->at > start) csv->input->last = in->buffer[in->at - 1];
        if (csv->input->record.length > MQ_LINE_BYTES_MAX)
            return mq_fail(MQ_DATA, "%s:%lld: a record of more than %d bytes", csv->path,
                           (long long)csv->row, MQ_LINE_BYTES_MAX);
    } while (in->at == in->end);
    *byte = in->buffer[in->at];
    if (*byte != '\0') return MQ_OK;
    (void)mq_fail(MQ_DATA, "%s:%lld: a NUL byte: this is not a text file", csv->path,
                  (long long)csv->input->line);
    return mq_hint(
        "save the file as UTF-8, or name its encoding in a schema file: encoding: utf-16");
}

// ---- records ------------------------------------------------------------------------------------

// The inside of a quoted field and both its quotes; line ends in it stay as they are.
static mq_status take_quoted(struct mq_csv *csv)
{
    struct mq_csv_input *in = csv->input;
    take(csv);
    for (;;) {
        int byte = NO_BYTE;
        MQ_TRY(take_text(csv, '"', &byte));
        if (byte == NO_BYTE)
            return mq_fail(MQ_DATA, "%s:%lld: a quoted field is never closed", csv->path,
                           (long long)csv->row);
        if (byte == '\n' || byte == '\r') {
            MQ_TRY(mq_str_add_bytes(&in->record, byte == '\n' ? "\n" : "\r", 1));
            take(csv);
            continue;
        }
        take(csv);
        MQ_TRY(peek(csv, &byte));
        if (byte != '"') return MQ_OK;
        MQ_TRY(mq_str_add_bytes(&in->record, "\"", 1));
        take(csv);
    }
}

static mq_status begin_field(struct mq_csv *csv)
{
    struct mq_csv_input *in = csv->input;
    if (csv->n == in->capacity) {
        const int64_t capacity = 2 * in->capacity + 16;
        size_t *starts = mq_realloc(in->starts, capacity, sizeof *starts);
        if (starts == NULL) return MQ_FAILED;
        in->starts = starts;
        char **fields = mq_realloc(csv->fields, capacity, sizeof *fields);
        if (fields == NULL) return MQ_FAILED;
        csv->fields = fields;
        in->capacity = capacity;
    }
    in->starts[csv->n++] = in->record.length;
    return MQ_OK;
}

// One field with its end; `byte` is what stopped it, not yet taken.
static mq_status take_field(struct mq_csv *csv, int *byte)
{
    MQ_TRY(begin_field(csv));
    MQ_TRY(peek(csv, byte));
    if (*byte == '"') {
        MQ_TRY(take_quoted(csv));
        MQ_TRY(peek(csv, byte));
        if (*byte != NO_BYTE && !is_stop((unsigned char)*byte, csv->input->delimiter))
            return mq_fail(MQ_DATA, "%s:%lld: field %lld: text after the closing quote", csv->path,
                           (long long)csv->row, (long long)csv->n);
    } else {
        MQ_TRY(take_text(csv, csv->input->delimiter, byte));
    }
    return mq_str_add_bytes(&csv->input->record, "", 1);
}

// The LF of a CR LF is left to be read as an empty line.
static mq_status skip_empty_lines(struct mq_csv *csv, int *byte)
{
    MQ_TRY(peek(csv, byte));
    while (*byte == '\r' || *byte == '\n') {
        take(csv);
        MQ_TRY(peek(csv, byte));
    }
    return MQ_OK;
}

static void point_at_fields(struct mq_csv *csv)
{
    for (int64_t i = 0; i < csv->n; i++)
        csv->fields[i] = csv->input->record.data + csv->input->starts[i];
}

mq_status mq_csv_next(struct mq_csv *csv, bool *has_record)
{
    struct mq_csv_input *in = csv->input;
    *has_record = true;
    if (in->comes_again) {
        in->comes_again = false;
        point_at_fields(csv);
        return MQ_OK;
    }
    in->record.length = 0;
    csv->n = 0;
    int byte = NO_BYTE;
    MQ_TRY(skip_empty_lines(csv, &byte));
    *has_record = byte != NO_BYTE;
    if (!*has_record) return MQ_OK;
    csv->row = in->line;
    MQ_TRY(take_field(csv, &byte));
    while (byte == in->delimiter) {
        take(csv);
        MQ_TRY(take_field(csv, &byte));
    }
    if (byte != NO_BYTE) take(csv);
    point_at_fields(csv);
    return MQ_OK;
}

mq_status mq_csv_names(struct mq_csv *csv, bool has_header, bool *has_record)
{
    struct mq_csv_input *in = csv->input;
    MQ_TRY(mq_csv_next(csv, has_record));
    if (has_header || !*has_record) return MQ_OK;
    in->comes_again = true;
    for (int64_t i = 0; i < csv->n; i++)
        MQ_TRY(mq_str_printf(&in->numbers, "%lld%c", (long long)i + 1, '\0'));
    char *name = in->numbers.data;
    for (int64_t i = 0; i < csv->n; i++, name += strlen(name) + 1)
        csv->fields[i] = name;
    return MQ_OK;
}

// ---- the file -----------------------------------------------------------------------------------

mq_status mq_csv_open_as(struct mq_csv *csv, const char *path, struct mq_csv_dialect dialect)
{
    *csv = (struct mq_csv){.path = path};
    MQ_NEW(csv->input, 1);
    csv->input->line = 1;
    csv->input->delimiter = dialect.delimiter;
    csv->input->decimal = dialect.decimal;
    return mq_input_open_as(&csv->input->bytes, path, dialect.encoding);
}

mq_status mq_csv_open(struct mq_csv *csv, const char *path)
{
    return mq_csv_open_as(csv, path, (struct mq_csv_dialect){',', '.', ""});
}

void mq_csv_close(struct mq_csv *csv)
{
    if (csv->input != NULL) {
        mq_input_close(&csv->input->bytes);
        mq_free(csv->input->starts);
        mq_str_release(&csv->input->record);
        mq_str_release(&csv->input->numbers);
    }
    mq_free(csv->input);
    mq_free(csv->fields);
    *csv = (struct mq_csv){0};
}

// ---- values -------------------------------------------------------------------------------------

// The field without blanks around it; writes its new end.
static char *trim(char *field)
{
    while (*field == ' ' || *field == '\t')
        field++;
    size_t n = strlen(field);
    while (n > 0 && (field[n - 1] == ' ' || field[n - 1] == '\t'))
        n--;
    field[n] = '\0';
    return field;
}

static bool is_missing(const char *text)
{
    if (*text != 'n' && *text != 'N') return *text == '\0'; // numbers are many
    return strcasecmp(text, "na") == 0 || strcasecmp(text, "nan") == 0 ||
           strcasecmp(text, "null") == 0;
}

static bool parse_number(const struct mq_csv *csv, char *text, double *number)
{
    if (csv->input->decimal == ',') {
        char *comma = strchr(text, ',');
        if (strchr(text, '.') != NULL) return false;
        if (comma != NULL) *comma = '.';
    }
    if (mq_parse_f64(text, number)) return true;
    *number = strcasecmp(text, "true") == 0 ? 1.0 : 0.0;
    return *number == 1.0 || strcasecmp(text, "false") == 0;
}

enum mq_csv_kind mq_csv_kind(struct mq_csv *csv, int64_t field)
{
    MQ_ASSERT(field >= 0 && field < csv->n);
    char *text = trim(csv->fields[field]);
    double number;
    if (is_missing(text)) return MQ_CSV_MISSING;
    return parse_number(csv, text, &number) ? MQ_CSV_NUMBER : MQ_CSV_TEXT;
}

static mq_status refuse_number(const struct mq_csv *csv, const char *column, const char *text)
{
    (void)mq_fail(MQ_DATA, "%s:%lld: column '%s': '%s' is not a number", csv->path,
                  (long long)csv->row, column, text);
    if (strchr(text, ',') == NULL) return MQ_DATA;
    return mq_hint("numbers have a decimal point, and no commas between thousands; a schema file "
                   "says otherwise: decimal: \",\"");
}

mq_status mq_csv_real(struct mq_csv *csv, int64_t field, const char *column, double *value)
{
    MQ_ASSERT(field >= 0 && field < csv->n);
    char *text = trim(csv->fields[field]);
    *value = (double)NAN;
    if (!is_missing(text) && !parse_number(csv, text, value))
        return refuse_number(csv, column, text);
    if (fabs(*value) > MQ_VALUE_MAX)
        return mq_fail(MQ_DATA, "%s:%lld: column '%s': '%s' is too large, values go up to %g",
                       csv->path, (long long)csv->row, column, text, MQ_VALUE_MAX);
    return MQ_OK;
}

mq_status mq_csv_number(struct mq_csv *csv, int64_t field, const char *column, float *value)
{
    double number = 0;
    MQ_TRY(mq_csv_real(csv, field, column, &number));
    *value = (float)number;
    return MQ_OK;
}

char *mq_csv_text(struct mq_csv *csv, int64_t field)
{
    MQ_ASSERT(field >= 0 && field < csv->n);
    return trim(csv->fields[field]);
}

mq_status mq_csv_date(struct mq_csv *csv, int64_t field, const char *column, int64_t *seconds)
{
    MQ_ASSERT(field >= 0 && field < csv->n);
    const char *text = trim(csv->fields[field]);
    if (mq_date_parse(text, seconds)) return MQ_OK;
    (void)mq_fail(MQ_DATA, "%s:%lld: column '%s': '%s' is not a date", csv->path,
                  (long long)csv->row, column, text);
    return mq_hint("dates are written 2011-12-09, 2011-12 or 2011-12-09 08:00; numbered periods "
                   "need frequency and epoch in a schema file");
}
