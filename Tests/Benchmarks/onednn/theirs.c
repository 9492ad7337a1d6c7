// The same products by OpenBLAS and by oneDNN 2.x, whose interface later versions do not have.
//
// oneDNN's matmul has one scale for all activations, and computes by its reference where a factor for each row comes
// as a further operation: so activations are rounded row by row here, and the rows of the result scaled afterwards.
#include <cblas.h>
#include <math.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "Kernels.h"
#include "products.h"

static void check(dnnl_status_t status, const char *what) {
  if (status == dnnl_success) return;
  fprintf(stderr, "%s: oneDNN's status %d\n", what, (int)status);
  exit(70);
}

static dnnl_engine_t engine(void) {
  static dnnl_engine_t made;
  if (!made) check(dnnl_engine_create(&made, dnnl_cpu, 0), "engine");
  return made;
}

static dnnl_stream_t stream(void) {
  static dnnl_stream_t made;
  if (!made) check(dnnl_stream_create(&made, engine(), dnnl_stream_default_flags), "stream");
  return made;
}

static void widen(float *to, const product *p) {
  const elementwise_kernels *kernels = elementwise();
#pragma omp parallel for schedule(static) num_threads(p->threads)
  for (size_t row = 0; row < p->n; row++) {
    kernels->widen_bfloat16(to + row * p->k, (const uint16_t *)p->weights + row * p->k, p->k);
  }
}

// OpenBLAS

typedef struct {
  float *widened;
} openblas;

void *prepare_openblas(const product *p, char *about, size_t length) {
  openblas_set_num_threads(p->threads);
  openblas *o = memory(sizeof *o);
  o->widened = p->type == weights_bfloat16 ? memory(p->n * p->k * sizeof(float)) : NULL;
  snprintf(about, length, "%s", openblas_get_corename());
  return o;
}

void run_openblas(void *state, const product *p) {
  const openblas *o = state;
  if (o->widened) widen(o->widened, p);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)p->m, (int)p->n, (int)p->k, 1, p->x, (int)p->k,
              o->widened ? o->widened : p->weights, (int)p->k, 0, p->y, (int)p->n);
}

void release_openblas(void *state) {
  openblas *o = state;
  free(o->widened);
  free(o);
}

// oneDNN

/// A matmul, or a convolution with kernels of 1×1 over m pixels, which is the same and has blocked weights.
typedef struct {
  dnnl_primitive_t primitive;
  dnnl_memory_t from, weights, bias, to;
  void *bytes, *weight_values;
  float *row_scales, *widened;
  int32_t *bias_values;
  /// Of activations as bytes: what the largest becomes, and what stands for zero.
  int limit, zero;
  /// Activations as bfloat16.
  uint16_t *halves;
} onednn;

static dnnl_memory_t wrap(const dnnl_memory_desc_t *description, void *values) {
  dnnl_memory_t made;
  check(dnnl_memory_create(&made, description, engine(), values), "memory");
  return made;
}

static dnnl_memory_desc_t describe(int axes, const dnnl_dims_t dims, dnnl_data_type_t type, dnnl_format_tag_t tag) {
  dnnl_memory_desc_t made;
  check(dnnl_memory_desc_init_by_tag(&made, axes, dims, type, tag), "description");
  return made;
}

typedef struct {
  size_t m, k, n;
  dnnl_data_type_t x, weights, bias, y;
  bool convolution;
  const float *scales;
  /// The weight is read where it lies, not in the library's order.
  bool in_place;
} wanted;

