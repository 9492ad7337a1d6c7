// What libFuzzer offers to a target.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Changes `size` bytes in place as libFuzzer would on its own; returns how many there are now, at most `limit`.
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t limit);
