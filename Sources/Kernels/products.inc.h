// Products with matrices that lie in panels: 16 columns side by side, row after row. A tile of results stays in registers
// while it is added up, nothing of the left matrix is copied, and each number is added up in the order of k alone: it does
// not depend on what is computed beside it.

// 16 floats, whatever the processor's registers hold; unaligned.
typedef float FN(sixteen) __attribute__((vector_size(64), aligned(4)));

// Rows of a tile: as many as leave the accumulators in registers, and enough to hide the latency of an addition.
#ifdef __AVX512F__
#define TILE_ROWS 12
#else
#define TILE_ROWS 6
#endif

// Pasted for each number of rows, which has to be a constant for the sums to be registers.
#define DEFINE_TILE(count)                                                                                           \
  static void CAT(FN(tile), count)(float *y, size_t y_stride, const float *x, size_t x_stride, const float *panel,  \
                                   size_t inner, size_t columns, int adding) {                                      \
    _Pragma("clang fp contract(fast)") FN(sixteen) sums[count];                                                      \
    _Pragma("clang loop unroll(full)") for (size_t r = 0; r < count; r++) sums[r] = (FN(sixteen)){0};                \
    for (size_t k = 0; k < inner; k++) {                                                                             \
      const FN(sixteen) line = *(const FN(sixteen) *)(panel + 16 * k);                                               \
      _Pragma("clang loop unroll(full)") for (size_t r = 0; r < count; r++) sums[r] += x[r * x_stride + k] * line;   \
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

DEFINE_TILE(1)
DEFINE_TILE(2)
DEFINE_TILE(3)
DEFINE_TILE(4)
DEFINE_TILE(5)
DEFINE_TILE(6)
#if TILE_ROWS > 6
DEFINE_TILE(12)
#endif
#undef DEFINE_TILE

static void FN(panel_product)(float *y, size_t y_stride, const float *x, size_t x_stride, size_t rows,
                              const float *panel, size_t inner, size_t columns, int adding) {
#define TILES(count)                                                                               \
  while (rows >= count) {                                                                          \
    CAT(FN(tile), count)(y, y_stride, x, x_stride, panel, inner, columns, adding);                 \
    y += count * y_stride;                                                                         \
    x += count * x_stride;                                                                         \
    rows -= count;                                                                                 \
  }
#if TILE_ROWS > 6
  TILES(12)
#endif
  TILES(6)
  TILES(5)
  TILES(4)
  TILES(3)
  TILES(2)
  TILES(1)
#undef TILES
}

static void FN(panel_of_rows)(float *panel, const float *x, size_t stride, size_t columns, size_t inner) {
  for (size_t k = 0; k < inner; k++) {
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
#undef TILE_ROWS
