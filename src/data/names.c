// A set of texts: one growing string and an open-addressing hash table over it.
#include "data/names.h"

#include <string.h>

#include "mq/base/alloc.h"

// FNV-1a.
static uint64_t hash_of(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    return hash ^ hash >> 32;
}

// The slot of `name`, or the free slot where it belongs.
static int64_t *slot_of(const struct mq_names *names, const char *name)
{
    const uint64_t mask = (uint64_t)names->n_slots - 1;
    uint64_t at = hash_of(name) & mask;
    while (names->slots[at] != 0 && strcmp(mq_names_at(names, names->slots[at] - 1), name) != 0)
        at = (at + 1) & mask;
    return &names->slots[at];
}

static mq_status grow(struct mq_names *names)
{
    const int64_t capacity = names->capacity == 0 ? 32 : 2 * names->capacity;
    size_t *start = mq_realloc(names->start, capacity, sizeof *start);
    if (start == NULL) return MQ_FAILED;
    names->start = start;
    names->capacity = capacity;
    mq_free(names->slots);
    names->n_slots = 0;
    MQ_NEW(names->slots, 4 * capacity);
    names->n_slots = 4 * capacity;
    for (int64_t i = 0; i < names->n; i++)
        *slot_of(names, mq_names_at(names, i)) = i + 1;
    return MQ_OK;
}

mq_status mq_names_add(struct mq_names *names, const char *name, int64_t *number)
{
    if (names->n == names->capacity) MQ_TRY(grow(names));
    int64_t *slot = slot_of(names, name);
    if (*slot == 0) {
        const size_t start = names->text.length;
        MQ_TRY(mq_str_add_bytes(&names->text, name, strlen(name) + 1));
        names->start[names->n] = start;
        *slot = ++names->n;
    }
    *number = *slot - 1;
    return MQ_OK;
}

mq_status mq_name_check(const char *name, const char *file, int64_t row)
{
    if (mq_is_utf8(name)) return MQ_OK;
    (void)mq_fail(MQ_DATA, "%s:%lld: '%s' is not UTF-8", file, (long long)row, name);
    return mq_hint(
        "save the file as UTF-8, or name its encoding in a schema file: encoding: latin1");
}

int64_t mq_names_find(const struct mq_names *names, const char *name)
{
    return names->n == 0 ? -1 : *slot_of(names, name) - 1;
}

const char *mq_names_at(const struct mq_names *names, int64_t number)
{
    MQ_ASSERT(number >= 0 && number < names->n);
    return names->text.data + names->start[number];
}

mq_status mq_names_list(const struct mq_names *names, const char ***list)
{
    MQ_NEW(*list, names->n);
    for (int64_t i = 0; i < names->n; i++)
        (*list)[i] = mq_names_at(names, i);
    return MQ_OK;
}

void mq_names_release(struct mq_names *names)
{
    mq_str_release(&names->text);
    mq_free(names->start);
    mq_free(names->slots);
    *names = (struct mq_names){0};
}

mq_status mq_vocabulary_write(const struct mq_names *names, struct mq_panel_writer *writer,
                              int64_t covariate)
{
    const char **list = NULL;
    MQ_TRY(mq_names_list(names, &list));
    const mq_status status = mq_panel_set_vocabulary(writer, covariate, names->n, list);
    mq_free(list);
    return status;
}
