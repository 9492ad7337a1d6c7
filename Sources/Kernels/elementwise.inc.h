// The bodies of the elementwise kernels, compiled once for each instruction set. Written so that the vectoriser turns
// every loop into straight vector code: no branches, no calls, reductions free to reassociate.
#include <math.h>
#include <string.h>

#include "Elementwise.h"

#define CAT2(a, b) a##_##b
#define CAT(a, b) CAT2(a, b)
#define FN(name) CAT(name, ISA)
#define FAST _Pragma("clang fp contract(fast) reassociate(on)")
// In and out are the same array or apart. Without being told, the compiler checks for overlap at run time and takes a
// scalar loop when they are the same.
#define IN_PLACE _Pragma("clang loop vectorize(assume_safety)")

static inline float FN(bits_to_float)(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

static inline uint32_t FN(float_to_bits)(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

// exp: range reduction by ln 2 in two parts, a polynomial of degree 6 on ±ln2/2, scaling through the exponent bits in two
// halves so that results down to the denormals come out. Relative error below 2.5e-7 on the normal range; NaN stays NaN.
static inline float FN(exp1)(float x) {
  FAST
  float clamped = x < -104.0f ? -104.0f : x;
  clamped = clamped > 89.0f ? 89.0f : clamped;
  const float magic = 12582912.0f;  // 1.5 · 2^23: adding it rounds to an integer
  float shifted = clamped * 1.44269504088896341f + magic;
  int32_t whole = (int32_t)(FN(float_to_bits)(shifted)) - 0x4b400000;
  float n = (float)whole;
  float r = clamped - n * 0.693145751953125f;
  r = r - n * 1.42860682030941723e-6f;
  float p = 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 0.5f;
  p = p * r * r + r + 1.0f;
  int32_t half = whole >> 1;
  float low = FN(bits_to_float)((uint32_t)(half + 127) << 23);
  float high = FN(bits_to_float)((uint32_t)(whole - half + 127) << 23);
  float value = p * low * high;
  return x != x ? x : value;
}

static inline float FN(sigmoid1)(float x) {
  FAST
  return 1.0f / (1.0f + FN(exp1)(-x));
}

// erf in two pieces as published by N. Juffa (stackoverflow.com/a/35148199), both computed, one chosen: below 1 ulp.
static inline float FN(erf1)(float a) {
  FAST
  float t = fabsf(a), s = a * a;
  float r = t * -1.72853470e-5f + 3.83197126e-4f;
  float u = t * -3.88396438e-3f + 2.42546219e-2f;
  r = r * s + u;
  r = r * t + -1.06777877e-1f;
  r = r * t + -6.34846687e-1f;
  r = r * t + -1.28717512e-1f;
  r = r * t + -t;
  float far = copysignf(1.0f - FN(exp1)(r), a);
  float q = -5.96761703e-4f;
  q = q * s + 4.99119423e-3f;
  q = q * s + -2.67681349e-2f;
  q = q * s + 1.12819925e-1f;
  q = q * s + -3.76125336e-1f;
  q = q * s + 1.28379166e-1f;
  float near = q * a + a;
  return t > 0.927734375f ? far : near;
}

static void FN(silu)(float *y, const float *x, size_t n) {
  IN_PLACE
  for (size_t i = 0; i < n; i++) y[i] = x[i] * FN(sigmoid1)(x[i]);
}

static void FN(gelu)(float *y, const float *x, size_t n) {
  IN_PLACE
  for (size_t i = 0; i < n; i++) y[i] = 0.5f * x[i] * (1.0f + FN(erf1)(x[i] * 0.70710678118654752f));
}

static void FN(gelu_tanh)(float *y, const float *x, size_t n) {
  IN_PLACE
  for (size_t i = 0; i < n; i++) {
    float v = x[i];
    float u = 1.5957691216057308f * (v + 0.044715f * v * v * v);  // twice the argument: tanh(z) = 2·sigmoid(2z) - 1
    y[i] = v * FN(sigmoid1)(u);
  }
}

static void FN(quick_gelu)(float *y, const float *x, size_t n) {
  IN_PLACE
  for (size_t i = 0; i < n; i++) y[i] = x[i] * FN(sigmoid1)(1.702f * x[i]);
}

static void FN(exponential)(float *y, const float *x, size_t n) {
  IN_PLACE
  for (size_t i = 0; i < n; i++) y[i] = FN(exp1)(x[i]);
}

static void FN(add)(float *y, const float *a, const float *b, size_t n) {
  IN_PLACE
  for (size_t i = 0; i < n; i++) y[i] = a[i] + b[i];
}

static void FN(subtract)(float *y, const float *a, const float *b, size_t n) {
  IN_PLACE
  for (size_t i = 0; i < n; i++) y[i] = a[i] - b[i];
}

static void FN(multiply)(float *y, const float *a, const float *b, size_t n) {
  IN_PLACE
  for (size_t i = 0; i < n; i++) y[i] = a[i] * b[i];
}

static void FN(affine)(float *y, const float *x, float a, float b, size_t n) {
  IN_PLACE
  for (size_t i = 0; i < n; i++) y[i] = a * x[i] + b;
}

static void FN(axpy)(float *y, float a, const float *x, size_t n) {
  IN_PLACE
  for (size_t i = 0; i < n; i++) y[i] += a * x[i];
}

static void FN(gated_add)(float *y, const float *g, const float *x, size_t n) {
  IN_PLACE
  for (size_t i = 0; i < n; i++) y[i] += g[i] * x[i];
}

static void FN(layer_norm)(float *y, const float *x, const float *weight, const float *bias, int one_plus, size_t rows,
                           size_t columns, float eps) {
  FAST
  float extra = one_plus ? 1.0f : 0.0f;
  for (size_t row = 0; row < rows; row++, x += columns, y += columns) {
    float sum = 0;
    for (size_t i = 0; i < columns; i++) sum += x[i];
    float mean = sum / (float)columns, squares = 0;
    for (size_t i = 0; i < columns; i++) squares += (x[i] - mean) * (x[i] - mean);
    float scale = 1.0f / sqrtf(squares / (float)columns + eps);
    if (weight && bias) {
      IN_PLACE
      for (size_t i = 0; i < columns; i++) y[i] = (x[i] - mean) * scale * (weight[i] + extra) + bias[i];
    } else if (weight) {
      IN_PLACE
      for (size_t i = 0; i < columns; i++) y[i] = (x[i] - mean) * scale * (weight[i] + extra);
    } else {
      IN_PLACE
      for (size_t i = 0; i < columns; i++) y[i] = (x[i] - mean) * scale;
    }
  }
}

static void FN(rms_norm)(float *y, const float *x, const float *weight, size_t rows, size_t columns, float eps) {
  FAST
  for (size_t row = 0; row < rows; row++, x += columns, y += columns) {
    float squares = 0;
    for (size_t i = 0; i < columns; i++) squares += x[i] * x[i];
    float scale = 1.0f / sqrtf(squares / (float)columns + eps);
    IN_PLACE
    for (size_t i = 0; i < columns; i++) y[i] = x[i] * scale * weight[i];
  }
}

// In lanes, as the compiler does not reorder comparisons by itself. NaN is passed over here; its exponential is NaN.
static float FN(row_maximum)(const float *x, size_t n) {
  enum { lanes = 32 };
  float maxima[lanes];
  for (size_t lane = 0; lane < lanes; lane++) maxima[lane] = -INFINITY;
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (size_t lane = 0; lane < lanes; lane++) maxima[lane] = x[i + lane] > maxima[lane] ? x[i + lane] : maxima[lane];
  }
  float maximum = -INFINITY;
  for (; i < n; i++) maximum = x[i] > maximum ? x[i] : maximum;
  for (size_t lane = 0; lane < lanes; lane++) maximum = maxima[lane] > maximum ? maxima[lane] : maximum;
  return maximum;
}

static float FN(exponentials)(float *y, const float *x, float maximum, size_t n) {
  FAST
  float sum = 0;
  IN_PLACE
  for (size_t i = 0; i < n; i++) {
    float e = FN(exp1)(x[i] - maximum);
    // exp1 clamps at -104, whose exponential is a denormal: what is masked out counts as nothing at all.
    e = x[i] - maximum <= -104.0f ? 0.0f : e;
    y[i] = e;
    sum += e;
  }
  return sum;
}

static void FN(softmax)(float *y, const float *x, size_t rows, size_t columns) {
  for (size_t row = 0; row < rows; row++, x += columns, y += columns) {
    float maximum = FN(row_maximum)(x, columns);
    float scale = 1.0f / FN(exponentials)(y, x, maximum, columns);
    IN_PLACE
    for (size_t i = 0; i < columns; i++) y[i] *= scale;
  }
}

static void FN(softmax_tile)(float *scores, float *maximum, float *sum, float *factor, size_t rows, size_t columns) {
  for (size_t row = 0; row < rows; row++, scores += columns) {
    float before = maximum[row];
    float here = FN(row_maximum)(scores, columns);
    float now = here > before ? here : before;
    if (now == -INFINITY) {  // nothing to attend to so far
      memset(scores, 0, columns * sizeof(float));
      factor[row] = 1.0f;
      continue;
    }
    factor[row] = before == -INFINITY ? 0.0f : FN(exp1)(before - now);
    maximum[row] = now;
    sum[row] = sum[row] * factor[row] + FN(exponentials)(scores, scores, now, columns);
  }
}

static void FN(rotate_pairs)(float *x, const float *cosine, const float *sine, size_t pairs) {
  for (size_t i = 0; i < pairs; i++) {
    float a = x[2 * i], b = x[2 * i + 1];
    x[2 * i] = a * cosine[i] - b * sine[i];
    x[2 * i + 1] = b * cosine[i] + a * sine[i];
  }
}

static void FN(widen_bfloat16)(float *y, const void *x, size_t n) {
  const uint8_t *bytes = x;
  for (size_t i = 0; i < n; i++) {
    uint16_t half;
    memcpy(&half, bytes + 2 * i, 2);
    y[i] = FN(bits_to_float)((uint32_t)half << 16);
  }
}

static void FN(widen_int8)(float *y, const void *x, size_t n, float scale) {
  const int8_t *values = x;
  for (size_t i = 0; i < n; i++) y[i] = scale * (float)values[i];
}

static inline float FN(half_to_float)(uint16_t half) {
  uint32_t magnitude = ((uint32_t)half & 0x7fff) << 13;
  // Multiplying by 2^112 moves the exponent's bias and makes denormals normal at once.
  float value = FN(bits_to_float)(magnitude) * 0x1p112f;
  uint32_t bits = FN(float_to_bits)(value) | (magnitude >= (0x7c00u << 13) ? 0x7f800000u : 0u);
  return FN(bits_to_float)(bits | ((uint32_t)half & 0x8000) << 16);
}

static void FN(widen_float16)(float *y, const void *x, size_t n) {
  const uint8_t *bytes = x;
  for (size_t i = 0; i < n; i++) {
    uint16_t half;
    memcpy(&half, bytes + 2 * i, 2);
    y[i] = FN(half_to_float)(half);
  }
}

static inline float FN(load_float32)(const uint8_t *bytes) {
  float value;
  memcpy(&value, bytes, 4);
  return value;
}

static inline float FN(load_bfloat16)(const uint8_t *bytes) {
  uint16_t half;
  memcpy(&half, bytes, 2);
  return FN(bits_to_float)((uint32_t)half << 16);
}

static inline float FN(load_float16)(const uint8_t *bytes) {
  uint16_t half;
  memcpy(&half, bytes, 2);
  return FN(half_to_float)(half);
}

#define DEFINE_INNER_PRODUCT(format, size)                                                     \
  static float FN(inner_product_##format)(const float *x, const uint8_t *weight, size_t n) {   \
    FAST                                                                                       \
    float sum = 0;                                                                             \
    for (size_t i = 0; i < n; i++) sum += x[i] * FN(load_##format)(weight + size * i);         \
    return sum;                                                                                \
  }
DEFINE_INNER_PRODUCT(float32, 4)
DEFINE_INNER_PRODUCT(bfloat16, 2)
DEFINE_INNER_PRODUCT(float16, 2)
#undef DEFINE_INNER_PRODUCT

static void FN(inner_products)(float *y, size_t y_stride, const float *x, size_t x_stride, size_t rows,
                               const void *weight, size_t weight_stride, weight_format format, size_t outputs,
                               size_t inner) {
  const uint8_t *line = weight;
  for (size_t o = 0; o < outputs; o++, line += weight_stride * (format == weight_float32 ? 4 : 2)) {
    for (size_t row = 0; row < rows; row++) {
      const float *from = x + row * x_stride;
      y[row * y_stride + o] += format == weight_float32    ? FN(inner_product_float32)(from, line, inner)
                               : format == weight_bfloat16 ? FN(inner_product_bfloat16)(from, line, inner)
                                                           : FN(inner_product_float16)(from, line, inner);
    }
  }
}

#include "gradients.inc.h"
#include "products.inc.h"
#include "integers.inc.h"

static double FN(sum_of_squares)(const float *x, size_t n) {
  FAST
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
  return sum;
}

#define ENTRY(name) .name = FN(name)
const elementwise_kernels FN(elementwise_table) = {
    ENTRY(silu), ENTRY(gelu), ENTRY(gelu_tanh), ENTRY(quick_gelu), ENTRY(exponential), ENTRY(add), ENTRY(subtract),
    ENTRY(multiply), ENTRY(affine), ENTRY(axpy), ENTRY(gated_add), ENTRY(layer_norm), ENTRY(rms_norm), ENTRY(softmax),
    ENTRY(softmax_tile), ENTRY(rotate_pairs), ENTRY(widen_bfloat16), ENTRY(widen_float16), ENTRY(widen_int8),
    ENTRY(inner_products), ENTRY(panel_product), ENTRY(panel_of_rows), ENTRY(panel_of_columns),
    ENTRY(multiply_add_repeatedly), .integer_size = sizeof(INTEGER), ENTRY(quantize_rows), ENTRY(integer_panel),
    ENTRY(integer_product), ENTRY(multiply_add_integers_repeatedly),
    ENTRY(silu_gradient), ENTRY(gelu_gradient), ENTRY(gelu_tanh_gradient), ENTRY(quick_gelu_gradient),
    ENTRY(layer_norm_gradient), ENTRY(layer_norm_parameter_gradient), ENTRY(rms_norm_gradient),
    ENTRY(rms_norm_parameter_gradient), ENTRY(softmax_gradient), ENTRY(adamw), ENTRY(sum_of_squares),
    .name = ISA_NAME,
};
