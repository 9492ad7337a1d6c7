// Products of whole numbers: rows and panels of 16 columns of signed bytes. Rows come in groups of `integer_group` numbers, each
// with a scale of its own. The sum of a group is exact and the same with every instruction set; those of a row's groups are
// added up in float32, in their order, whatever is computed beside them.

#if defined(INTEGERS_VNNI)
// Bytes, four of which an instruction multiplies and adds up. It wants those of one side without a sign: a panel's are 128 larger, and
// the sum of a group begins with what that makes too much.
#define INTEGER int8_t
#define INTEGER_OFFSET 128
#else
// 16 bits each, by pairs.
#define INTEGER int16_t
#define INTEGER_OFFSET 0
#endif
// Numbers in a lane of 32 bits.
#define INTEGER_STEP (4 / sizeof(INTEGER))

static void FN(quantize_rows)(void *q, integer_scale *scales, size_t stride, const float *x, size_t x_stride, size_t rows,
                              size_t columns) {
  for (size_t row = 0; row < rows; row++, x += x_stride, scales += stride) {
    INTEGER *to = (INTEGER *)q + row * stride * integer_group;
    for (size_t first = 0; first < columns; first += integer_group, to += integer_group) {
      const float *from = x + first;
      float padded[integer_group] = {0};
      if (columns - first < integer_group) {
        memcpy(padded, from, (columns - first) * sizeof *from);
        from = padded;
      }
      // Of the bits without the sign, which order magnitudes, and everything that is not finite behind them.
      int32_t bits[integer_group], largest_bits = 0;
      memcpy(bits, from, sizeof bits);
      for (size_t i = 0; i < integer_group; i++) {
        const int32_t magnitude = bits[i] & 0x7fffffff;
        largest_bits = magnitude > largest_bits ? magnitude : largest_bits;
      }
      float largest;
      memcpy(&largest, &largest_bits, sizeof largest);
      // Adding and taking away 1.5 · 2^23 rounds to the nearest, ties to even.
      const float magic = 12582912.0f;
      const float factor = largest > 0 ? 127.0f / largest : 0;
      int32_t whole[integer_group];
      uint32_t sum = 0;
      {
        // Not fused, which not every processor can.
        _Pragma("clang fp contract(off)")
        for (size_t i = 0; i < integer_group; i++) {
          const float shifted = from[i] * factor + magic;
          memcpy(&whole[i], &shifted, sizeof shifted);
          whole[i] -= 0x4b400000;
          sum += (uint32_t)whole[i];
        }
      }
      for (size_t i = 0; i < integer_group; i++) to[i] = (INTEGER)whole[i];
      scales[first / integer_group] =
          (integer_scale){.scale = largest / 127.0f, .start = -(int32_t)(INTEGER_OFFSET * sum)};
    }
  }
}

static void FN(integer_panel)(void *panel, const int8_t *x, size_t stride, size_t columns, size_t inner) {
  INTEGER group[16][integer_group];
  float *to = panel;
  for (size_t first = 0; first < inner; first += integer_group, to += 16 * integer_group / INTEGER_STEP) {
    const size_t count = inner - first < integer_group ? inner - first : integer_group;
    for (size_t c = 0; c < 16; c++) {
      const int8_t *from = x + c * stride + first;
      if (c < columns && count == integer_group) {
        for (size_t k = 0; k < integer_group; k++) group[c][k] = (INTEGER)(from[k] + INTEGER_OFFSET);
      } else {
        for (size_t k = 0; k < integer_group; k++) {
          group[c][k] = (INTEGER)((c < columns && k < count ? from[k] : 0) + INTEGER_OFFSET);
        }
      }
    }
    // Lanes of 32 bits change places as floats do.
    for (size_t lane = 0; lane < integer_group / INTEGER_STEP; lane += 8) {
      FN(transpose)(to + 16 * lane, &group[0][lane * INTEGER_STEP], sizeof group[0]);
      FN(transpose)(to + 16 * lane + 8, &group[8][lane * INTEGER_STEP], sizeof group[0]);
    }
  }
}