/// The fastest implementation that the library has; null if none, or only its reference.
static dnnl_primitive_desc_t find(const wanted *w, char *about, size_t length) {
  const dnnl_dim_t m = (dnnl_dim_t)w->m, k = (dnnl_dim_t)w->k, n = (dnnl_dim_t)w->n;
  dnnl_primitive_attr_t attributes;
  check(dnnl_primitive_attr_create(&attributes), "attributes");
  if (w->scales) check(dnnl_primitive_attr_set_output_scales(attributes, n, 1 << 1, w->scales), "scales");
  dnnl_primitive_desc_t made = NULL;
  dnnl_status_t status;
  if (w->convolution) {
    const dnnl_memory_desc_t x = describe(4, (dnnl_dims_t){1, k, m, 1}, w->x, dnnl_nhwc);
    const dnnl_memory_desc_t weights = describe(4, (dnnl_dims_t){n, k, 1, 1}, w->weights, dnnl_format_tag_any);
    const dnnl_memory_desc_t y = describe(4, (dnnl_dims_t){1, n, m, 1}, w->y, dnnl_nhwc);
    const dnnl_memory_desc_t bias = describe(1, (dnnl_dims_t){n}, dnnl_s32, dnnl_a);
    dnnl_convolution_desc_t operation;
    status = dnnl_convolution_forward_desc_init(&operation, dnnl_forward_inference, dnnl_convolution_direct, &x,
                                                &weights, w->bias ? &bias : NULL, &y, (dnnl_dims_t){1, 1},
                                                (dnnl_dims_t){0, 0}, (dnnl_dims_t){0, 0});
    if (status == dnnl_success) status = dnnl_primitive_desc_create(&made, &operation, attributes, engine(), NULL);
  } else {
    const dnnl_memory_desc_t x = describe(2, (dnnl_dims_t){m, k}, w->x, dnnl_ab);
    const dnnl_memory_desc_t weights =
        describe(2, (dnnl_dims_t){k, n}, w->weights, w->in_place ? dnnl_ba : dnnl_format_tag_any);
    const dnnl_memory_desc_t y = describe(2, (dnnl_dims_t){m, n}, w->y, dnnl_ab);
    const dnnl_memory_desc_t bias = describe(2, (dnnl_dims_t){1, n}, dnnl_s32, dnnl_ab);
    dnnl_matmul_desc_t operation;
    status = dnnl_matmul_desc_init(&operation, &x, &weights, w->bias ? &bias : NULL, &y);
    if (status == dnnl_success) status = dnnl_primitive_desc_create(&made, &operation, attributes, engine(), NULL);
  }
  dnnl_primitive_attr_destroy(attributes);
  if (status != dnnl_success) {
    snprintf(about, length, "not on this processor");
    return NULL;
  }
  const char *name = "";
  check(dnnl_primitive_desc_query(made, dnnl_query_impl_info_str, 0, &name), "name");
  snprintf(about, length, "%s", name);
  if (strncmp(name, "ref", 3)) return made;
  dnnl_primitive_desc_destroy(made);
  return NULL;
}

/// The weight in the order that the implementation asks for.
static dnnl_memory_t reorder(dnnl_primitive_desc_t found, const wanted *w, const void *weights, void **values) {
  const dnnl_dim_t k = (dnnl_dim_t)w->k, n = (dnnl_dim_t)w->n;
  const dnnl_memory_desc_t lies = w->convolution ? describe(4, (dnnl_dims_t){n, k, 1, 1}, w->weights, dnnl_abcd)
                                                 : describe(2, (dnnl_dims_t){k, n}, w->weights, dnnl_ba);
  const dnnl_memory_desc_t *asked = dnnl_primitive_desc_query_md(found, dnnl_query_weights_md, 0);
  *values = memory(dnnl_memory_desc_get_size(asked));
  dnnl_memory_t from = wrap(&lies, (void *)weights), to = wrap(asked, *values);
  dnnl_primitive_desc_t description;
  check(dnnl_reorder_primitive_desc_create(&description, &lies, engine(), asked, engine(), NULL), "reorder");
  dnnl_primitive_t primitive;
  check(dnnl_primitive_create(&primitive, description), "reorder");
  const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
  check(dnnl_primitive_execute(primitive, stream(), 2, arguments), "reorder");
  check(dnnl_stream_wait(stream()), "reorder");
  dnnl_primitive_destroy(primitive);
  dnnl_primitive_desc_destroy(description);
  dnnl_memory_destroy(from);
  return to;
}

