// What the world looks like: ranks, nodes, cores, library.
#define _GNU_SOURCE 1 // the affinity mask

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "comm/world_internal.h"
#include "mq/comm/info.h"

static int count_hosts(const struct mq_world *world)
{
    int hosts = 0;
    for (int i = 0; i < world->size; i++) {
        int first = 0;
        while (strcmp(world->peers[first].host, world->peers[i].host) != 0)
            first++;
        hosts += first == i;
    }
    return hosts;
}

static int count_on_first_host(const struct mq_world *world)
{
    int ranks = 0;
    for (int i = 0; i < world->size; i++)
        ranks += strcmp(world->peers[i].host, world->peers[0].host) == 0;
    return ranks;
}

static mq_status name_thread_level(struct mq_world *world, char name[16])
{
    int level = MPI_THREAD_SINGLE;
    MQ_TRY(MQ_MPI(world, MPI_Query_thread, &level));
    (void)snprintf(name, 16, "%s",
                   level == MPI_THREAD_FUNNELED     ? "FUNNELED"
                   : level == MPI_THREAD_SERIALIZED ? "SERIALIZED"
                   : level == MPI_THREAD_MULTIPLE   ? "MULTIPLE"
                                                    : "SINGLE");
    return MQ_OK;
}

mq_status mq_world_facts(struct mq_world *world, struct mq_world_facts *facts)
{
    *facts = (struct mq_world_facts){.ranks = world->size,
                                     .nodes = count_hosts(world),
                                     .ranks_here = count_on_first_host(world)};
    (void)snprintf(facts->host, sizeof facts->host, "%s", world->peers[0].host);
    mq_mpi_version(facts->library);
    MQ_TRY(name_thread_level(world, facts->thread_level));
    cpu_set_t mask;
    const bool known = sched_getaffinity(0, sizeof mask, &mask) == 0;
    double fewest = known ? -CPU_COUNT(&mask) : -1;
    MQ_TRY(mq_max_f64(world, &fewest, 1));
    facts->cores_per_rank = (int)-fewest;
    return MQ_OK;
}
