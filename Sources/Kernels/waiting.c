#define _GNU_SOURCE
#include "Waiting.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static inline void pause_processor(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

bool spin_while_equal(const uint64_t *word, uint64_t value, uint64_t nanoseconds) {
  uint64_t end = 0;
  for (;;) {
    for (int round = 0; round < 64; round++) {
      if (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value) return true;
      pause_processor();
    }
    uint64_t time = now();
    if (end == 0) end = time + nanoseconds;
    if (time >= end) return false;
  }
}

void sleep_while_equal(const uint32_t *word, uint32_t value) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

void wake_some(const uint32_t *word, int count) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}
