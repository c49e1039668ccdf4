// Functions that are compiled for several instruction sets, of which the processor's best runs.
#pragma once

#include <cstddef>  // defines __GLIBC__

// Sanitizers cannot look on while the dynamic linker chooses a version.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SIDECAR_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SIDECAR_SANITIZED
#endif
#endif

/// Before the definition of a free function with loops that compilers vectorise and without calls
/// that are not inlined. The loops then use the processor's wide registers in a program that still
/// starts on every x86-64; elsewhere it is an ordinary function. All versions compute the same
/// numbers, because the folder is compiled without fused multiply-adds.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__OPTIMIZE__) && \
    !defined(SIDECAR_SANITIZED)
#define SIDECAR_VECTOR_CLONES [[gnu::target_clones("default", "avx2", "avx512f")]]
#else
#define SIDECAR_VECTOR_CLONES
#endif
