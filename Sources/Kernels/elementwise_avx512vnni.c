#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("arch=x86-64-v3,avx512f,avx512vl,avx512bw,avx512dq,avx512cd,avx512vnni"))), \
    apply_to = function)
#define ISA avx512vnni
#define ISA_NAME "avx512vnni"
#define TILE_PANELS 2
#define INTEGERS_512
#define INTEGERS_VNNI
#include "elementwise.inc.h"
#pragma clang attribute pop
#endif
