// A line for each series: tsf and JSON lines.
#include "fuzz/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {"tsf", "jsonl", NULL};
    return fuzz_import(formats, data, size);
}
