/// Bytes of a file, plain or gzipped, a buffer at a time.
#ifndef DATA_INPUT_H
#define DATA_INPUT_H

#include <stddef.h>

#include "mq/base/status.h"

/// A line or record is held whole: a small compressed file may hold one without end.
enum { MQ_LINE_BYTES_MAX = 1 << 28 };

/// Bytes that are read but not taken are buffer[at .. end). Zero-initialised is closed.
struct mq_input {
    const char *path; ///< as given; the caller keeps it alive
    void *file;
    unsigned char *buffer;
    struct mq_recoder *recoder; ///< NULL: the bytes are UTF-8 as they come
    size_t at;
    size_t end;
    bool is_at_end; ///< of the file: nothing comes after the buffer
};

/// Opens and skips a byte order mark. MQ_FAILED when the file cannot be opened. Release with
/// mq_input_close in every case.
mq_status mq_input_open(struct mq_input *input, const char *path) MQ_NODISCARD;
/// The same for a file in another encoding, as iconv has it, which becomes UTF-8; "" is UTF-8.
/// MQ_USAGE when it is unknown.
mq_status mq_input_open_as(struct mq_input *input, const char *path,
                           const char *encoding) MQ_NODISCARD;
void mq_input_close(struct mq_input *input);
/// Replaces the buffer, all of which was taken, by what follows; at == end at the end of the file.
/// MQ_DATA when a compressed file is damaged or cut.
mq_status mq_input_refill(struct mq_input *input) MQ_NODISCARD;

/// A source's name as a panel may hold it: "?" for one that is not printable UTF-8, or so long that
/// it might be cut within a character.
const char *mq_source_name(const char *path);

#endif
