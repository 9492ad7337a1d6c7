#if defined(__SSE2__)
#include <immintrin.h>
#endif
#define ISA baseline
#define ISA_NAME "baseline"
#include "elementwise.inc.h"
