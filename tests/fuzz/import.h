/// Imports as `mqcast import` does them, from an input in sections: the name of the format, then
/// `schema`, `calendar`, `append` (a file that joins the panel, to which it must be nothing new when
/// it comes again), and any others, which are the sources, under the names they have here.
#ifndef TESTS_FUZZ_IMPORT_H
#define TESTS_FUZZ_IMPORT_H

#include "fuzz/support.h"

/// Formats other than those listed (NULL-terminated) are not tried. Returns what the target returns:
/// -1 keeps an input out of the corpus.
int fuzz_import(const char *const formats[], const uint8_t *data, size_t size);

#endif