static dnnl_memory_t argument(dnnl_primitive_desc_t found, dnnl_query_t which, void *values) {
  return wrap(dnnl_primitive_desc_query_md(found, which, 0), values);
}

static onednn *make(const product *p, wanted w, int limit, int zero, char *about, size_t length) {
  w.m = p->m, w.k = p->k, w.n = p->n, w.y = dnnl_f32;
  w.scales = p->type == weights_int8 ? p->scales : NULL;
  w.bias = zero ? dnnl_s32 : dnnl_data_type_undef;
  dnnl_primitive_desc_t found = find(&w, about, length);
  if (!found) return NULL;
  onednn *o = memory(sizeof *o);
  *o = (onednn){.limit = limit, .zero = zero};
  if (p->type == weights_bfloat16 && w.weights == dnnl_f32) o->widened = memory(p->n * p->k * sizeof(float));
  if (p->type == weights_int8) {
    o->bytes = memory(p->m * p->k);
    o->row_scales = memory(p->m * sizeof(float));
  }
  if (w.x == dnnl_bf16) o->halves = memory(p->m * p->k * sizeof(uint16_t));
  if (w.in_place) {
    o->weights = argument(found, dnnl_query_weights_md, o->widened ? o->widened : (void *)p->weights);
  } else {
    o->weights = reorder(found, &w, p->weights, &o->weight_values);
  }
  if (zero) {
    // What the zero's number adds to a sum is taken away again.
    o->bias_values = memory(p->n * sizeof(int32_t));
    for (size_t row = 0; row < p->n; row++) {
      const int8_t *bytes = (const int8_t *)p->weights + row * p->k;
      int32_t sum = 0;
      for (size_t i = 0; i < p->k; i++) sum += bytes[i];
      o->bias_values[row] = -zero * sum;
    }
    const dnnl_memory_desc_t *bias = dnnl_primitive_desc_query_md(found, dnnl_query_weights_md, 1);
    o->bias = wrap(bias, o->bias_values);
  }
  o->from = argument(found, dnnl_query_src_md, o->bytes ? o->bytes : o->halves ? o->halves : (void *)p->x);
  o->to = argument(found, dnnl_query_dst_md, p->y);
  check(dnnl_primitive_create(&o->primitive, found), "primitive");
  dnnl_primitive_desc_destroy(found);
  return o;
}

void *prepare_onednn_matmul(const product *p, char *about, size_t length) {
  if (p->type == weights_int8) return make(p, (wanted){.x = dnnl_s8, .weights = dnnl_s8}, 127, 0, about, length);
  const bool widens = p->type == weights_bfloat16;
  return make(p, (wanted){.x = dnnl_f32, .weights = dnnl_f32, .in_place = widens}, 0, 0, about, length);
}

void *prepare_onednn_convolution(const product *p, char *about, size_t length) {
  const dnnl_data_type_t type = p->type == weights_int8 ? dnnl_s8 : dnnl_f32;
  return make(p, (wanted){.x = type, .weights = type, .convolution = true}, 127, 0, about, length);
}

void *prepare_onednn_matmul_u8(const product *p, char *about, size_t length) {
  return make(p, (wanted){.x = dnnl_u8, .weights = dnnl_s8, .in_place = true}, 127, 128, about, length);
}

void *prepare_onednn_convolution_7_bits(const product *p, char *about, size_t length) {
  return make(p, (wanted){.x = dnnl_u8, .weights = dnnl_s8, .convolution = true}, 63, 64, about, length);
}

void *prepare_onednn_bfloat16(const product *p, char *about, size_t length) {
  return make(p, (wanted){.x = dnnl_bf16, .weights = dnnl_bf16}, 0, 0, about, length);
}

