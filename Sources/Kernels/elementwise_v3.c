#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define ISA v3
#define ISA_NAME "x86-64-v3"
#define INTEGERS_256
#include "elementwise.inc.h"
#pragma clang attribute pop
#endif
