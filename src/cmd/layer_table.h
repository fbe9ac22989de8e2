/// The table of --trace.
#ifndef CMD_LAYER_TABLE_H
#define CMD_LAYER_TABLE_H

#include <jansson.h>

/// The rows of mq_profiler_layers on stdout.
void mq_layer_table_print(const json_t *rows);

#endif
