// A filter plug-in of HDF5 that leaves a mark where it is loaded: code that a file asks for.
#include <H5PLextern.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static size_t pass(unsigned flags, size_t n_values, const unsigned values[], size_t n, size_t *size,
                   void **bytes)
{
    (void)flags, (void)n_values, (void)values, (void)size, (void)bytes;
    return n;
}

static const H5Z_class2_t filter = {H5Z_CLASS_T_VERS, 32123, 1, 1, "mark", NULL, NULL, pass};

__attribute__((constructor)) static void leave_mark(void)
{
    const char *path = getenv("MQ_TEST_MARK");
    const int mark = path != NULL ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (mark >= 0) (void)close(mark);
}

H5PL_type_t H5PLget_plugin_type(void)
{
    return H5PL_TYPE_FILTER;
}

const void *H5PLget_plugin_info(void)
{
    return &filter;
}
