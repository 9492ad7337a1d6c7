// Winograd's minimal filtering F(4x4, 3x3) with the interpolation points 0, ±5/8, ±3/2 and infinity, and the passes
// around it. Points and their effect on rounding: Barabasz, Anderson, Soodhalter, Gregg, "Error analysis and improving
// the accuracy of Winograd convolution for deep neural networks", ACM TOMS 2020; measured here: 4.5 times the rounding
// error of direct single precision summation over 512 channels, where the usual points 0, ±1, ±2 give 10 times.
#include "Convolution.h"
#include <math.h>
#include <stdint.h>
#include <string.h>

// One source, several instruction sets: the loader picks the version for the processor it finds.
#if defined(__x86_64__) && defined(__linux__)
#define EVERY_PROCESSOR __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define EVERY_PROCESSOR
#endif
#define INLINE static inline __attribute__((always_inline))

enum { lanes = 16 };
typedef float vector __attribute__((vector_size(lanes * sizeof(float))));
typedef int32_t integers __attribute__((vector_size(lanes * sizeof(int32_t))));

// By pointer, as vectors passed by value would tie the functions to one instruction set.
INLINE void load(vector *v, const float *from, ptrdiff_t count) {
  if (count >= lanes) {
    memcpy(v, from, sizeof(vector));
  } else {
    *v = (vector){0};
    memcpy(v, from, (size_t)count * sizeof(float));
  }
}

INLINE void store(float *to, const vector *v, ptrdiff_t count) {
  memcpy(to, v, count >= lanes ? sizeof(vector) : (size_t)count * sizeof(float));
}

// exp by range reduction and a polynomial of degree 6, for arguments from -87 to 88; relative error below 3e-7.
INLINE void exponential(vector *x) {
  // Adding and taking away 1.5 * 2^23 rounds to the nearest whole number.
  vector whole = *x * 1.44269504f + 12582912.0f;
  const integers exponent = ((integers)whole - 0x4B400000) << 23;
  whole -= 12582912.0f;
  const vector r = *x - whole * 0.693145752f - whole * 1.42860677e-6f;
  vector p = r * 1.38888889e-3f + 8.33333333e-3f;
  p = p * r + 4.16666667e-2f;
  p = p * r + 1.66666667e-1f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  *x = (vector)((integers)p + exponent);
}

// Puts a number where the mask says so.
INLINE void choose(vector *x, const integers *mask, float other) {
  *x = (vector)(((integers)*x & ~*mask) | ((integers)((vector){0} + other) & *mask));
}

// x * sigmoid(x).
INLINE void silu(vector *x) {
  vector e = -*x;
  // Beyond these limits the sigmoid is 0 or 1 in single precision.
  const integers low = e < -87.0f, high = e > 88.0f;
  choose(&e, &low, -87.0f);
  choose(&e, &high, 88.0f);
  exponential(&e);
  *x = *x / (e + 1.0f);
}

INLINE void activate_pixel(const float *from, ptrdiff_t channels, conv_activation activation, float *out) {
  if (!activation.scale && !activation.silu) {
    memmove(out, from, (size_t)channels * sizeof(float));
    return;
  }
  for (ptrdiff_t c = 0; c < channels; c += lanes) {
    vector x, scale, offset;
    load(&x, from + c, channels - c);
    if (activation.scale) {
      load(&scale, activation.scale + c, channels - c);
      load(&offset, activation.offset + c, channels - c);
      x = x * scale + offset;
    }
    if (activation.silu) silu(&x);
    store(out + c, &x, channels - c);
  }
}

EVERY_PROCESSOR
void conv_activate(
  const float *values, ptrdiff_t pixels, ptrdiff_t channels, conv_activation activation, float *out) {
  for (ptrdiff_t i = 0; i < pixels; i++) {
    activate_pixel(values + i * channels, channels, activation, out + i * channels);
  }
}

