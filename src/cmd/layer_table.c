// Where the time of steps goes, layer by layer, as text.
#include "cmd/layer_table.h"

#include <stdio.h>

static double number(const json_t *row, const char *key)
{
    return json_number_value(json_object_get(row, key));
}

static const char *text(const json_t *row, const char *key)
{
    return json_string_value(json_object_get(row, key));
}

static void print_rate(const json_t *row, const char *key)
{
    const json_t *gflops = json_object_get(row, key);
    if (json_is_null(gflops))
        (void)printf("%9s", "");
    else
        (void)printf("%9.1f", json_number_value(gflops));
}

void mq_layer_table_print(const json_t *rows)
{
    size_t i;
    json_t *row;
    (void)printf("\n%-28s%-12s%12s%9s%13s%9s%10s%8s\n", "layer", "op", "forward ms", "GFLOP/s",
                 "backward ms", "GFLOP/s", "max/mean", "share");
    json_array_foreach((json_t *)rows, i, row)
    {
        (void)printf("%-28s%-12s%12.3f", text(row, "layer"), text(row, "op"),
                     number(row, "forward_ms"));
        print_rate(row, "forward_gflops");
        (void)printf("%13.3f", number(row, "backward_ms"));
        print_rate(row, "backward_gflops");
        (void)printf("%10.2f%7.1f%%\n", number(row, "max_over_mean"), 1e2 * number(row, "share"));
    }
}
