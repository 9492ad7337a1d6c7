#include "Elementwise.h"

extern const elementwise_kernels elementwise_table_baseline;
#if defined(__x86_64__)
extern const elementwise_kernels elementwise_table_v3;
extern const elementwise_kernels elementwise_table_avx512;
extern const elementwise_kernels elementwise_table_avx512vnni;
#endif

size_t elementwise_choices(const elementwise_kernels **choices) {
  size_t count = 0;
  choices[count++] = &elementwise_table_baseline;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const int has512 = __builtin_cpu_supports("x86-64-v4");
  if (__builtin_cpu_supports("x86-64-v3")) choices[count++] = &elementwise_table_v3;
  if (has512) choices[count++] = &elementwise_table_avx512;
  if (has512 && __builtin_cpu_supports("avx512vnni")) choices[count++] = &elementwise_table_avx512vnni;
#endif
  return count;
}

const elementwise_kernels *elementwise(void) {
  // Idempotent: threads that race here find the same answer.
  static const elementwise_kernels *chosen = 0;
  const elementwise_kernels *kernels = __atomic_load_n(&chosen, __ATOMIC_ACQUIRE);
  if (kernels) return kernels;
  const elementwise_kernels *choices[elementwise_most_choices];
  kernels = choices[elementwise_choices(choices) - 1];
  __atomic_store_n(&chosen, kernels, __ATOMIC_RELEASE);
  return kernels;
}
