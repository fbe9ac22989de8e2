// Offsets of a time zone, asked of the C library day by day.
#include "data/zone.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "data/date.h"
#include "mq/base/alloc.h"
#include "mq/base/path.h"

enum {
    DAY_S = 86400,
    FIRST_YEAR = 1900,
    LAST_YEAR = 2100,
    CHANGES_MAX = 1024,
    NAME_MAX_BYTES = 64
};

// ---- the system's database ----------------------------------------------------------------------

// An unknown name is UTC to the C library, without a word.
static mq_status check_name(const char *name, const char *file)
{
    const char *const folder = getenv("TZDIR") != NULL ? getenv("TZDIR") : "/usr/share/zoneinfo";
    char path[MQ_PATH_MAX];
    bool is_good = isalpha((unsigned char)name[0]) && strlen(name) < NAME_MAX_BYTES;
    for (const char *at = name; *at != '\0'; at++)
        is_good = is_good && (isalnum((unsigned char)*at) || strchr("/_+-", *at) != NULL);
    (void)snprintf(path, sizeof path, "%s/%s", folder, is_good ? name : "");
    if (is_good && mq_path_is_file(path)) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "%s: there is no time zone '%s'", file, name);
    return mq_hint(mq_path_exists(folder) ? "names are those of the IANA database: Europe/Berlin"
                                          : "the system has no time zones: install tzdata");
}

static int64_t offset_at(int64_t utc_s)
{
    const time_t time = (time_t)utc_s;
    struct tm tm;
    return localtime_r(&time, &tm) != NULL ? (int64_t)tm.tm_gmtoff : 0;
}

// The second in (from_s, to_s] at which the offset changes.
static int64_t find_change(int64_t from_s, int64_t to_s)
{
    const int64_t before_s = offset_at(from_s);
    while (to_s - from_s > 1) {
        const int64_t middle_s = from_s + (to_s - from_s) / 2;
        if (offset_at(middle_s) == before_s)
            from_s = middle_s;
        else
            to_s = middle_s;
    }
    return to_s;
}

static mq_status find_changes(struct mq_zone *zone)
{
    const int64_t end_s = mq_day_start_s(LAST_YEAR, 1, 1);
    int64_t day_s = mq_day_start_s(FIRST_YEAR, 1, 1);
    MQ_NEW(zone->changes, CHANGES_MAX);
    zone->first_s = offset_at(day_s);
    int64_t before_s = zone->first_s;
    for (; day_s < end_s && zone->n < CHANGES_MAX; day_s += DAY_S) {
        const int64_t after_s = offset_at(day_s + DAY_S);
        if (after_s == before_s) continue;
        zone->changes[zone->n++] =
            (struct mq_zone_change){find_change(day_s, day_s + DAY_S), before_s, after_s};
        before_s = after_s;
    }
    return MQ_OK;
}

static mq_status set_zone(const char *name)
{
    const int failed = name != NULL ? setenv("TZ", name, 1) : unsetenv("TZ");
    tzset();
    return failed == 0 ? MQ_OK : mq_fail_memory("the environment");
}

mq_status mq_zone_open(struct mq_zone *zone, const char *name, const char *file)
{
    *zone = (struct mq_zone){0};
    if (name[0] == '\0') return MQ_OK;
    MQ_TRY(check_name(name, file));
    const char *now = getenv("TZ");
    char before[MQ_PATH_MAX];
    (void)snprintf(before, sizeof before, "%s", now != NULL ? now : "");
    mq_status status = MQ_OK;
    MQ_DO(set_zone(name));
    status = find_changes(zone);
done:
    if (status == MQ_OK) status = set_zone(now != NULL ? before : NULL);
    return status;
}

void mq_zone_release(struct mq_zone *zone)
{
    mq_free(zone->changes);
    *zone = (struct mq_zone){0};
}

// ---- both ways ----------------------------------------------------------------------------------

int64_t mq_zone_local(const struct mq_zone *zone, int64_t utc_s)
{
    int64_t low = 0;
    int64_t high = zone->n; // the first change after the moment
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (zone->changes[middle].at_s <= utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    return utc_s + (low > 0 ? zone->changes[low - 1].after_s : zone->first_s);
}

enum mq_zone_times mq_zone_utc(const struct mq_zone *zone, int64_t local_s, int64_t *earlier_s,
                               int64_t *later_s)
{
    // Around a change the clock shows [at + smaller offset, at + larger offset) twice or never.
    int64_t low = 0;
    int64_t high = zone->n; // the first change that is wholly after the time
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const struct mq_zone_change *change = &zone->changes[middle];
        const int64_t smaller_s =
            change->before_s < change->after_s ? change->before_s : change->after_s;
        if (change->at_s + smaller_s <= local_s)
            low = middle + 1;
        else
            high = middle;
    }
    const struct mq_zone_change *change = low > 0 ? &zone->changes[low - 1] : NULL;
    const int64_t after_s = change != NULL ? change->after_s : zone->first_s;
    *earlier_s = *later_s = local_s - after_s;
    if (change == NULL) return MQ_ONCE;
    const int64_t larger_s = change->before_s > after_s ? change->before_s : after_s;
    if (local_s >= change->at_s + larger_s) return MQ_ONCE;
    *earlier_s = local_s - change->before_s;
    if (change->before_s > after_s) return MQ_TWICE;
    *earlier_s = *later_s;
    return MQ_NEVER;
}