// A register of sums, or what stands for one: adds the products of a panel's line with numbers of a row to them.
#if defined(INTEGERS_512)
typedef __m512i FN(sums);
typedef float FN(sums_as_floats) __attribute__((vector_size(64), aligned(4)));
#define SPREAD(lane) _mm512_set1_epi32(lane)
#define FLOATS(sums) (FN(sums_as_floats)) _mm512_cvtepi32_ps(sums)
#if defined(INTEGERS_VNNI)
#define ADD_PRODUCTS(sums, line, numbers) _mm512_dpbusd_epi32(sums, line, numbers)
#else
#define ADD_PRODUCTS(sums, line, numbers) _mm512_add_epi32(sums, _mm512_madd_epi16(line, numbers))
#endif
#elif defined(INTEGERS_256)
typedef __m256i FN(sums);
typedef float FN(sums_as_floats) __attribute__((vector_size(32), aligned(4)));
#define SPREAD(lane) _mm256_set1_epi32(lane)
#define FLOATS(sums) (FN(sums_as_floats)) _mm256_cvtepi32_ps(sums)
#define ADD_PRODUCTS(sums, line, numbers) _mm256_add_epi32(sums, _mm256_madd_epi16(line, numbers))
#else
typedef int32_t FN(sums) __attribute__((vector_size(16)));
typedef float FN(sums_as_floats) __attribute__((vector_size(16), aligned(4)));
#define SPREAD(lane) ((FN(sums)){lane, lane, lane, lane})
#define FLOATS(sums) __builtin_convertvector(sums, FN(sums_as_floats))
#define ADD_PRODUCTS(sums, line, numbers) FN(add_pairs)(sums, line, numbers)

static inline FN(sums) FN(add_pairs)(FN(sums) sums, FN(sums) a, FN(sums) b) {
#if defined(__SSE2__)
  return sums + (FN(sums))_mm_madd_epi16((__m128i)a, (__m128i)b);
#else
  typedef uint32_t bits __attribute__((vector_size(16)));
#define LOW_HALF(x) ((FN(sums))((bits)(x) << 16) >> 16)
  return sums + LOW_HALF(a) * LOW_HALF(b) + (a >> 16) * (b >> 16);
#undef LOW_HALF
#endif
}
#endif
#define SUM_LANES (sizeof(FN(sums)) / 4)
// Of them in a panel's line.
#define SUM_PARTS (16 / SUM_LANES)

// A tile of results: up to 6 rows, and the columns of some panels. Inlined where all but the pointers and strides are constants.
static inline __attribute__((always_inline)) void FN(integer_tile)(
    size_t rows, size_t panels, int grouped, float *y, size_t y_stride, const INTEGER *x, const integer_scale *x_scales,
    size_t x_stride, const INTEGER *panel, const float *scales, size_t groups, size_t columns, int adding) {
  _Pragma("clang fp contract(fast)")
  enum { most = 6, parts = TILE_PANELS * SUM_PARTS };
  const size_t count = panels * SUM_PARTS, pitch = 16 * integer_group * groups;
  FN(sums_as_floats) totals[most][parts] = {0};
  // Of every third row: a processor's registers do not hold the addresses of all.
  const size_t row_bytes = integer_group * sizeof(INTEGER) * x_stride;
  const char *numbers[(most + 2) / 3];
  for (size_t r = 0; r < rows; r += 3) {
    numbers[r / 3] = (const char *)x + r * row_bytes;
    __asm__("" : "+r"(numbers[r / 3]));
  }
  for (size_t group = 0; group < groups; group++) {
    FN(sums) sums[most][parts];
    UNROLLED for (size_t r = 0; r < rows; r++) {
      UNROLLED for (size_t i = 0; i < count; i++) sums[r][i] = SPREAD(x_scales[r * x_stride + group].start);
    }
    const INTEGER *line = panel + 16 * integer_group * group;
    for (size_t k = 0; k < integer_group; k += INTEGER_STEP, line += 16 * INTEGER_STEP) {
      FN(sums) lines[parts];
      UNROLLED for (size_t i = 0; i < count; i++) {
        memcpy(&lines[i], line + i / SUM_PARTS * pitch + i % SUM_PARTS * SUM_LANES * INTEGER_STEP, sizeof lines[i]);
      }
      UNROLLED for (size_t r = 0; r < rows; r++) {
        int32_t lane;
        memcpy(&lane, numbers[r / 3] + r % 3 * row_bytes + k * sizeof(INTEGER), 4);
        const FN(sums) spread = SPREAD(lane);
        UNROLLED for (size_t i = 0; i < count; i++) sums[r][i] = ADD_PRODUCTS(sums[r][i], lines[i], spread);
      }
    }
    UNROLLED for (size_t r = 0; r < rows; r += 3) numbers[r / 3] += integer_group * sizeof(INTEGER);
    UNROLLED for (size_t i = 0; i < count; i++) {
      const float *own = scales + 16 * (i / SUM_PARTS * groups + group) + i % SUM_PARTS * SUM_LANES;
      UNROLLED for (size_t r = 0; r < rows; r++) {
        const FN(sums_as_floats) scale = (FN(sums_as_floats)){0} + x_scales[r * x_stride + group].scale;
        totals[r][i] += FLOATS(sums[r][i]) * (grouped ? scale * *(const FN(sums_as_floats) *)own : scale);
      }
    }
  }
  UNROLLED for (size_t r = 0; r < rows; r++) {
    UNROLLED for (size_t i = 0; i < count; i++) {
      const size_t first = i * SUM_LANES;
      float *to = y + r * y_stride + first;
      if (first + SUM_LANES <= columns) {
        const FN(sums_as_floats) total =
            grouped ? totals[r][i] : totals[r][i] * *(const FN(sums_as_floats) *)(scales + first);
        FN(sums_as_floats) *whole = (FN(sums_as_floats) *)to;
        *whole = adding ? *whole + total : total;
      } else {
        for (size_t c = 0; first + c < columns; c++) {
          const float total = totals[r][i][c] * (grouped ? 1 : scales[first + c]);
          to[c] = adding ? to[c] + total : total;
        }
      }
    }
  }
}

