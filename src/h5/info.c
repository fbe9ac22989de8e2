// Version and features of HDF5.
#include "mq/h5/info.h"

#include <stdio.h>

#include "h5/internal.h"

void mq_h5_version(char text[MQ_H5_VERSION_MAX])
{
    unsigned major = 0;
    unsigned minor = 0;
    unsigned release = 0;
    mq_h5_silence();
    (void)H5get_libversion(&major, &minor, &release);
    (void)snprintf(text, MQ_H5_VERSION_MAX, "%u.%u.%u", major, minor, release);
}

bool mq_h5_has_gzip(void)
{
    unsigned flags = 0;
    mq_h5_silence();
    if (H5Zfilter_avail(H5Z_FILTER_DEFLATE) <= 0) return false;
    if (H5Zget_filter_info(H5Z_FILTER_DEFLATE, &flags) < 0) return false;
    return (flags & H5Z_FILTER_CONFIG_ENCODE_ENABLED) != 0 &&
           (flags & H5Z_FILTER_CONFIG_DECODE_ENABLED) != 0;
}

bool mq_h5_is_thread_safe(void)
{
    hbool_t is_safe = 0;
    mq_h5_silence();
    return H5is_library_threadsafe(&is_safe) >= 0 && is_safe;
}
