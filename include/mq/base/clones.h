/// Loops that the compiler makes once for every generation of vectors; the program picks at start.
#ifndef MQ_BASE_CLONES_H
#define MQ_BASE_CLONES_H

// Resolvers of cloned functions run before AddressSanitizer and ThreadSanitizer are ready.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MQ_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define MQ_CLONES
#endif

/// What such a loop calls becomes part of each of its clones.
#define MQ_INLINE static inline __attribute__((always_inline))

#endif
