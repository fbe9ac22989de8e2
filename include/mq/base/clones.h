/// Functions compiled for several kinds of CPUs, of which the loader takes the best one.
///
/// Clones may differ in their bits where products and sums are contracted: files that promise the same
/// bits on every CPU are compiled with -ffp-contract=off (CMakeLists.txt).
#ifndef MQ_BASE_CLONES_H
#define MQ_BASE_CLONES_H

// Resolvers of cloned functions run before AddressSanitizer and ThreadSanitizer are ready.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MQ_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define MQ_CLONES
#endif

#endif
