// mqcast doctor: what this installation is, what it runs on, and how fast the parts are.
#include <stdio.h>
#include <unistd.h>

#include "cmd/banner.h"
#include "cmd/command.h"
#include "mq/base/alloc.h"
#include "mq/base/clock.h"
#include "mq/base/path.h"
#include "mq/h5/info.h"
#include "mq/tensor/blas_info.h"

static void print_machine(const struct mq_world_facts *facts)
{
    (void)printf("\nworld     ranks %d, nodes %d (ranks on %s: %d)\n", facts->ranks, facts->nodes,
                 facts->host, facts->ranks_here);
    (void)printf("cores     %d per rank\n", facts->cores_per_rank);
    (void)printf("threads   MPI_THREAD_%s\n", facts->thread_level);
    (void)printf("kernel    %s", mq_blas_kernel());
    if (mq_blas_is_below_cpu()) (void)printf(" (this CPU can do %s)", mq_blas_expected());
    (void)printf("\nHDF5      gzip %s\n", mq_h5_has_gzip() ? "yes" : "no");
}

// ---- self-test ----------------------------------------------------------------------------------

// The slowest rank is the one that all wait for.
static mq_status test_gemm(struct mq_world *world)
{
    double gflops = 0;
    MQ_TRY(mq_agree(world, mq_blas_measure_gflops(0.5, &gflops)));
    double slowest = -gflops;
    MQ_TRY(mq_max_f64(world, &slowest, 1));
    if (mq_rank(world) == 0) (void)printf("sgemm     %.0f GFLOP/s per rank (1024^3)\n", -slowest);
    return MQ_OK;
}

static mq_status measure_sum_s(struct mq_world *world, int64_t values[], int64_t n, int trials,
                               double *mean_s)
{
    double start_s = 0;
    MQ_TRY(mq_barrier(world));
    for (int i = 0; i <= trials; i++) { // the first one connects, and does not count
        if (i == 1) start_s = mq_clock_s();
        for (int64_t j = 0; j < n; j++)
            values[j] = mq_rank(world) + j;
        MQ_TRY(mq_sum_i64(world, values, n));
    }
    *mean_s = (mq_clock_s() - start_s) / trials;
    const int64_t ranks = mq_size(world);
    for (int64_t j = 0; j < n; j++)
        if (values[j] != ranks * (ranks - 1) / 2 + ranks * j)
            return mq_fail(MQ_FAILED, "allreduce gave a wrong sum at element %lld", (long long)j);
    return MQ_OK;
}

static mq_status test_allreduce(struct mq_world *world)
{
    enum { MANY = 1 << 17 }; // 1 MiB
    int64_t *values = NULL;
    double small_s = 0;
    double large_s = 0;
    mq_status status = MQ_OK;
    MQ_NEW_DO(values, MANY);
    MQ_DO(measure_sum_s(world, values, 1, 200, &small_s));
    MQ_DO(measure_sum_s(world, values, MANY, 20, &large_s));
    if (mq_rank(world) == 0)
        (void)printf("allreduce %.1f us for 8 bytes, %.2f ms for 1 MiB\n", 1e6 * small_s,
                     1e3 * large_s);
done:
    mq_free(values);
    return status;
}

// A directory that cannot be written is worth a line, not a failure: doctor runs anywhere.
static mq_status test_disk(void)
{
    enum { BYTES = 16 << 20 };
    char path[64];
    char *bytes = NULL;
    MQ_NEW(bytes, BYTES);
    (void)snprintf(path, sizeof path, ".mqcast-doctor-%ld", (long)getpid());
    const double start_s = mq_clock_s();
    const mq_status status = mq_file_replace(path, bytes, BYTES);
    const double took_s = mq_clock_s() - start_s;
    mq_free(bytes);
    if (status != MQ_OK) {
        (void)printf("disk      cannot be written here: %s\n", mq_error_get()->message);
        return MQ_OK;
    }
    (void)printf("disk      %.0f MB/s written and flushed here (16 MiB)\n", BYTES / took_s * 1e-6);
    return mq_file_remove(path);
}

static mq_status run(struct mq_world *world, const struct mq_arguments *arguments)
{
    (void)arguments;
    const bool is_first = mq_rank(world) == 0;
    struct mq_world_facts facts;
    struct mq_str text = {0};
    MQ_TRY(mq_world_facts(world, &facts));
    if (is_first) {
        const mq_status status = mq_help_version(&text);
        if (status == MQ_OK) (void)fputs(text.data, stdout);
        mq_str_release(&text);
        print_machine(&facts);
        mq_warn_kernel();
    }
    MQ_TRY(test_gemm(world));
    MQ_TRY(test_allreduce(world));
    return mq_agree(world, is_first ? test_disk() : MQ_OK);
}

static const struct mq_example examples[] = {
    {"mqcast doctor", "this machine"},
    {"srun mqcast doctor --expect-ranks 64", "a whole job"},
};

const struct mq_command mq_command_doctor = {
    .name = "doctor",
    .summary = "versions, world, kernels, and a self-test of two seconds",
    .description =
        "Asks MPI, OpenBLAS and HDF5 what they are, and measures a matrix product, a sum over "
        "ranks and the disk of the working directory. What to send along with a question.",
    .positionals = "",
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .related = "bench",
    .needs = MQ_NEEDS_WORLD,
    .run = run,
};
