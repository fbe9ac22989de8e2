/// Hostile HDF5 files with right checksums: a good file, opened with the library itself and changed
/// by a list of edits that the input spells.
///
/// Bytes flipped at random are found by the checksums, so that a fuzzer of bytes never gets behind
/// them. Edits get to what our readers must judge: attributes of other types and values, datasets
/// of other ranks, sizes and types, objects that are missing, renamed, or contain themselves.
#ifndef TESTS_FUZZ_H5_EDITS_H
#define TESTS_FUZZ_H5_EDITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Takes in a good file: its bytes, and the names of what it holds.
void h5_edits_init(const char *path);
/// Writes the good file to `path` and edits it. An edit is a byte that names it and its arguments;
/// any bytes are edits, and one that HDF5 refuses changes nothing. False when the library did not
/// survive them (writing such files is nobody's promise, so that a process of its own does it), or
/// made a file of half a MiB or more.
bool h5_edits_apply(const char *path, const uint8_t *data, size_t size);

#endif
