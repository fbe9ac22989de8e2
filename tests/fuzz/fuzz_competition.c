// The files of competitions: several tables that refer to each other.
#include "fuzz/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {"m4", "m5", NULL};
    return fuzz_import(formats, data, size);
}
