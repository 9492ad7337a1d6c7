// What the parts of the benchmark share: a product y = x · Wᵀ, and who can compute it.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { weights_int8, weights_float32, weights_bfloat16 } weights_type;

/// `x` is [m, k], the weight [n, k], `y` [m, n], all row after row.
typedef struct {
  size_t m, k, n;
  weights_type type;
  const float *x;
  float *y;
  /// Of the type; a byte's value is that times the scale of its row.
  const void *weights;
  const float *scales;
  int threads;
} product;

/// One way to compute a product. What can be done once for a weight is done by `prepare`, the rest is timed.
typedef struct {
  const char *name;
  weights_type type;
  /// What `run` needs, or null where the library has nothing for this processor. Sets what is printed about it.
  void *(*prepare)(const product *p, char *about, size_t length);
  void (*run)(void *state, const product *p);
  void (*release)(void *state);
} contender;

// ours.c: as Tensors/LinearProduct.swift drives the kernels.
void *prepare_ours(const product *p, char *about, size_t length);
void run_ours(void *state, const product *p);
void release_ours(void *state);
/// Sums of whole numbers, one panel after the other, by each set of kernels that this processor runs; how many sets. Of every
/// 32 numbers of a row one has to be 127, as a group's largest becomes; all sums have to be below 2^24.
size_t integer_sums(int32_t *sums, size_t set, const int16_t *x, const int8_t *weights, size_t m, size_t k, size_t n);

// theirs.c: OpenBLAS, which has floats only, and oneDNN.
void *prepare_openblas(const product *p, char *about, size_t length);
void run_openblas(void *state, const product *p);
void release_openblas(void *state);

void *prepare_onednn_matmul(const product *p, char *about, size_t length);
void *prepare_onednn_convolution(const product *p, char *about, size_t length);
/// Activations as unsigned bytes with 128 for zero, through a matmul that reads the weights where they lie.
void *prepare_onednn_matmul_u8(const product *p, char *about, size_t length);
/// Activations as unsigned bytes of at most 127 with 64 for zero, through a convolution.
void *prepare_onednn_convolution_7_bits(const product *p, char *about, size_t length);
/// The weights as they are, without widening.
void *prepare_onednn_bfloat16(const product *p, char *about, size_t length);
void run_onednn(void *state, const product *p);
void release_onednn(void *state);
/// The sums that oneDNN gives for activations of the type, through a convolution or a matmul; false where it has none.
bool onednn_sums(int32_t *sums, const void *x, bool is_unsigned, const int8_t *weights, size_t m, size_t k, size_t n,
                 bool convolution);

static inline size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t larger(size_t a, size_t b) { return a > b ? a : b; }

/// Memory on a cache line; ends the program where there is none.
void *memory(size_t bytes);
