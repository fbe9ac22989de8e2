/// What the HDF5 library at hand is and can do.
#ifndef MQ_H5_INFO_H
#define MQ_H5_INFO_H

#include <stdbool.h>

enum { MQ_H5_VERSION_MAX = 32 };

/// "1.10.8", of the library that is loaded.
void mq_h5_version(char text[MQ_H5_VERSION_MAX]);
/// Whether gzip data can be written and read.
bool mq_h5_has_gzip(void);
/// Whether two threads may use it at once, each with files of its own.
bool mq_h5_is_thread_safe(void);

#endif
