// What ordering policies would have cost, beside the score of the forecasts that fed them.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/path.h"
#include "report/figures.h"
#include "report/groups.h"
#include "report/sections.h"

enum { ENTRIES_MAX = 48, LABEL_MAX = 300 };

/// The replay of one run's simulation.json.
struct replay {
    const json_t *simulation;
    const json_t *entries; ///< its policies
    int64_t n; ///< of them on the page
    double sign; ///< -1 where a price is earned: costs are then shown as rewards
};

static const char *text_at(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text != NULL ? text : "\xe2\x80\x93";
}

static struct replay replay_of(const struct run *run)
{
    const json_t *entries = json_object_get(run->simulation, "policies");
    const size_t n = json_array_size(entries);
    const bool earns = strcmp(text_at(run->simulation, "price"), "0") != 0;
    return (struct replay){.simulation = run->simulation,
                           .entries = entries,
                           .n = n < ENTRIES_MAX ? (int64_t)n : ENTRIES_MAX,
                           .sign = earns ? -1 : 1};
}

static const json_t *entry_of(const struct replay *replay, int64_t i)
{
    return json_array_get(replay->entries, (size_t)i);
}

static const char *run_name(const json_t *entry)
{
    const char *run = json_string_value(json_object_get(entry, "run"));
    const char *name = run != NULL ? mq_path_name(run) : NULL;
    return name != NULL && name[0] != '\0' ? name : run;
}

// The run first: that is what is left of a label too long for its figure.
static void label_entry(char label[LABEL_MAX], const json_t *entry)
{
    const char *run = run_name(entry);
    (void)snprintf(label, LABEL_MAX, "%s%s%s", run != NULL ? run : "", run != NULL ? ", " : "",
                   text_at(entry, "policy"));
}

// Two ends in ascending order, each times `factor`; NaN where there are none.
static void read_interval(const json_t *pair, double factor, double interval[2])
{
    for (size_t i = 0; i < 2; i++) {
        const json_t *end = json_array_get(pair, factor < 0 ? 1 - i : i);
        interval[i] = json_is_number(end) ? factor * json_number_value(end) : (double)NAN;
    }
}

// ---- what was replayed -------------------------------------------------------------------------

static void put_said(struct page *page, const struct replay *replay, const char *what,
                     const char *key)
{
    put(page, what);
    put_text(page, text_at(replay->simulation, key));
}

static void put_setting(struct page *page, const struct replay *replay)
{
    const json_t *simulation = replay->simulation;
    put(page, "<p class=\"note\">");
    put_number(page, number_at(entry_of(replay, 0), "products"));
    put(page, " products, ");
    put_number(page, number_at(simulation, "periods"));
    put_said(page, replay, " periods from ", "first");
    put_said(page, replay, " to ", "last");
    put(page, ". Lead ");
    put_number(page, number_at(simulation, "lead"));
    put(page, json_array_size(json_object_get(simulation, "delays")) > 1 ? " or more, review "
                                                                         : ", review ");
    put_number(page, number_at(simulation, "review"));
    put(page, strcmp(text_at(simulation, "unmet"), "lost") == 0 ? "; unmet demand is lost"
                                                                : "; unmet demand waits");
    put_said(page, replay, ". Of a unit: holding ", "holding");
    put_said(page, replay, ", shortage ", "shortage");
    put_said(page, replay, ", price ", "price");
    put_said(page, replay, ", cost ", "cost");
    put(page, ". What is tuned is tuned for ");
    put(page, strcmp(text_at(simulation, "tuned_for"), "product") == 0 ? "each product"
                                                                       : "the catalogue");
    put(page, " on what lies before; perfect knows what comes.</p>\n");
    if (json_array_size(replay->entries) > ENTRIES_MAX)
        put_format(page, "<p class=\"note\">The first %d of %d policies.</p>\n", (int)ENTRIES_MAX,
                   (int)json_array_size(replay->entries));
}

static void put_seen(struct page *page, const struct replay *replay)
{
    for (int64_t i = 0; i < replay->n; i++) {
        const json_t *entry = entry_of(replay, i);
        if (!json_is_true(json_object_get(entry, "seen_in_training"))) continue;
        put(page, "<p class=\"note\">");
        put_text(page, run_name(entry) != NULL ? run_name(entry) : "A run");
        put(page, " has seen some of these periods in its training or validation.</p>\n");
    }
}

// ---- policies ----------------------------------------------------------------------------------

static void put_costs(struct page *page, const struct replay *replay)
{
    char labels[ENTRIES_MAX][LABEL_MAX];
    const char *rows[ENTRIES_MAX];
    double costs[ENTRIES_MAX];
    double intervals[2 * ENTRIES_MAX];
    for (int64_t i = 0; i < replay->n; i++) {
        const json_t *entry = entry_of(replay, i);
        label_entry(labels[i], entry);
        rows[i] = labels[i];
        costs[i] = replay->sign * number_at(entry, "cost");
        read_interval(json_object_get(entry, "cost_interval"), replay->sign, intervals + 2 * i);
    }
    char title[LABEL_MAX];
    (void)snprintf(title, sizeof title, "%s of a product and period, and its 95 %% interval",
                   replay->sign > 0 ? "Cost" : "Reward");
    put_bars(page, &(struct bars){.title = title,
                                  .row_labels = rows,
                                  .values = costs,
                                  .intervals = intervals,
                                  .rows = replay->n,
                                  .columns = 1});
}

static void put_percent_cell(struct page *page, double share)
{
    put(page, "<td>");
    if (isfinite(share)) put_format(page, "%.1f", 100 * share);
    put(page, "</td>");
}

