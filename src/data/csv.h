/// Records of a CSV file, plain or gzipped, one at a time (RFC 4180, or a dialect of it).
///
/// Quoted fields may hold commas, doubled quotes and line ends; lines end with LF, CRLF or CR; a
/// byte order mark is skipped, as are empty lines. Memory is one record. A record is valid until
/// the next one. Everything wrong is MQ_DATA (MQ_FAILED when the file cannot be opened) and names
/// file and row, the physical line on which the record starts.
#ifndef DATA_CSV_H
#define DATA_CSV_H

#include <stdint.h>

#include "mq/base/str.h"

struct mq_csv_input;

/// How a file is written. The text stays the caller's.
struct mq_csv_dialect {
    char delimiter; ///< between fields
    char decimal; ///< in numbers: '.' or ','; with a comma no number has a point
    const char *encoding; ///< as iconv has it; "": UTF-8
};

struct mq_csv {
    const char *path; ///< as given; the caller keeps it alive
    int64_t row; ///< physical line of the current record, from 1
    int64_t n; ///< fields of the current record
    char **fields; ///< (n) the caller may write inside a field
    struct mq_csv_input *input;
};

/// As RFC 4180 has it, in UTF-8. Release with mq_csv_close in every case.
mq_status mq_csv_open(struct mq_csv *csv, const char *path) MQ_NODISCARD;
/// MQ_USAGE when the encoding is unknown.
mq_status mq_csv_open_as(struct mq_csv *csv, const char *path,
                         struct mq_csv_dialect dialect) MQ_NODISCARD;
/// Accepts the zeroed struct.
void mq_csv_close(struct mq_csv *csv);
/// Reads the next record; `has_record` is false at the end of the file.
mq_status mq_csv_next(struct mq_csv *csv, bool *has_record) MQ_NODISCARD;
/// Reads the first record as the names of the columns; without a header they are called 1, 2, ...
/// and the record comes again.
mq_status mq_csv_names(struct mq_csv *csv, bool has_header, bool *has_record) MQ_NODISCARD;

/// What a field holds, as the two below read it.
enum mq_csv_kind { MQ_CSV_MISSING, MQ_CSV_NUMBER, MQ_CSV_TEXT };
enum mq_csv_kind mq_csv_kind(struct mq_csv *csv, int64_t field);
/// Field as a number; empty, NA, NaN and null are NaN, true is 1 and false 0, beyond MQ_VALUE_MAX is
/// refused. `column` is for messages.
mq_status mq_csv_number(struct mq_csv *csv, int64_t field, const char *column,
                        float *value) MQ_NODISCARD;
/// The same before it is rounded to a float.
mq_status mq_csv_real(struct mq_csv *csv, int64_t field, const char *column,
                      double *value) MQ_NODISCARD;
/// Field as a date, in seconds since 1970.
mq_status mq_csv_date(struct mq_csv *csv, int64_t field, const char *column,
                      int64_t *seconds) MQ_NODISCARD;
/// The field without blanks around it.
char *mq_csv_text(struct mq_csv *csv, int64_t field);

#endif
