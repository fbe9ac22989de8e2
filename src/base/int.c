// The out-of-line half of the checked conversions.
#include "mq/base/int.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

int mq_to_int(int64_t value)
{
    if (value < INT_MIN || value > INT_MAX) {
        (void)fprintf(stderr, "error: internal: %lld does not fit an int\n", (long long)value);
        abort();
    }
    return (int)value;
}
