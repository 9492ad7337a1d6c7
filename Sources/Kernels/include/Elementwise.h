// Elementwise, row and product kernels on float32. Every pointer may be unaligned; sizes may be anything, zero included.
// In and out may be the same array, never overlap otherwise.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// How weights rest in memory.
typedef enum { weight_float32, weight_bfloat16, weight_float16 } weight_format;

/// So many whole numbers of a row have a scale.
enum { integer_group = 32 };

typedef struct {
  float scale;
  /// What the sum of the group's products begins with; see `integer_product`.
  int32_t start;
} integer_scale;

typedef struct {
  /// y = x / (1 + exp(-x))
  void (*silu)(float *y, const float *x, size_t n);
  /// y = x · Φ(x), with the error function (torch's gelu)
  void (*gelu)(float *y, const float *x, size_t n);
  /// y = x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))) (torch's gelu, approximate="tanh")
  void (*gelu_tanh)(float *y, const float *x, size_t n);
  /// y = x · sigmoid(1.702 x)
  void (*quick_gelu)(float *y, const float *x, size_t n);
  void (*exponential)(float *y, const float *x, size_t n);
  void (*add)(float *y, const float *a, const float *b, size_t n);
  void (*subtract)(float *y, const float *a, const float *b, size_t n);
  void (*multiply)(float *y, const float *a, const float *b, size_t n);
  /// y = a·x + b
  void (*affine)(float *y, const float *x, float a, float b, size_t n);
  /// y += a·x
  void (*axpy)(float *y, float a, const float *x, size_t n);
  /// y += g·x, all three of n values
  void (*gated_add)(float *y, const float *g, const float *x, size_t n);
  /// Per row: y = (x - mean)/sqrt(var + eps) · weight + bias; weight and bias may be NULL; `one_plus` adds 1 to weight.
  void (*layer_norm)(float *y, const float *x, const float *weight, const float *bias, int one_plus, size_t rows,
                     size_t columns, float eps);
  /// Per row: y = x / sqrt(mean(x²) + eps) · weight
  void (*rms_norm)(float *y, const float *x, const float *weight, size_t rows, size_t columns, float eps);
  /// Per row: y = exp(x - max) / sum; a row of only -inf becomes NaN, as in torch.
  void (*softmax)(float *y, const float *x, size_t rows, size_t columns);
  /// One tile of online softmax over `rows` × `columns` scores (row stride `columns`): replaces scores by
  /// exp(score - new maximum), updates each row's running maximum and sum, and writes the factor by which what was
  /// accumulated before has to be multiplied.
  void (*softmax_tile)(float *scores, float *maximum, float *sum, float *factor, size_t rows, size_t columns);
  /// Pairs (x0, x1) become (x0 cos - x1 sin, x1 cos + x0 sin); `pairs` cosines and sines.
  void (*rotate_pairs)(float *x, const float *cosine, const float *sine, size_t pairs);
  void (*widen_bfloat16)(float *y, const void *x, size_t n);
  void (*widen_float16)(float *y, const void *x, size_t n);
  /// y = scale · x for signed bytes.
  void (*widen_int8)(float *y, const void *x, size_t n, float scale);
  /// Inner products of few rows with many: y[r · y_stride + o] += Σ x[r · x_stride + i] · weight[o · weight_stride + i].
  /// Reads every weight once, as it rests: for so few rows that a matrix product would spend its time on packing.
  void (*inner_products)(float *y, size_t y_stride, const float *x, size_t x_stride, size_t rows, const void *weight,
                         size_t weight_stride, weight_format format, size_t outputs, size_t inner);
  /// y[r · y_stride + 16 p + c] = Σ x[r · x_stride + k · x_step] · panels[p · panel_stride + 16 k + c], or that added to what
  /// is there.
  void (*panel_product)(float *y, size_t y_stride, const float *x, size_t x_stride, size_t x_step, size_t rows,
                        const float *panels, size_t panel_stride, size_t inner, size_t columns, int adding);
  /// Makes a panel of up to 16 rows of a matrix, which become its columns: panel[16 k + c] = x[c · stride + k].
  void (*panel_of_rows)(float *panel, const float *x, size_t stride, size_t columns, size_t inner);
  /// Makes a panel of up to 16 columns of a matrix: panel[16 k + c] = x[k · stride + c].
  void (*panel_of_columns)(float *panel, const float *x, size_t stride, size_t columns, size_t inner);
  /// Bytes of a whole number in the rows and panels of the next three: 1 or 2.
  size_t integer_size;
  /// Rounds rows to whole numbers of at most 127, in groups of `integer_group`, the largest magnitude of a group becoming
  /// that: x ≈ scale · q. What a row's last group lacks becomes 0. Rows are `stride` groups apart, numbers and scales. A group
  /// with numbers that are not finite gets a scale that is not.
  void (*quantize_rows)(void *q, integer_scale *scales, size_t stride, const float *x, size_t x_stride, size_t rows,
                        size_t columns);
  /// Makes a panel of up to 16 rows of bytes, for whole groups: 16 · `integer_group` numbers for each.
  void (*integer_panel)(void *panel, const int8_t *x, size_t stride, size_t columns, size_t inner);
  /// y[r · y_stride + c] = scales[c] · Σ x_scales[r · x_stride + g] · (sum of row r's group g with column c's), or that added
  /// to what is there. `x_stride` counts groups; panels of 16 columns follow each other. When `grouped`, columns have a scale
  /// for each group, panel by panel: scales[16 groups · p + 16 g + c].
  void (*integer_product)(float *y, size_t y_stride, const void *x, const integer_scale *x_scales, size_t x_stride,
                          size_t rows, const void *panels, const float *scales, int grouped, size_t groups,
                          size_t columns, int adding);
  /// Multiplies and adds in registers, to measure what the processor gives at most; how many float operations that were.
  size_t (*multiply_add_repeatedly)(size_t rounds);
  /// The same with whole numbers, as `integer_product` multiplies them.
  size_t (*multiply_add_integers_repeatedly)(size_t rounds);
  // Gradients. `dy` is the gradient of what the kernel of the same name gives, `dx` that of what it takes.
  void (*silu_gradient)(float *dx, const float *dy, const float *x, size_t n);
  void (*gelu_gradient)(float *dx, const float *dy, const float *x, size_t n);
  void (*gelu_tanh_gradient)(float *dx, const float *dy, const float *x, size_t n);
  void (*quick_gelu_gradient)(float *dx, const float *dy, const float *x, size_t n);
  void (*layer_norm_gradient)(float *dx, const float *dy, const float *x, const float *weight, int one_plus, size_t rows,
                              size_t columns, float eps);
  /// Adds up, over the rows, what the layer norm's weight and bias get.
  void (*layer_norm_parameter_gradient)(float *dweight, float *dbias, const float *dy, const float *x, size_t rows,
                                        size_t columns, float eps);
  void (*rms_norm_gradient)(float *dx, const float *dy, const float *x, const float *weight, size_t rows,
                            size_t columns, float eps);
  /// Adds up, over the rows, what the weight gets.
  void (*rms_norm_parameter_gradient)(float *dweight, const float *dy, const float *x, size_t rows, size_t columns,
                                      float eps);
  /// dx = y · (dy - Σ y·dy) · scale for each row, y being the softmax's result; dx may be dy.
  void (*softmax_gradient)(float *dx, const float *dy, const float *y, float scale, size_t rows, size_t columns);
  /// One step of Adam with decoupled weight decay: m and v are the running moments, `decay` = 1 - lr·wd,
  /// `step_size` = lr / (1 - β₁ᵗ), `root` = √(1 - β₂ᵗ).
  void (*adamw)(float *p, float *m, float *v, const float *g, size_t n, float decay, float one_minus_beta1, float beta2,
                float one_minus_beta2, float step_size, float root, float eps);
  /// Sum of squares in double.
  double (*sum_of_squares)(const float *x, size_t n);
  /// Name of the instruction set in use: "baseline", "x86-64-v3", "avx512", "avx512vnni".
  const char *name;
} elementwise_kernels;

/// The kernels for this processor, chosen at the first call.
const elementwise_kernels *elementwise(void);

enum { elementwise_most_choices = 4 };
/// All kernels that this processor can run: those for every processor first, those that `elementwise()` chooses last; how many.
size_t elementwise_choices(const elementwise_kernels **choices);
