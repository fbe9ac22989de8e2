// Names and speed of the matrix kernels that OpenBLAS chose for this process.
#include "mq/tensor/blas_info.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "mq/base/alloc.h"
#include "mq/base/clock.h"

// Kernels by the vectors they need; whatever is not named is older than both.
static const char *const avx512_kernels[] = {"SkylakeX", "Cooperlake", "SapphireRapids", NULL};
static const char *const avx2_kernels[] = {"Haswell", "Zen", NULL};

static bool is_among(const char *name, const char *const names[])
{
    for (; *names != NULL; names++)
        if (strcasecmp(name, *names) == 0) return true;
    return false;
}

void mq_blas_version(char text[MQ_BLAS_NAME_MAX])
{
    char name[MQ_BLAS_NAME_MAX / 2] = "";
    char version[MQ_BLAS_NAME_MAX / 2 - 1] = "";
    (void)sscanf(openblas_get_config(), "%31s %30s", name, version);
    (void)snprintf(text, MQ_BLAS_NAME_MAX, "%s %s", name, version);
}

const char *mq_blas_kernel(void)
{
    return openblas_get_corename();
}

const char *mq_blas_expected(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return avx512_kernels[0];
    if (__builtin_cpu_supports("avx2")) return avx2_kernels[0];
#endif
    return "";
}

bool mq_blas_is_below_cpu(void)
{
    const char *kernel = mq_blas_kernel();
    const char *expected = mq_blas_expected();
    if (*expected == '\0' || is_among(kernel, avx512_kernels)) return false;
    return expected == avx512_kernels[0] || !is_among(kernel, avx2_kernels);
}

// The kernels of a process cannot change, but a program may put itself in its own place.
void mq_blas_choose(char *const argv[])
{
    static const char name[] = "OPENBLAS_CORETYPE";
    char path[4096]; // by its own name, which is what a process list shows
    if (getenv(name) != NULL || !mq_blas_is_below_cpu()) return;
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0 || setenv(name, mq_blas_expected(), 1) != 0) return;
    path[n] = '\0';
    (void)execv(path, argv);
}

bool mq_blas_is_avx2(void)
{
    return is_among(mq_blas_kernel(), avx2_kernels);
}

mq_status mq_blas_measure_gflops(double seconds, double *gflops)
{
    enum { N = 1024 };
    float *buffer = NULL;
    MQ_NEW(buffer, 3 * N * N);
    float *a = buffer;
    float *b = a + N * N;
    float *c = b + N * N;
    for (int i = 0; i < 2 * N * N; i++)
        a[i] = (float)(i % 7) - 3.0F;
    double best_s = 1e30;
    const double end_s = mq_clock_s() + seconds;
    do {
        const double start_s = mq_clock_s();
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, N, N, N, 1, a, N, b, N, 0, c, N);
        const double took_s = mq_clock_s() - start_s;
        if (took_s < best_s) best_s = took_s;
    } while (mq_clock_s() < end_s);
    mq_free(buffer);
    *gflops = 2.0 * N * N * N / best_s * 1e-9;
    return MQ_OK;
}
