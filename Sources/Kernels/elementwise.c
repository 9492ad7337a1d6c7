#include "Elementwise.h"

extern const elementwise_kernels elementwise_table_baseline;
#if defined(__x86_64__)
extern const elementwise_kernels elementwise_table_v3;
extern const elementwise_kernels elementwise_table_avx512;
extern const elementwise_kernels elementwise_table_avx512vnni;
#endif

const elementwise_kernels *elementwise(void) {
#if defined(__x86_64__)
  // Idempotent: threads that race here find the same answer.
  static const elementwise_kernels *chosen = 0;
  const elementwise_kernels *kernels = __atomic_load_n(&chosen, __ATOMIC_ACQUIRE);
  if (kernels) return kernels;
  __builtin_cpu_init();
  const int has512 = __builtin_cpu_supports("x86-64-v4");
  kernels = has512 && __builtin_cpu_supports("avx512vnni") ? &elementwise_table_avx512vnni
            : has512                                       ? &elementwise_table_avx512
            : __builtin_cpu_supports("x86-64-v3") ? &elementwise_table_v3
                                                  : &elementwise_table_baseline;
  __atomic_store_n(&chosen, kernels, __ATOMIC_RELEASE);
  return kernels;
#else
  return &elementwise_table_baseline;
#endif
}
