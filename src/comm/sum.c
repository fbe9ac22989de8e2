// Open MPI (4.1, 5.0) adds up in place along a binomial tree: all bytes go up to rank 0 and down
// again, one round after the other, and most links idle. Rabenseifner's algorithm halves the vector
// in every round and keeps all links busy both ways; it is there, but taken only when asked for. It
// is asked for by a control variable, which is set around the one call: a sum of less than a number
// per rank would end in a ring, which needs many messages and before 4.1.2 adds up wrongly in place.
#include "comm/sum.h"

#include <string.h>

#include "comm/world_internal.h"
#include "mq/comm/reducer.h"

static bool find_value(MPI_T_enum values, const char *wanted, int *value)
{
    char name[64];
    int n = 0;
    int length = sizeof name;
    if (MPI_T_enum_get_info(values, &n, name, &length) != MPI_SUCCESS) return false;
    for (int i = 0; i < n; i++) {
        length = sizeof name;
        if (MPI_T_enum_get_item(values, i, value, name, &length) != MPI_SUCCESS) return false;
        if (strcmp(name, wanted) == 0) return true;
    }
    return false;
}

static bool find_choice(struct mq_sum_choice *choice)
{
    int index = 0;
    int level = 0;
    int binding = 0;
    int scope = 0;
    int count = 0;
    int unset = 0;
    MPI_Datatype type = MPI_DATATYPE_NULL;
    MPI_T_enum values = MPI_T_ENUM_NULL;
    if (MPI_T_cvar_get_index("coll_libnbc_iallreduce_algorithm", &index) != MPI_SUCCESS ||
        MPI_T_cvar_get_info(index, NULL, NULL, &level, &type, &values, NULL, NULL, &binding,
                            &scope) != MPI_SUCCESS ||
        type != MPI_INT || values == MPI_T_ENUM_NULL || binding != MPI_T_BIND_NO_OBJECT)
        return false;
    return find_value(values, "ignore", &unset) &&
           find_value(values, "rabenseifner", &choice->large) &&
           MPI_T_cvar_handle_alloc(index, NULL, &choice->variable, &count) == MPI_SUCCESS &&
           count == 1 && MPI_T_cvar_read(choice->variable, &choice->usual) == MPI_SUCCESS &&
           choice->usual == unset;
}

// Ranks that choose for themselves could choose differently, and would wait for each other's messages.
static mq_status seek_choice(struct mq_world *world)
{
    struct mq_sum_choice *choice = &world->sum;
    int provided = MPI_THREAD_SINGLE;
    *choice = (struct mq_sum_choice){.variable = MPI_T_CVAR_HANDLE_NULL, .is_sought = true};
    choice->is_open = MPI_T_init_thread(MPI_THREAD_FUNNELED, &provided) == MPI_SUCCESS;
    int64_t is_found = choice->is_open && find_choice(choice);
    MQ_TRY(mq_world_min(world, &is_found));
    choice->is_ours = is_found != 0;
    return MQ_OK;
}

void mq_sum_choice_close(struct mq_sum_choice *choice)
{
    if (!choice->is_open) return;
    if (choice->variable != MPI_T_CVAR_HANDLE_NULL) (void)MPI_T_cvar_handle_free(&choice->variable);
    (void)MPI_T_finalize();
    *choice = (struct mq_sum_choice){.variable = MPI_T_CVAR_HANDLE_NULL, .is_sought = true};
}

mq_status mq_sum_start(struct mq_world *world, int64_t values[], int n, MPI_Request *request)
{
    const bool is_large = n >= MQ_SUM_LARGE_BYTES / (int)sizeof *values && n >= world->size;
    if (is_large && !world->sum.is_sought) MQ_TRY(seek_choice(world));
    const struct mq_sum_choice *choice = &world->sum;
    const bool chooses = is_large && choice->is_ours;
    if (chooses) (void)MPI_T_cvar_write(choice->variable, &choice->large);
    const mq_status status = MQ_MPI(world, MPI_Iallreduce, MPI_IN_PLACE, values, n, MPI_INT64_T,
                                    MPI_SUM, world->comm, request);
    if (chooses) (void)MPI_T_cvar_write(choice->variable, &choice->usual);
    return status;
}