static void FN(integer_product)(float *y, size_t y_stride, const void *x, const integer_scale *x_scales,
                                size_t x_stride, size_t rows, const void *panels, const float *scales, int grouped,
                                size_t groups, size_t columns, int adding) {
  const INTEGER *panel = panels;
  for (size_t column = 0; column < columns; column += 16 * TILE_PANELS) {
    const size_t width = columns - column < 16 * TILE_PANELS ? columns - column : 16 * TILE_PANELS;
    const float *own = scales + (grouped ? column * groups : column);
    const INTEGER *from = x;
    const integer_scale *from_scales = x_scales;
    float *to = y + column;
    size_t left = rows;
#define TILES(count, panels, grouped)                                                                                 \
  while (left >= count) {                                                                                             \
    FN(integer_tile)(count, panels, grouped, to, y_stride, from, from_scales, x_stride, panel, own, groups, width, adding); \
    to += count * y_stride;                                                                                           \
    from += count * integer_group * x_stride;                                                                         \
    from_scales += count * x_stride;                                                                                  \
    left -= count;                                                                                                    \
  }
    if (width > 16 && grouped) {
      EACH_ROW_COUNT(TILES, TILE_PANELS, 1)
    } else if (width > 16) {
      EACH_ROW_COUNT(TILES, TILE_PANELS, 0)
    } else if (grouped) {
      EACH_ROW_COUNT(TILES, 1, 1)
    } else {
      EACH_ROW_COUNT(TILES, 1, 0)
    }
#undef TILES
    panel += TILE_PANELS * 16 * integer_group * groups;
  }
}

static size_t FN(multiply_add_integers_repeatedly)(size_t rounds) {
  enum { count = 6 * TILE_PANELS };
  FN(sums) sums[count], numbers[count], line = SPREAD(0x01020304);
  UNROLLED for (size_t i = 0; i < count; i++) {
    sums[i] = numbers[i] = SPREAD((int32_t)i);
  }
  // Not to be worked out beforehand.
  __asm__ volatile("" : "+m"(line), "+m"(numbers));
  for (size_t round = 0; round < rounds; round++) {
    // Nor once for all rounds.
    line += numbers[1];
    UNROLLED for (size_t i = 0; i < count; i++) sums[i] = ADD_PRODUCTS(sums[i], line, numbers[i]);
  }
  for (size_t i = 1; i < count; i++) sums[0] ^= sums[i];
  __asm__ volatile("" : "+m"(sums[0]));
  return rounds * count * SUM_LANES * INTEGER_STEP * 2;
}
