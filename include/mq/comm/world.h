/// The MPI world as a parameter: ranks, broadcast, exact sums, agreement on errors.
///
/// One duplicated communicator, errors returned and turned into mq_status with rank, call and MPI's
/// text. FUNNELED: only the thread that opened the world calls these. Works as a world of one
/// without mpirun.
///
/// A collective that waits for a rank that died on this machine returns MQ_FAILED with the name of
/// that rank after a fraction of a second. One that waits for a living rank warns, naming it, and
/// gives up in the end (mq_world_watch). The world is then broken: every further collective returns
/// the same failure, and it may only be closed or aborted.
#ifndef MQ_COMM_WORLD_H
#define MQ_COMM_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "mq/base/exact.h"
#include "mq/base/ranks.h"
#include "mq/base/str.h"

struct mq_world;

/// Starts MPI and verifies the size of the world: it must equal `expect_ranks` when that is > 0;
/// else, a world of one inside a Slurm job of several tasks (SLURM_NTASKS) is refused unless the
/// environment shows that a launcher made it so: never train alone by mistake. Collective.
mq_status mq_world_open(struct mq_world **world, int64_t expect_ranks) MQ_NODISCARD;
/// Finalizes MPI, unless a rank is known to be dead: then MPI is left as it is, and the process
/// should end. Accepts NULL. Collective.
void mq_world_close(struct mq_world *world);
/// Ends all ranks at once with this exit code, when no agreement is possible any more; in a broken
/// world after its speaker had time to speak. Local.
_Noreturn void mq_world_abort(struct mq_world *world, mq_status status);

/// Whether this rank is the one that tells the user of a failure: rank 0, or, in a broken world, the
/// lowest one known to be left. Local.
bool mq_world_speaks(const struct mq_world *world);

/// Defaults of mq_world_watch, seconds.
enum { MQ_STALL_WARN_S = 60, MQ_STALL_END_S = 1800 };
/// Ranks that others wait for are named in a warning after `warn_s` (again after twice that, and so
/// on), and end the job after `end_s`; 0: never. Local.
void mq_world_watch(struct mq_world *world, double warn_s, double end_s);

enum { MQ_DESCRIBE_MAX = 128 };
/// Writes what the caller knows of a rank: "lanes 8 to 11, after step 812".
typedef void mq_describe_rank(const void *context, int rank, char text[MQ_DESCRIBE_MAX]);
/// What a warning says of a late rank beside its process and host; NULL: nothing. Local.
void mq_world_describe(struct mq_world *world, mq_describe_rank *describe, const void *context);

int mq_rank(const struct mq_world *world);
int mq_size(const struct mq_world *world);
/// The same for those who only divide, add up and agree; valid as long as the world. Local.
struct mq_ranks mq_world_ranks(struct mq_world *world);

/// What the start banner and doctor print. Collective.
struct mq_world_facts {
    int ranks;
    int nodes;
    int ranks_here; ///< on rank 0's node
    int cores_per_rank; ///< fewest over ranks, from the affinity mask
    char thread_level[16]; ///< "FUNNELED", ...
    char library[64]; ///< "Open MPI 4.1.4"
    char host[64]; ///< of rank 0
};
mq_status mq_world_facts(struct mq_world *world, struct mq_world_facts *facts) MQ_NODISCARD;

/// All ranks learn the worst status and leave by the same door: when any rank comes with a status
/// other than MQ_OK, every rank returns the status of the lowest failing rank, with that rank's
/// message and hint adopted: "rank 2: ..." in front, but nothing for rank 0 (what every rank met
/// alike is nobody's in particular). Collective.
mq_status mq_agree(struct mq_world *world, mq_status status) MQ_NODISCARD;

/// Collective.
mq_status mq_barrier(struct mq_world *world) MQ_NODISCARD;
/// Same bytes on all ranks afterwards; n equal everywhere, any size (split internally). Collective.
mq_status mq_broadcast(struct mq_world *world, void *bytes, size_t n) MQ_NODISCARD;
/// Rank 0's string everywhere (replacing what others held). Collective.
mq_status mq_broadcast_str(struct mq_world *world, struct mq_str *string) MQ_NODISCARD;
/// Element-wise integer sums in place: exact at any rank count. Collective.
mq_status mq_sum_i64(struct mq_world *world, int64_t values[], int64_t n) MQ_NODISCARD;
/// The same of exact sums. Collective.
mq_status mq_sum_exact(struct mq_world *world, struct mq_exact sums[], int64_t n) MQ_NODISCARD;
/// Element-wise in place. Collective.
mq_status mq_max_f64(struct mq_world *world, double values[], int64_t n) MQ_NODISCARD;
/// Pieces of every rank joined in rank order on rank 0 (others: empty). Lengths may differ; each
/// piece's length is in `lengths` (size of the world) on rank 0 when not NULL. Collective.
mq_status mq_gather(struct mq_world *world, const void *piece, size_t n, struct mq_str *joined,
                    int64_t lengths[]) MQ_NODISCARD;
/// True when all ranks hold the same bytes; otherwise MQ_FAILED naming the ranks that differ from
/// rank 0. `what` names the thing in the message. Collective.
mq_status mq_same_everywhere(struct mq_world *world, const char *what,
                             const char *text) MQ_NODISCARD;

#endif
