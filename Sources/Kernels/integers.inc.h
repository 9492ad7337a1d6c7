// Products of whole numbers: rows of 16 bits with panels of 16 columns of signed bytes, which lie as pairs of 16 bits. Sums
// are exact in 32 bits; see `QuantizedRows.limit`. Every instruction set gives the same integers.

static void FN(quantize_rows)(int16_t *q, float *scales, const float *x, size_t x_stride, size_t rows, size_t columns,
                              size_t q_stride, int limit) {
  for (size_t row = 0; row < rows; row++) {
    const float *from = x + row * x_stride;
    int16_t *to = q + row * q_stride;
    // The second becomes NaN when a number is not finite, which the first may miss.
    float largest = 0, odd = 0;
    {
      FAST
      for (size_t i = 0; i < columns; i++) {
        largest = fabsf(from[i]) > largest ? fabsf(from[i]) : largest;
        odd += from[i] * 0.0f;
      }
    }
    // Adding and taking away 1.5 · 2^23 rounds to the nearest, ties to even.
    const float magic = 12582912.0f;
    const float factor = largest > 0 ? (float)limit / largest : 0;
    {
      // Not fused, which not every processor can.
      _Pragma("clang fp contract(off)")
      for (size_t i = 0; i < columns; i++) {
        const float product = from[i] * factor;
        to[i] = (int16_t)((int32_t)FN(float_to_bits)(product + magic) - 0x4b400000);
      }
    }
    for (size_t i = columns; i < q_stride; i++) to[i] = 0;
    scales[row] = largest / (float)limit + odd;
  }
}

static void FN(integer_panel)(int16_t *panel, const int8_t *x, size_t stride, size_t columns, size_t inner) {
  for (size_t c = 0; c < 16; c++) {
    const int8_t *from = x + c * stride;
    for (size_t k = 0; k < (inner + 1) / 2 * 2; k++) {
      panel[(k / 2) * 32 + 2 * c + k % 2] = c < columns && k < inner ? from[k] : 0;
    }
  }
}

#if defined(INTEGERS_512)
#define PAIR_SUMS __m512i
#define PAIR_PARTS 1
#define PAIR_ZERO _mm512_setzero_si512()
#define PAIR_LOAD(from) _mm512_loadu_si512(from)
#define PAIR_STORE(to, v) _mm512_storeu_si512(to, v)
#define PAIR_SPREAD(from) _mm512_set1_epi32(from)
#define PAIR_PLUS(a, b) _mm512_add_epi32(a, b)
#if defined(INTEGERS_VNNI)
#define PAIR_ADD(sum, a, b) _mm512_dpwssd_epi32(sum, a, b)
#else
#define PAIR_ADD(sum, a, b) _mm512_add_epi32(sum, _mm512_madd_epi16(a, b))
#endif
#elif defined(INTEGERS_256)
#define PAIR_SUMS __m256i
#define PAIR_PARTS 2
#define PAIR_ZERO _mm256_setzero_si256()
#define PAIR_LOAD(from) _mm256_loadu_si256((const __m256i *)(from))
#define PAIR_STORE(to, v) _mm256_storeu_si256((__m256i *)(to), v)
#define PAIR_SPREAD(from) _mm256_set1_epi32(from)
#define PAIR_PLUS(a, b) _mm256_add_epi32(a, b)
#define PAIR_ADD(sum, a, b) _mm256_add_epi32(sum, _mm256_madd_epi16(a, b))
#endif

#ifdef PAIR_SUMS
#define DEFINE_TILE(count)                                                                                           \
  static void CAT(FN(integer_tile), count)(int32_t * y, size_t y_stride, const int16_t *x, size_t x_stride,          \
                                           const int16_t *panel, size_t pairs, int adding) {                         \
    PAIR_SUMS sums[count][PAIR_PARTS];                                                                               \
    _Pragma("clang loop unroll(full)") for (size_t r = 0; r < count; r++)                                            \
        _Pragma("clang loop unroll(full)") for (size_t i = 0; i < PAIR_PARTS; i++) sums[r][i] = PAIR_ZERO;           \
    for (size_t k = 0; k < pairs; k++) {                                                                             \
      PAIR_SUMS line[PAIR_PARTS];                                                                                    \
      _Pragma("clang loop unroll(full)") for (size_t i = 0; i < PAIR_PARTS; i++) line[i] =                           \
          PAIR_LOAD(panel + 32 * k + 32 / PAIR_PARTS * i);                                                           \
      _Pragma("clang loop unroll(full)") for (size_t r = 0; r < count; r++) {                                        \
        int32_t pair;                                                                                                \
        memcpy(&pair, x + r * x_stride + 2 * k, 4);                                                                  \
        const PAIR_SUMS spread = PAIR_SPREAD(pair);                                                                  \
        _Pragma("clang loop unroll(full)") for (size_t i = 0; i < PAIR_PARTS; i++) sums[r][i] =                      \
            PAIR_ADD(sums[r][i], spread, line[i]);                                                                   \
      }                                                                                                              \
    }                                                                                                                \
    _Pragma("clang loop unroll(full)") for (size_t r = 0; r < count; r++)                                            \
        _Pragma("clang loop unroll(full)") for (size_t i = 0; i < PAIR_PARTS; i++) {                                 \
      int32_t *to = y + r * y_stride + 16 / PAIR_PARTS * i;                                                          \
      PAIR_STORE(to, adding ? PAIR_PLUS(PAIR_LOAD(to), sums[r][i]) : sums[r][i]);                                    \
    }                                                                                                                \
  }
#else
#define DEFINE_TILE(count)                                                                                           \
  static void CAT(FN(integer_tile), count)(int32_t * y, size_t y_stride, const int16_t *x, size_t x_stride,          \
                                           const int16_t *panel, size_t pairs, int adding) {                         \
    for (size_t r = 0; r < count; r++) {                                                                             \
      int32_t sums[16] = {0};                                                                                        \
      for (size_t k = 0; k < pairs; k++) {                                                                           \
        const int16_t *pair = x + r * x_stride + 2 * k, *line = panel + 32 * k;                                      \
        for (size_t c = 0; c < 16; c++) sums[c] += pair[0] * line[2 * c] + pair[1] * line[2 * c + 1];                \
      }                                                                                                              \
      for (size_t c = 0; c < 16; c++) y[r * y_stride + c] = (adding ? y[r * y_stride + c] : 0) + sums[c];            \
    }                                                                                                                \
  }
#endif

EACH_TILE(DEFINE_TILE)
#undef DEFINE_TILE

static void FN(integer_product)(int32_t *y, size_t y_stride, const int16_t *x, size_t x_stride, size_t rows,
                                const int16_t *panel, size_t pairs, int adding) {
#define TILES(count)                                                               \
  while (rows >= count) {                                                          \
    CAT(FN(integer_tile), count)(y, y_stride, x, x_stride, panel, pairs, adding);  \
    y += count * y_stride;                                                         \
    x += count * x_stride;                                                         \
    rows -= count;                                                                 \
  }
  EACH_TILE(TILES)
#undef TILES
}

static void FN(scale_sums)(float *y, const int32_t *sums, float row_scale, const float *column_scales, size_t n,
                           int adding) {
  if (adding) {
    for (size_t i = 0; i < n; i++) y[i] += (float)sums[i] * (row_scale * column_scales[i]);
  } else {
    for (size_t i = 0; i < n; i++) y[i] = (float)sums[i] * (row_scale * column_scales[i]);
  }
}
