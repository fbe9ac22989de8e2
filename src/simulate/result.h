/// simulation.json. Private to simulate/.
#ifndef SIMULATE_RESULT_H
#define SIMULATE_RESULT_H

#include "simulate/entry.h"

/// What n entries came to; NULL with the error recorded on failure. Local.
json_t *result_json(const struct simulation *simulation, const struct entry entries[], int64_t n);

#endif
