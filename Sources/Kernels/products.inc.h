// Products with matrices that lie in panels: 16 columns side by side, row after row. A tile of results stays in registers
// while it is added up, and each number is added up in the order of k alone: it does
// not depend on what is computed beside it.

// 16 floats, whatever the processor's registers hold; unaligned.
typedef float FN(sixteen) __attribute__((vector_size(64), aligned(4)));

// A tile has up to six rows and the columns of some panels: as many sums as registers hold, and enough to hide the latency of an
// addition. With AVX-512 that is two panels: their twelve sums need eight loads for a line, those of twelve rows with one thirteen.
#define EACH_ROW_COUNT(tile, ...) \
  tile(6, __VA_ARGS__) tile(5, __VA_ARGS__) tile(4, __VA_ARGS__) tile(3, __VA_ARGS__) tile(2, __VA_ARGS__) tile(1, __VA_ARGS__)
#ifndef TILE_PANELS
#define TILE_PANELS 1
#endif
#define UNROLLED _Pragma("clang loop unroll(full)")

// Inlined where `rows` and `panels` are constants, for the sums to be registers.
static inline __attribute__((always_inline)) void FN(tile)(size_t rows, size_t panels, float *y, size_t y_stride,
                                                           const float *x, size_t x_stride, size_t x_step,
                                                           const float *panel, size_t panel_stride, size_t inner,
                                                           size_t columns, int adding) {
  _Pragma("clang fp contract(fast)")
  FN(sixteen) sums[6][TILE_PANELS] = {0};
  // Of every third row: a processor's registers do not hold the addresses of all.
  const float *numbers[2];
  UNROLLED for (size_t r = 0; r < rows; r += 3) {
    numbers[r / 3] = x + r * x_stride;
    __asm__("" : "+r"(numbers[r / 3]));
  }
  for (size_t k = 0; k < inner; k++) {
    FN(sixteen) lines[TILE_PANELS];
    UNROLLED for (size_t p = 0; p < panels; p++) lines[p] = *(const FN(sixteen) *)(panel + p * panel_stride + 16 * k);
    UNROLLED for (size_t r = 0; r < rows; r++) {
      const float number = numbers[r / 3][r % 3 * x_stride];
      UNROLLED for (size_t p = 0; p < panels; p++) sums[r][p] += number * lines[p];
    }
    UNROLLED for (size_t r = 0; r < rows; r += 3) numbers[r / 3] += x_step;
  }
  UNROLLED for (size_t r = 0; r < rows; r++) {
    UNROLLED for (size_t p = 0; p < panels; p++) {
      float *to = y + r * y_stride + 16 * p;
      if (16 * (p + 1) <= columns) {
        FN(sixteen) *whole = (FN(sixteen) *)to;
        *whole = adding ? *whole + sums[r][p] : sums[r][p];
      } else {
        for (size_t c = 0; 16 * p + c < columns; c++) to[c] = adding ? to[c] + sums[r][p][c] : sums[r][p][c];
      }
    }
  }
}

static void FN(panel_product)(float *y, size_t y_stride, const float *x, size_t x_stride, size_t x_step, size_t rows,
                              const float *panels, size_t panel_stride, size_t inner, size_t columns, int adding) {
  for (size_t column = 0; column < columns; column += 16 * TILE_PANELS, panels += TILE_PANELS * panel_stride) {
    const size_t width = columns - column < 16 * TILE_PANELS ? columns - column : 16 * TILE_PANELS;
    const float *from = x;
    float *to = y + column;
    size_t left = rows;
#define TILES(count, tile_panels)                                                                                  \
  while (left >= count) {                                                                                          \
    FN(tile)(count, tile_panels, to, y_stride, from, x_stride, x_step, panels, panel_stride, inner, width, adding); \
    to += count * y_stride;                                                                                        \
    from += count * x_stride;                                                                                      \
    left -= count;                                                                                                 \
  }
    if (width > 16) {
      EACH_ROW_COUNT(TILES, TILE_PANELS)
    } else {
      EACH_ROW_COUNT(TILES, 1)
    }
#undef TILES
  }
}

typedef float FN(eight) __attribute__((vector_size(32), aligned(1)));

// Eight rows of eight, so many bytes apart, become columns, whose lines lie 16 apart. They may be anything of 32 bits.
static inline __attribute__((always_inline)) void FN(transpose)(float *to, const void *from, size_t stride) {
#define PICK(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
  FN(eight) a[8], b[8];
  UNROLLED for (size_t r = 0; r < 8; r++) a[r] = *(const FN(eight) *)((const char *)from + r * stride);
  UNROLLED for (size_t r = 0; r < 8; r += 2) {
    b[r] = PICK(a[r], a[r + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    b[r + 1] = PICK(a[r], a[r + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  UNROLLED for (size_t r = 0; r < 8; r += 4) {
    UNROLLED for (size_t i = 0; i < 2; i++) {
      a[r + 2 * i] = PICK(b[r + i], b[r + i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      a[r + 2 * i + 1] = PICK(b[r + i], b[r + i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  UNROLLED for (size_t k = 0; k < 4; k++) {
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
  _Pragma("clang fp contract(fast)")
  enum { count = 6 * TILE_PANELS };
  FN(sixteen) sums[count], factor = {0.5f}, other = {1.25f};
  UNROLLED for (size_t i = 0; i < count; i++) sums[i] = (FN(sixteen)){(float)i};
  // Not to be worked out beforehand.
  __asm__ volatile("" : "+m"(factor), "+m"(other));
  const FN(sixteen) by = factor, plus = other;
  for (size_t round = 0; round < rounds; round++) {
    UNROLLED for (size_t i = 0; i < count; i++) sums[i] = sums[i] * by + plus;
  }
  for (size_t i = 1; i < count; i++) sums[0] += sums[i];
  __asm__ volatile("" : "+m"(sums[0]));
  return rounds * count * 32;
}
