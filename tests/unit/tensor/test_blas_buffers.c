// Products from several threads at once have the bits of products made alone.
#include <pthread.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/tensor/gemm.h"
#include "support/harness.h"

// 101: the smallest for which OpenBLAS packs into its buffers; smaller products never met the
// fault.
enum { N = 101, THREADS = 4 };
#ifdef __SANITIZE_THREAD__
enum { PRODUCTS = 200 }; // the sanitizer looks at the lock, not for wrong bits
#else
enum { PRODUCTS = 20000 };
#endif

struct work {
    const mq_real *a;
    const mq_real *b;
    const mq_real *expected;
    int64_t wrong;
};

static void *multiply(void *argument)
{
    struct work *work = argument;
    static _Thread_local mq_real c[N * N];
    for (int64_t i = 0; i < PRODUCTS; i++) {
        mq_gemm_nn(N, N, N, work->a, N, work->b, N, 0, c, N);
        work->wrong += memcmp(c, work->expected, sizeof c) != 0;
    }
    return NULL;
}

START_TEST(test_products_of_threads_do_not_share_a_buffer)
{
    static mq_real a[N * N];
    static mq_real b[N * N];
    static mq_real c[N * N];
    for (int64_t i = 0; i < N * N; i++) {
        a[i] = (mq_real)(i % 7) - 3;
        b[i] = (mq_real)(i % 11) / 8;
    }
    mq_gemm_nn(N, N, N, a, N, b, N, 0, c, N);
    pthread_t threads[THREADS];
    struct work works[THREADS];
    for (int i = 0; i < THREADS; i++) {
        works[i] = (struct work){a, b, c, 0};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, multiply, &works[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_int_eq(works[i].wrong, 0);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("blas_buffers");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, test_products_of_threads_do_not_share_a_buffer);
    return run_tests("tensor/blas_buffers", tc);
}