static float quantize_row(uint8_t *to, const float *from, size_t count, int limit, int zero) {
  float largest = 0;
#pragma omp simd reduction(max : largest)
  for (size_t i = 0; i < count; i++) largest = fabsf(from[i]) > largest ? fabsf(from[i]) : largest;
  const float factor = largest > 0 ? (float)limit / largest : 0;
  // Adding 1.5 · 2^23 rounds; the bits below are the whole number.
  const float magic = 12582912.0f + (float)zero;
#pragma omp simd
  for (size_t i = 0; i < count; i++) {
    const float shifted = from[i] * factor + magic;
    uint32_t bits;
    memcpy(&bits, &shifted, 4);
    to[i] = (uint8_t)bits;
  }
  return largest / (float)limit;
}

/// To the nearest bfloat16, ties to even.
static void narrow_row(uint16_t *to, const float *from, size_t count) {
#pragma omp simd
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, from + i, 4);
    to[i] = (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  }
}

void run_onednn(void *state, const product *p) {
  const onednn *o = state;
  if (o->widened) widen(o->widened, p);
  if (o->bytes) {
#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (size_t row = 0; row < p->m; row++) {
      o->row_scales[row] =
          quantize_row((uint8_t *)o->bytes + row * p->k, p->x + row * p->k, p->k, o->limit, o->zero);
    }
  } else if (o->halves) {
#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (size_t row = 0; row < p->m; row++) narrow_row(o->halves + row * p->k, p->x + row * p->k, p->k);
  } else {
    check(dnnl_memory_set_data_handle(o->from, (void *)p->x), "activations");
  }
  const dnnl_exec_arg_t arguments[] = {
      {DNNL_ARG_SRC, o->from}, {DNNL_ARG_WEIGHTS, o->weights}, {DNNL_ARG_DST, o->to}, {DNNL_ARG_BIAS, o->bias}};
  check(dnnl_primitive_execute(o->primitive, stream(), o->bias ? 4 : 3, arguments), "product");
  check(dnnl_stream_wait(stream()), "product");
  if (!o->bytes) return;
  const elementwise_kernels *kernels = elementwise();
#pragma omp parallel for schedule(static) num_threads(p->threads)
  for (size_t row = 0; row < p->m; row++) {
    float *y = p->y + row * p->n;
    kernels->affine(y, y, o->row_scales[row], 0, p->n);
  }
}

void release_onednn(void *state) {
  onednn *o = state;
  dnnl_primitive_destroy(o->primitive);
  dnnl_memory_destroy(o->from);
  dnnl_memory_destroy(o->weights);
  dnnl_memory_destroy(o->to);
  if (o->bias) dnnl_memory_destroy(o->bias);
  free(o->bytes);
  free(o->halves);
  free(o->weight_values);
  free(o->row_scales);
  free(o->widened);
  free(o->bias_values);
  free(o);
}

bool onednn_sums(int32_t *sums, const void *x, bool is_unsigned, const int8_t *weights, size_t m, size_t k, size_t n,
                 bool convolution) {
  const wanted w = {.m = m, .k = k, .n = n, .x = is_unsigned ? dnnl_u8 : dnnl_s8, .weights = dnnl_s8, .y = dnnl_s32,
                    .convolution = convolution};
  char about[80];
  dnnl_primitive_desc_t found = find(&w, about, sizeof about);
  if (!found) return false;
  void *values;
  dnnl_memory_t packed = reorder(found, &w, weights, &values);
  dnnl_memory_t from = argument(found, dnnl_query_src_md, (void *)x), to = argument(found, dnnl_query_dst_md, sums);
  dnnl_primitive_t primitive;
  check(dnnl_primitive_create(&primitive, found), "primitive");
  const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, from}, {DNNL_ARG_WEIGHTS, packed}, {DNNL_ARG_DST, to}};
  check(dnnl_primitive_execute(primitive, stream(), 3, arguments), "sums");
  check(dnnl_stream_wait(stream()), "sums");
  dnnl_primitive_destroy(primitive);
  dnnl_primitive_desc_destroy(found);
  dnnl_memory_destroy(from);
  dnnl_memory_destroy(packed);
  dnnl_memory_destroy(to);
  free(values);
  return true;
}
