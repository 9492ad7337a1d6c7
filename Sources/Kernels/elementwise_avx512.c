#if defined(__x86_64__)
#include <immintrin.h>
// Spelled out instead of arch=x86-64-v4, which is tuned to 256-bit registers.
#pragma clang attribute push( \
    __attribute__((target("arch=x86-64-v3,avx512f,avx512vl,avx512bw,avx512dq,avx512cd"))), apply_to = function)
#define ISA avx512
#define ISA_NAME "avx512"
#define TILE_PANELS 2
#define INTEGERS_512
#include "elementwise.inc.h"
#pragma clang attribute pop
#endif
