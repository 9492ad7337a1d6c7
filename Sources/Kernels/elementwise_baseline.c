#define ISA baseline
#define ISA_NAME "baseline"
#include "elementwise.inc.h"
