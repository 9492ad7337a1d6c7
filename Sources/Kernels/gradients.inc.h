// The bodies of the gradient kernels; part of elementwise.inc.h, whose macros they use.
static void FN(silu_gradient)(float *dx, const float *dy, const float *x, size_t n) {
  FAST
  IN_PLACE
  for (size_t i = 0; i < n; i++) {
    float s = FN(sigmoid1)(x[i]);
    dx[i] = dy[i] * s * (1.0f + x[i] * (1.0f - s));
  }
}

static void FN(gelu_gradient)(float *dx, const float *dy, const float *x, size_t n) {
  FAST
  IN_PLACE
  for (size_t i = 0; i < n; i++) {
    float below = 0.5f * (1.0f + FN(erf1)(x[i] * 0.70710678118654752f));
    float density = 0.3989422804014327f * FN(exp1)(-0.5f * x[i] * x[i]);
    dx[i] = dy[i] * (below + x[i] * density);
  }
}

static void FN(gelu_tanh_gradient)(float *dx, const float *dy, const float *x, size_t n) {
  FAST
  IN_PLACE
  for (size_t i = 0; i < n; i++) {
    float v = x[i], square = v * v;
    float s = FN(sigmoid1)(1.5957691216057308f * v * (1.0f + 0.044715f * square));
    float slope = 1.5957691216057308f * (1.0f + 0.134145f * square);
    dx[i] = dy[i] * s * (1.0f + v * (1.0f - s) * slope);
  }
}

static void FN(quick_gelu_gradient)(float *dx, const float *dy, const float *x, size_t n) {
  FAST
  IN_PLACE
  for (size_t i = 0; i < n; i++) {
    float s = FN(sigmoid1)(1.702f * x[i]);
    dx[i] = dy[i] * s * (1.0f + 1.702f * x[i] * (1.0f - s));
  }
}

typedef struct {
  float mean, scale;
} FN(row_moments);

static FN(row_moments) FN(moments)(const float *x, size_t columns, float eps) {
  FAST
  float sum = 0, squares = 0;
  for (size_t i = 0; i < columns; i++) sum += x[i];
  float mean = sum / (float)columns;
  for (size_t i = 0; i < columns; i++) squares += (x[i] - mean) * (x[i] - mean);
  FN(row_moments) moments = {mean, 1.0f / sqrtf(squares / (float)columns + eps)};
  return moments;
}

static void FN(layer_norm_gradient)(float *dx, const float *dy, const float *x, const float *weight, int one_plus,
                                    size_t rows, size_t columns, float eps) {
  FAST
  float extra = one_plus ? 1.0f : 0.0f;
  for (size_t row = 0; row < rows; row++, x += columns, dx += columns, dy += columns) {
    FN(row_moments) at = FN(moments)(x, columns, eps);
    float sum = 0, product = 0;
    if (weight) {
      for (size_t i = 0; i < columns; i++) {
        float g = dy[i] * (weight[i] + extra);
        sum += g;
        product += g * (x[i] - at.mean);
      }
    } else {
      for (size_t i = 0; i < columns; i++) {
        sum += dy[i];
        product += dy[i] * (x[i] - at.mean);
      }
    }
    float mean = sum / (float)columns, slope = product * at.scale * at.scale / (float)columns;
    if (weight) {
      IN_PLACE
      for (size_t i = 0; i < columns; i++)
        dx[i] = at.scale * (dy[i] * (weight[i] + extra) - mean - (x[i] - at.mean) * slope);
    } else {
      IN_PLACE
      for (size_t i = 0; i < columns; i++) dx[i] = at.scale * (dy[i] - mean - (x[i] - at.mean) * slope);
    }
  }
}

static void FN(layer_norm_parameter_gradient)(float *dweight, float *dbias, const float *dy, const float *x,
                                              size_t rows, size_t columns, float eps) {
  FAST
  for (size_t row = 0; row < rows; row++, x += columns, dy += columns) {
    FN(row_moments) at = FN(moments)(x, columns, eps);
    IN_PLACE
    for (size_t i = 0; i < columns; i++) dweight[i] += dy[i] * (x[i] - at.mean) * at.scale;
    IN_PLACE
    for (size_t i = 0; i < columns; i++) dbias[i] += dy[i];
  }
}

static float FN(root_scale)(const float *x, size_t columns, float eps) {
  FAST
  float squares = 0;
  for (size_t i = 0; i < columns; i++) squares += x[i] * x[i];
  return 1.0f / sqrtf(squares / (float)columns + eps);
}

static void FN(rms_norm_gradient)(float *dx, const float *dy, const float *x, const float *weight, size_t rows,
                                  size_t columns, float eps) {
  FAST
  for (size_t row = 0; row < rows; row++, x += columns, dx += columns, dy += columns) {
    float scale = FN(root_scale)(x, columns, eps), product = 0;
    for (size_t i = 0; i < columns; i++) product += dy[i] * weight[i] * x[i];
    float slope = product * scale * scale / (float)columns;
    IN_PLACE
    for (size_t i = 0; i < columns; i++) dx[i] = scale * (dy[i] * weight[i] - x[i] * slope);
  }
}

static void FN(rms_norm_parameter_gradient)(float *dweight, const float *dy, const float *x, size_t rows,
                                            size_t columns, float eps) {
  FAST
  for (size_t row = 0; row < rows; row++, x += columns, dy += columns) {
    float scale = FN(root_scale)(x, columns, eps);
    IN_PLACE
    for (size_t i = 0; i < columns; i++) dweight[i] += dy[i] * x[i] * scale;
  }
}

static void FN(softmax_gradient)(float *dx, const float *dy, const float *y, float scale, size_t rows,
                                 size_t columns) {
  FAST
  for (size_t row = 0; row < rows; row++, dx += columns, dy += columns, y += columns) {
    float sum = 0;
    for (size_t i = 0; i < columns; i++) sum += dy[i] * y[i];
    IN_PLACE
    for (size_t i = 0; i < columns; i++) dx[i] = y[i] * (dy[i] - sum) * scale;
  }
}

// In the order of torch 2.13's `_single_tensor_adamw`, and without fused multiply-adds, so that the roundings are its.
static void FN(adamw)(float *p, float *m, float *v, const float *g, size_t n, float decay, float one_minus_beta1,
                      float beta2, float one_minus_beta2, float step_size, float root, float eps) {
  _Pragma("clang fp contract(off)")
  IN_PLACE
  for (size_t i = 0; i < n; i++) {
    m[i] = m[i] + one_minus_beta1 * (g[i] - m[i]);
    v[i] = v[i] * beta2 + one_minus_beta2 * g[i] * g[i];
    p[i] = p[i] * decay + -step_size * m[i] / (__builtin_elementwise_sqrt(v[i]) / root + eps);
  }
}