// Against base-stock: the change, and its interval as a share of the same cost.
static void put_against(struct page *page, const struct replay *replay, const json_t *entry)
{
    const json_t *against = json_object_get(entry, "against_base_stock");
    const double relative = 100 * replay->sign * number_at(against, "relative");
    double ends[2];
    read_interval(json_object_get(against, "interval"), relative / number_at(against, "cost"),
                  ends);
    put(page, "<td>");
    if (isfinite(relative)) put_format(page, "%+.1f", relative);
    put(page, "</td><td>");
    if (isfinite(ends[0]) && isfinite(ends[1]))
        put_format(page, "%+.1f to %+.1f", ends[0], ends[1]);
    put(page, "</td>");
}

static void put_policy_row(struct page *page, const struct replay *replay, const json_t *entry)
{
    double ends[2];
    read_interval(json_object_get(entry, "cost_interval"), replay->sign, ends);
    put(page, "<tr><th scope=\"row\">");
    put_text(page, text_at(entry, "policy"));
    put(page, "</th><td>");
    put_text(page, run_name(entry) != NULL ? run_name(entry) : "");
    put(page, "</td><td>");
    if (isfinite(number_at(entry, "mean_wQL"))) put_number(page, number_at(entry, "mean_wQL"));
    put(page, "</td>");
    put_cell(page, replay->sign * number_at(entry, "cost"));
    put(page, "<td>");
    put_number(page, ends[0]);
    put(page, " to ");
    put_number(page, ends[1]);
    put(page, "</td>");
    put_against(page, replay, entry);
    put_percent_cell(page, number_at(entry, "fill_rate"));
    put_percent_cell(page, number_at(entry, "service_level"));
    put_cell(page, number_at(entry, "stock"));
    put(page, "</tr>\n");
}

static void put_policies(struct page *page, const struct replay *replay)
{
    put(page, "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">policy</th>"
              "<th scope=\"col\">fed by run</th><th scope=\"col\">mean wQL</th><th scope=\"col\">");
    put(page, replay->sign > 0 ? "cost" : "reward");
    put(page, "</th><th scope=\"col\">95 %</th><th scope=\"col\">against base-stock, %</th>"
              "<th scope=\"col\">95 %</th><th scope=\"col\">demand met at once, %</th>"
              "<th scope=\"col\">cycles without a gap, %</th><th scope=\"col\">stock</th></tr>"
              "</thead>\n<tbody>\n");
    for (int64_t i = 0; i < replay->n; i++)
        put_policy_row(page, replay, entry_of(replay, i));
    put(page, "</tbody>\n</table></div>\n");
}

// ---- by segment --------------------------------------------------------------------------------

static double demand_of(const json_t *segment)
{
    return number_at(segment, "demand") * number_at(segment, "product_periods");
}

static void put_segment_row(struct page *page, const struct replay *replay, const char *name)
{
    put(page, "<tr><th scope=\"row\">");
    put_text(page, name);
    put(page, "</th>");
    for (int64_t i = 0; i < replay->n; i++) {
        const json_t *segments = json_object_get(entry_of(replay, i), "by_segment");
        const json_t *segment = json_object_get(segments, name);
        const double relative =
            number_at(json_object_get(segment, "against_base_stock"), "relative");
        if (i == 0) put_cell(page, number_at(segment, "products"));
        put(page, "<td>");
        put_number(page, replay->sign * number_at(segment, "cost"));
        if (isfinite(relative))
            put_format(page, "<span class=\"small\">%+.1f %%</span>",
                       100 * replay->sign * relative);
        put(page, "</td>");
    }
    put(page, "</tr>\n");
}

static void put_segments(struct page *page, const struct replay *replay)
{
    json_t *segments = json_object_get(entry_of(replay, 0), "by_segment");
    const char *names[GROUPS_MAX];
    const int64_t n = largest_segments(segments, demand_of, names);
    char label[LABEL_MAX];
    if (n == 0) return;
    put_note(page,
             "By segment, the same per product and period, and its change against base-stock.");
    put_segments_left_out(page, n, segments);
    put(page, "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">segment</th>"
              "<th scope=\"col\">products</th>");
    for (int64_t i = 0; i < replay->n; i++) {
        label_entry(label, entry_of(replay, i));
        put(page, "<th scope=\"col\">");
        put_text(page, label);
        put(page, "</th>");
    }
    put(page, "</tr></thead>\n<tbody>\n");
    for (int64_t g = 0; g < n; g++)
        put_segment_row(page, replay, names[g]);
    put(page, "</tbody>\n</table></div>\n");
}

// ---- the section -------------------------------------------------------------------------------

void put_stock(struct page *page, const struct run runs[], int64_t n)
{
    bool has_any = false;
    for (int64_t i = 0; i < n; i++) {
        const struct replay replay = replay_of(&runs[i]);
        if (replay.n == 0) continue;
        if (!has_any)
            put(page, "<h2>Stock</h2>\n<p>What ordering policies would have cost, beside the score "
                      "of the forecasts that fed them. Observed sales stand for demand, and they "
                      "are censored demand: what could not be sold was not seen, so more was asked "
                      "for where stock ran out, and all costs of missing units are too low.</p>\n");
        has_any = true;
        if (n > 1) put_element(page, "h3", runs[i].name);
        put_setting(page, &replay);
        put_seen(page, &replay);
        put_costs(page, &replay);
        put_policies(page, &replay);
        put_segments(page, &replay);
    }
}
