/// Which matrix kernels run, and whether they are worth the CPU.
///
/// OpenBLAS chooses its kernels when it is loaded, and takes the oldest, at a quarter of the speed,
/// on a CPU that it does not know; an environment variable (OPENBLAS_CORETYPE) may choose as well.
/// The kernel decides the bits of every product, so it is part of a run's provenance.
#ifndef MQ_TENSOR_BLAS_INFO_H
#define MQ_TENSOR_BLAS_INFO_H

#include <stdbool.h>

#include "mq/base/status.h"

enum { MQ_BLAS_NAME_MAX = 64 };

/// "OpenBLAS 0.3.21".
void mq_blas_version(char text[MQ_BLAS_NAME_MAX]);
/// The kernels in use: "Cooperlake", "Haswell", ...
const char *mq_blas_kernel(void);
/// The least kernels this CPU deserves: "SkylakeX" with AVX-512, "Haswell" with AVX2, else "".
const char *mq_blas_expected(void);
/// True when the kernels in use are older than mq_blas_expected().
bool mq_blas_is_below_cpu(void);
/// For the first line of main: when OpenBLAS by itself chose kernels older than this CPU deserves,
/// names better ones in the environment and starts the program again; does not return then. What
/// the environment says already stays.
void mq_blas_choose(char *const argv[]);

/// True when the kernels in use are those of AVX2.
bool mq_blas_is_avx2(void);

/// Rate of sgemm 1024^3 on this thread in GFLOP/s: best of about `seconds` of trials. Local.
mq_status mq_blas_measure_gflops(double seconds, double *gflops) MQ_NODISCARD;

#endif