EVERY_PROCESSOR
void conv_window(
  const conv_input *input, ptrdiff_t y, ptrdiff_t x, ptrdiff_t rows, ptrdiff_t columns, float *out) {
  const int shift = input->doubled != 0;
  const ptrdiff_t channels = input->channels;
  const ptrdiff_t height = input->height << shift, width = input->width << shift;
  for (ptrdiff_t row = 0; row < rows; row++) {
    for (ptrdiff_t column = 0; column < columns; column++, out += channels) {
      const ptrdiff_t v = y + row, u = x + column;
      if (v < 0 || v >= height || u < 0 || u >= width) {
        memset(out, 0, (size_t)channels * sizeof(float));
      } else if (shift && row > 0 && v % 2 == 1) {
        // The same pixel as one row further up.
        memcpy(out, out - columns * channels, (size_t)channels * sizeof(float));
      } else {
        activate_pixel(
          input->values + ((v >> shift) * input->width + (u >> shift)) * channels, channels, input->activation, out);
      }
    }
  }
}

// Mean and squared distances in blocks that stay in the cache, joined in double precision (Chan, Golub, LeVeque 1979).
EVERY_PROCESSOR
void conv_moments(
  const float *values, ptrdiff_t pixels, ptrdiff_t channels, double *mean, double *squares, float *scratch) {
  enum { block = 32 };
  float *sum = scratch, *spread = scratch + channels;
  memset(mean, 0, (size_t)channels * sizeof(double));
  memset(squares, 0, (size_t)channels * sizeof(double));
  for (ptrdiff_t start = 0; start < pixels; start += block) {
    const ptrdiff_t count = pixels - start < block ? pixels - start : block;
    const float *rows = values + start * channels;
    memset(scratch, 0, (size_t)(2 * channels) * sizeof(float));
    for (ptrdiff_t i = 0; i < count; i++) {
      for (ptrdiff_t c = 0; c < channels; c++) sum[c] += rows[i * channels + c];
    }
    for (ptrdiff_t c = 0; c < channels; c++) sum[c] /= (float)count;
    for (ptrdiff_t i = 0; i < count; i++) {
      for (ptrdiff_t c = 0; c < channels; c++) {
        const float distance = rows[i * channels + c] - sum[c];
        spread[c] += distance * distance;
      }
    }
    const double before = (double)start, now = (double)count, after = before + now;
    for (ptrdiff_t c = 0; c < channels; c++) {
      const double distance = (double)sum[c] - mean[c];
      mean[c] += distance * now / after;
      squares[c] += (double)spread[c] + distance * distance * before * now / after;
    }
  }
}

// The points ±a and ±b; all constants below follow from them.
#define A 0.625f
#define B 1.5f
#define AA (A * A)
#define BB (B * B)

// One column or row of the input transform: d is taken in steps of `from`, results go out in steps of `to`.
INLINE void transform_input(const vector *d, int from, vector *out, int to) {
  const vector d0 = d[0], d1 = d[from], d2 = d[2 * from], d3 = d[3 * from], d4 = d[4 * from], d5 = d[5 * from];
  const vector evenA = d4 - BB * d2, oddA = A * (d3 - BB * d1);
  const vector evenB = d4 - AA * d2, oddB = B * (d3 - AA * d1);
  out[0] = AA * BB * d0 - (AA + BB) * d2 + d4;
  out[to] = evenA + oddA;
  out[2 * to] = evenA - oddA;
  out[3 * to] = evenB + oddB;
  out[4 * to] = evenB - oddB;
  out[5 * to] = AA * BB * d1 - (AA + BB) * d3 + d5;
}

