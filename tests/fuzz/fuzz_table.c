// Tables that a schema explains: long and wide CSV, with a calendar file beside them.
#include "fuzz/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {"csv", "wide", NULL};
    return fuzz_import(formats, data, size);
}
