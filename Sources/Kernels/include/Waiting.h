#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Waits for up to `nanoseconds` until the word is no longer `value`, without giving up the processor.
///
/// Returns whether it changed. The word is read with acquire semantics.
bool spin_while_equal(const uint64_t *word, uint64_t value, uint64_t nanoseconds);

/// Sleeps until the word is no longer `value` and somebody has called `wake_some` since.
///
/// May return early; callers look again.
void sleep_while_equal(const uint32_t *word, uint32_t value);

/// Wakes up to `count` of those that sleep on the word.
void wake_some(const uint32_t *word, int count);