EVERY_PROCESSOR
void conv_winograd_input(const float *window, ptrdiff_t channels, float *out, ptrdiff_t stride) {
  for (ptrdiff_t c = 0; c < channels; c += lanes) {
    const ptrdiff_t count = channels - c;
    vector columns[36];
    for (int x = 0; x < 6; x++) {
      vector d[6];
      for (int y = 0; y < 6; y++) load(&d[y], window + (y * 6 + x) * channels + c, count);
      transform_input(d, 1, columns + x, 6);
    }
    for (int y = 0; y < 6; y++) {
      vector result[6];
      transform_input(columns + y * 6, 1, result, 1);
      for (int x = 0; x < 6; x++) store(out + (y * 6 + x) * stride + c, &result[x], count);
    }
  }
}

INLINE void transform_output(const vector *m, int from, vector *out, int to) {
  const vector sumA = m[from] + m[2 * from], differenceA = A * (m[from] - m[2 * from]);
  const vector sumB = m[3 * from] + m[4 * from], differenceB = B * (m[3 * from] - m[4 * from]);
  out[0] = m[0] + sumA + sumB;
  out[to] = differenceA + differenceB;
  out[2 * to] = AA * sumA + BB * sumB;
  out[3 * to] = AA * differenceA + BB * differenceB + m[5 * from];
}

EVERY_PROCESSOR
void conv_winograd_output(
  const float *products, ptrdiff_t stride, ptrdiff_t channels, const float *bias, const float *residual,
  float *out, ptrdiff_t row_stride, ptrdiff_t rows, ptrdiff_t columns) {
  for (ptrdiff_t c = 0; c < channels; c += lanes) {
    const ptrdiff_t count = channels - c;
    vector half[24], shift;
    load(&shift, bias + c, count);
    for (int x = 0; x < 6; x++) {
      vector m[6];
      for (int y = 0; y < 6; y++) load(&m[y], products + (y * 6 + x) * stride + c, count);
      transform_output(m, 1, half + x, 6);
    }
    for (ptrdiff_t y = 0; y < rows; y++) {
      vector result[4];
      transform_output(half + y * 6, 1, result, 1);
      for (ptrdiff_t x = 0; x < columns; x++) {
        const ptrdiff_t place = y * row_stride + x * channels + c;
        vector value = result[x] + shift, other;
        if (residual) {
          load(&other, residual + place, count);
          value += other;
        }
        store(out + place, &value, count);
      }
    }
  }
}

EVERY_PROCESSOR
void conv_winograd_kernels(
  const float *kernels, ptrdiff_t outputs, ptrdiff_t inputs, ptrdiff_t first, ptrdiff_t last, float *out) {
  const float nA = 1 / (2 * AA * (AA - BB)), nB = 1 / (2 * BB * (BB - AA));
  const float rows[6][3] = {
    {1 / (AA * BB), 0, 0}, {nA, A * nA, AA * nA}, {nA, -A * nA, AA * nA}, {nB, B * nB, BB * nB},
    {nB, -B * nB, BB * nB}, {0, 0, 1},
  };
  for (ptrdiff_t o = first; o < last; o++) {
    for (ptrdiff_t start = 0; start < inputs; start += lanes) {
      const ptrdiff_t count = inputs - start < lanes ? inputs - start : lanes;
      const float *block = kernels + (o * inputs + start) * 9;
      vector g[9] = {0}, half[18];
      for (ptrdiff_t i = 0; i < count; i++) {
        for (int k = 0; k < 9; k++) g[k][i] = block[i * 9 + k];
      }
      for (int y = 0; y < 6; y++) {
        for (int x = 0; x < 3; x++) half[y * 3 + x] = rows[y][0] * g[x] + rows[y][1] * g[3 + x] + rows[y][2] * g[6 + x];
      }
      for (int y = 0; y < 6; y++) {
        for (int x = 0; x < 6; x++) {
          const vector value =
            rows[x][0] * half[y * 3] + rows[x][1] * half[y * 3 + 1] + rows[x][2] * half[y * 3 + 2];
          store(out + ((y * 6 + x) * outputs + o) * inputs + start, &value, count);
        }
      }
    }
  }
}
