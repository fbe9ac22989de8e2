// The start banner.
#include "cmd/banner.h"

#include "mq/base/log.h"
#include "mq/h5/info.h"
#include "mq/tensor/blas_info.h"

void mq_warn_kernel(void)
{
    if (!mq_blas_is_below_cpu()) return;
    mq_warn("matrix products run %s kernels, this CPU has %s ones: unset OPENBLAS_CORETYPE",
            mq_blas_kernel(), mq_blas_expected());
}

mq_status mq_banner(struct mq_world *world, int64_t threads)
{
    struct mq_world_facts facts;
    MQ_TRY(mq_world_facts(world, &facts));
    if (mq_rank(world) != 0) return MQ_OK;
    char blas[MQ_BLAS_NAME_MAX];
    char h5[MQ_H5_VERSION_MAX];
    mq_blas_version(blas);
    mq_h5_version(h5);
    mq_info("mqcast %s on %s: ranks %d, nodes %d, cores per rank %d, threads per rank %lld",
            MQ_VERSION, facts.host, facts.ranks, facts.nodes, facts.cores_per_rank,
            (long long)threads);
    mq_info("%s, %s (%s kernels), HDF5 %s", facts.library, blas, mq_blas_kernel(), h5);
    mq_warn_kernel();
    if (threads > facts.cores_per_rank)
        mq_warn("%lld threads share %d cores on a rank", (long long)threads, facts.cores_per_rank);
    return MQ_OK;
}
