#pragma once
#include <stddef.h>

// The parts of convolution that are no matrix products, for maps stored channels last: [height][width][channels].
// Nothing here assumes alignment or multiples of anything.

/// What becomes of a map's values on their way into a convolution: silu(scale[c] * x + offset[c]).
typedef struct {
  /// One number a channel each, or both null for values as they are.
  const float *scale, *offset;
  /// Nonzero for x * sigmoid(x) after scaling.
  int silu;
} conv_activation;

/// A map as a convolution sees it.
typedef struct {
  const float *values;
  ptrdiff_t height, width, channels;
  /// Nonzero to see the map enlarged to twice its height and width by repeating every value.
  int doubled;
  conv_activation activation;
} conv_input;

/// Mean and sum of squared distances from it for each channel of `pixels` rows of `channels` values.
/// `scratch` holds 2 * channels floats.
void conv_moments(
  const float *values, ptrdiff_t pixels, ptrdiff_t channels, double *mean, double *squares, float *scratch);

/// Applies an activation to whole rows of channels; `out` may be `values`.
void conv_activate(
  const float *values, ptrdiff_t pixels, ptrdiff_t channels, conv_activation activation, float *out);

/// Copies the window of rows x columns whose first pixel is (y, x), zeros where it leaves the map, activated.
void conv_window(
  const conv_input *input, ptrdiff_t y, ptrdiff_t x, ptrdiff_t rows, ptrdiff_t columns, float *out);

/// Transforms kernels [outputs][inputs][3][3] to [36][outputs][inputs], for the outputs in `first..<last`.
void conv_winograd_kernels(
  const float *kernels, ptrdiff_t outputs, ptrdiff_t inputs, ptrdiff_t first, ptrdiff_t last, float *out);

/// Transforms a window [6][6][channels] to 36 rows of channels that stand `stride` floats apart.
void conv_winograd_input(const float *window, ptrdiff_t channels, float *out, ptrdiff_t stride);

/// Transforms 36 rows of channels, `stride` floats apart, to rows x columns (at most 4 x 4) pixels of a map.
/// Adds `bias` and, unless null, what stands in `residual`, laid out as `out` is.
void conv_winograd_output(
  const float *products, ptrdiff_t stride, ptrdiff_t channels, const float *bias, const float *residual,
  float *out, ptrdiff_t row_stride, ptrdiff_t rows, ptrdiff_t columns);
