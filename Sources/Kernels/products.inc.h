// Products with matrices that lie in panels: 16 columns side by side, row after row. A tile of results stays in registers
// while it is added up, and each number is added up in the order of k alone: it does
// not depend on what is computed beside it.

// 16 floats, whatever the processor's registers hold; unaligned.
typedef float FN(sixteen) __attribute__((vector_size(64), aligned(4)));

// Rows of a tile: as many as leave the accumulators in registers, and enough to hide the latency of an addition.
#ifndef TILE_ROWS
#define TILE_ROWS 6
#endif

// Rows are taken by tiles, the largest first.
#if TILE_ROWS > 6
#define EACH_TILE(tile) tile(12) tile(6) tile(5) tile(4) tile(3) tile(2) tile(1)
#else
#define EACH_TILE(tile) tile(6) tile(5) tile(4) tile(3) tile(2) tile(1)
#endif

// Pasted for each number of rows, which has to be a constant for the sums to be registers.
#define DEFINE_TILE(count)                                                                                           \
  static void CAT(FN(tile), count)(float *y, size_t y_stride, const float *x, size_t x_stride, size_t x_step,        \
                                   const float *panel, size_t inner, size_t columns, int adding) {                  \
    _Pragma("clang fp contract(fast)") FN(sixteen) sums[count];                                                      \
    _Pragma("clang loop unroll(full)") for (size_t r = 0; r < count; r++) sums[r] = (FN(sixteen)){0};                \
    for (size_t k = 0; k < inner; k++, x += x_step) {                                                                \
      const FN(sixteen) line = *(const FN(sixteen) *)(panel + 16 * k);                                               \
      _Pragma("clang loop unroll(full)") for (size_t r = 0; r < count; r++) sums[r] += x[r * x_stride] * line;       \
    }                                                                                                                \
    _Pragma("clang loop unroll(full)") for (size_t r = 0; r < count; r++) {                                          \
      float *to = y + r * y_stride;                                                                                  \
      if (columns == 16) {                                                                                           \
        FN(sixteen) *whole = (FN(sixteen) *)to;                                                                      \
        *whole = adding ? *whole + sums[r] : sums[r];                                                                \
      } else {                                                                                                       \
        for (size_t c = 0; c < columns; c++) to[c] = adding ? to[c] + sums[r][c] : sums[r][c];                       \
      }                                                                                                              \
    }                                                                                                                \
  }

EACH_TILE(DEFINE_TILE)
#undef DEFINE_TILE

static void FN(panel_product)(float *y, size_t y_stride, const float *x, size_t x_stride, size_t x_step, size_t rows,
                              const float *panel, size_t inner, size_t columns, int adding) {
#define TILES(count)                                                                               \
  while (rows >= count) {                                                                          \
    CAT(FN(tile), count)(y, y_stride, x, x_stride, x_step, panel, inner, columns, adding);         \
    y += count * y_stride;                                                                         \
    x += count * x_stride;                                                                         \
    rows -= count;                                                                                 \
  }
  EACH_TILE(TILES)
#undef TILES
}

typedef float FN(eight) __attribute__((vector_size(32), aligned(1)));

// Eight rows of eight, so many bytes apart, become columns, whose lines lie 16 apart. They may be anything of 32 bits.
static inline __attribute__((always_inline)) void FN(transpose)(float *to, const void *from, size_t stride) {
#define PICK(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
  FN(eight) a[8], b[8];
  _Pragma("clang loop unroll(full)") for (size_t r = 0; r < 8; r++) a[r] = *(const FN(eight) *)((const char *)from + r * stride);
  _Pragma("clang loop unroll(full)") for (size_t r = 0; r < 8; r += 2) {
    b[r] = PICK(a[r], a[r + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    b[r + 1] = PICK(a[r], a[r + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  _Pragma("clang loop unroll(full)") for (size_t r = 0; r < 8; r += 4) {
    _Pragma("clang loop unroll(full)") for (size_t i = 0; i < 2; i++) {
      a[r + 2 * i] = PICK(b[r + i], b[r + i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      a[r + 2 * i + 1] = PICK(b[r + i], b[r + i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  _Pragma("clang loop unroll(full)") for (size_t k = 0; k < 4; k++) {
    *(FN(eight) *)(to + 16 * k) = PICK(a[k], a[k + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    *(FN(eight) *)(to + 16 * (k + 4)) = PICK(a[k], a[k + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
#undef PICK
}

static void FN(panel_of_rows)(float *panel, const float *x, size_t stride, size_t columns, size_t inner) {
  size_t k = 0;
  if (columns == 16) {
    for (; k + 8 <= inner; k += 8) {
      FN(transpose)(panel + 16 * k, x + k, stride * sizeof *x);
      FN(transpose)(panel + 16 * k + 8, x + 8 * stride + k, stride * sizeof *x);
    }
  }
  for (; k < inner; k++) {
    for (size_t c = 0; c < columns; c++) panel[16 * k + c] = x[c * stride + k];
    for (size_t c = columns; c < 16; c++) panel[16 * k + c] = 0;
  }
}

static void FN(panel_of_columns)(float *panel, const float *x, size_t stride, size_t columns, size_t inner) {
  for (size_t k = 0; k < inner; k++) {
    for (size_t c = 0; c < columns; c++) panel[16 * k + c] = x[k * stride + c];
    for (size_t c = columns; c < 16; c++) panel[16 * k + c] = 0;
  }
}

static size_t FN(multiply_add_repeatedly)(size_t rounds) {
  _Pragma("clang fp contract(fast)") FN(sixteen) sums[TILE_ROWS], factor = {0.5f}, other = {1.25f};
  _Pragma("clang loop unroll(full)") for (size_t i = 0; i < TILE_ROWS; i++) sums[i] = (FN(sixteen)){(float)i};
  // Not to be worked out beforehand.
  __asm__ volatile("" : "+m"(factor), "+m"(other));
  const FN(sixteen) by = factor, plus = other;
  for (size_t round = 0; round < rounds; round++) {
    _Pragma("clang loop unroll(full)") for (size_t i = 0; i < TILE_ROWS; i++) sums[i] = sums[i] * by + plus;
  }
  for (size_t i = 1; i < TILE_ROWS; i++) sums[0] += sums[i];
  __asm__ volatile("" : "+m"(sums[0]));
  return rounds * TILE_ROWS * 32;
}
