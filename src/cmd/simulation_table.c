// A simulation on stdout: what each policy costs, beside what it delivers.
#include <stdio.h>
#include <string.h>

#include "cmd/job.h"

enum { CELL_MAX = 64 };

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text != NULL ? text : "-";
}

static long long count_of(const json_t *json, const char *key)
{
    return (long long)json_integer_value(json_object_get(json, key));
}

// A number times `factor` in `width` columns, "-" where there is none.
static void print_value(const json_t *value, int width, int digits, double factor, const char *unit)
{
    if (json_is_number(value))
        (void)printf(" %*.*f%s", width - (int)strlen(unit), digits,
                     factor * json_number_value(value), unit);
    else
        (void)printf(" %*s", width, "-");
}

static void print_interval(const json_t *pair, int width, int digits, double factor)
{
    char cell[CELL_MAX] = "-";
    const json_t *low = json_array_get(pair, factor < 0 ? 1 : 0);
    const json_t *high = json_array_get(pair, factor < 0 ? 0 : 1);
    if (json_is_number(low) && json_is_number(high))
        (void)snprintf(cell, sizeof cell, "%.*f to %.*f", digits, factor * json_number_value(low),
                       digits, factor * json_number_value(high));
    (void)printf(" %*s", width, cell);
}

static void print_row(const json_t *row, double sign)
{
    const json_t *cost = json_object_get(row, "cost");
    const json_t *against = json_object_get(row, "against_base_stock");
    const double periods = (double)count_of(row, "product_periods");
    const double relative = json_number_value(json_object_get(against, "relative"));
    const double difference = json_number_value(json_object_get(against, "cost"));
    // Of base-stock's cost, like the difference itself.
    const double share = difference != 0 ? 100 * relative / difference : 0;
    const char *run = json_string_value(json_object_get(row, "run"));
    const char *slash = run != NULL ? strrchr(run, '/') : NULL;
    (void)printf("%-17s %-14.14s", text_of(row, "policy"),
                 slash != NULL && slash[1] != '\0' ? slash + 1
                 : run != NULL                     ? run
                                                   : "");
    print_value(json_object_get(row, "mean_wQL"), 8, 4, 1, "");
    print_value(cost, 11, 0, sign * periods, "");
    print_value(cost, 9, 4, sign, "");
    print_interval(json_object_get(row, "cost_interval"), 18, 4, sign);
    print_value(json_object_get(against, "relative"), 8, 1, 100 * sign, "%");
    print_interval(json_object_get(against, "interval"), 14, 1, sign * share);
    print_value(json_object_get(row, "fill_rate"), 7, 1, 100, "%");
    print_value(json_object_get(row, "service_level"), 7, 1, 100, "%");
    print_value(json_object_get(row, "stock"), 8, 2, 1, "");
    print_value(json_object_get(row, "orders"), 7, 3, 1, "");
    print_value(json_object_get(row, "order_size"), 8, 2, 1, "");
    (void)printf("\n");
}

static void print_head(const json_t *simulation, bool earns)
{
    const json_t *rows = json_object_get(simulation, "policies");
    const json_t *first = json_array_get(rows, 0);
    (void)printf("%lld products, %lld periods from %s to %s, %lld product-periods\n",
                 count_of(first, "products"), count_of(simulation, "periods"),
                 text_of(simulation, "first"), text_of(simulation, "last"),
                 count_of(first, "product_periods"));
    (void)printf(
        "unmet demand %s; lead %lld%s, review %lld; holding %s, shortage %s, price %s, cost "
        "%s; tuned for %s %s on what lies before\n",
        strcmp(text_of(simulation, "unmet"), "lost") == 0 ? "is lost" : "waits",
        count_of(simulation, "lead"),
        json_array_size(json_object_get(simulation, "delays")) > 1 ? " or more" : "",
        count_of(simulation, "review"), text_of(simulation, "holding"),
        text_of(simulation, "shortage"), text_of(simulation, "price"), text_of(simulation, "cost"),
        strcmp(text_of(simulation, "tuned_for"), "product") == 0 ? "each" : "the",
        text_of(simulation, "tuned_for"));
    (void)printf("%s\n\n", text_of(simulation, "censored"));
    (void)printf("%-17s %-14s %8s %11s %9s %18s %8s %14s %7s %7s %8s %7s %8s\n", "policy", "run",
                 "mean_wQL", earns ? "reward" : "cost", "a period", "95 %", "vs base", "95 %",
                 "fill", "service", "stock", "orders", "of size");
}

mq_status mq_print_simulation(const json_t *simulation)
{
    const bool earns = strcmp(text_of(simulation, "price"), "0") != 0;
    const json_t *rows = json_object_get(simulation, "policies");
    print_head(simulation, earns);
    for (size_t i = 0; i < json_array_size(rows); i++)
        print_row(json_array_get(rows, i), earns ? -1 : 1);
    return ferror(stdout) ? mq_fail(MQ_FAILED, "cannot write to standard output") : MQ_OK;
}
