// Drives the kernels as Tensors/LinearProduct.swift, IntegerProduct.swift and Panels.swift do: the same parts for
// threads, the same blocks, activations rounded and panels made anew for every product.
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "Kernels.h"
#include "products.h"

enum { panel_width = 16, row_block = 96 };
/// PanelProduct's copiedRows, columnsWorthCopying and depthBlock; IntegerProduct's columnBlock and rowBlock.
enum { copied_rows = 48, columns_worth_copying = 256, float_depth = 512, integer_columns = 128, integer_rows = 48 };

typedef struct {
  const elementwise_kernels *kernels;
  /// QuantizedRows.
  char *numbers;
  integer_scale *row_scales;
  size_t groups, stride, group_block;
  /// Outputs of a part, and floats of scratch memory for each thread.
  size_t width, scratch_floats;
  float *scratch;
} ours;

/// Parallelism.partWidth.
static size_t part_width(size_t columns, size_t operations_each) {
  const size_t enough = 4000000 / larger(1, operations_each);
  return (larger(enough, smaller(larger(columns / 4, 96), 1536)) + 31) / 32 * 32;
}

void *prepare_ours(const product *p, char *about, size_t length) {
  ours *o = memory(sizeof *o);
  *o = (ours){.kernels = elementwise(), .width = part_width(p->n, 2 * p->m * p->k)};
  snprintf(about, length, "%s", o->kernels->name);
  if (p->type == weights_int8) {
    const size_t size = integer_group * o->kernels->integer_size;
    o->groups = (p->k + integer_group - 1) / integer_group;
    o->stride = ((o->groups * size + 63) / 64 | 1) * 64 / size;
    o->group_block = 128 / o->kernels->integer_size;
    o->numbers = memory(p->m * o->stride * size);
    o->row_scales = memory(p->m * o->stride * sizeof *o->row_scales);
    o->scratch_floats = integer_columns * smaller(o->group_block, o->groups) * size / sizeof(float);
  } else {
    o->scratch_floats = (o->width + panel_width) * smaller(float_depth, p->k) + panel_width * float_depth +
                        copied_rows * float_depth;
  }
  o->scratch_floats = (o->scratch_floats + 15) / 16 * 16;
  o->scratch = memory((size_t)p->threads * o->scratch_floats * sizeof *o->scratch);
  return o;
}

void release_ours(void *state) {
  ours *o = state;
  free(o->numbers);
  free(o->row_scales);
  free(o->scratch);
  free(o);
}

static size_t group_bytes(const ours *o) { return integer_group * o->kernels->integer_size; }

static void quantize(const ours *o, const product *p) {
  // Parallelism.forEach: a range for each thread.
  const size_t grain = larger(1, (1 << 15) / larger(1, p->k));
  const size_t parts = smaller((size_t)p->threads, larger(1, p->m / grain));
#pragma omp parallel for schedule(static, 1) num_threads(p->threads)
  for (size_t part = 0; part < parts; part++) {
    const size_t first = part * p->m / parts, last = (part + 1) * p->m / parts;
    o->kernels->quantize_rows(o->numbers + first * o->stride * group_bytes(o), o->row_scales + first * o->stride,
                              o->stride, p->x + first * p->k, p->k, last - first, p->k);
  }
}

/// IntegerProduct.add for all rows and some outputs.
static void add_integers(const ours *o, const product *p, size_t begin, size_t end, float *scratch) {
  char *panels = (char *)scratch;
  for (size_t first = begin; first < end; first += integer_columns) {
    const size_t count = smaller(integer_columns, end - first);
    for (size_t start = 0; start < o->groups; start += o->group_block) {
      const size_t groups = smaller(o->group_block, o->groups - start), from = start * integer_group;
      const size_t panel = panel_width * groups * group_bytes(o);
      for (size_t output = 0; output < count; output += panel_width) {
        o->kernels->integer_panel(panels + output / panel_width * panel,
                                  (const int8_t *)p->weights + (first + output) * p->k + from, p->k,
                                  smaller(panel_width, count - output), smaller(groups * integer_group, p->k - from));
      }
      for (size_t row = 0; row < p->m; row += integer_rows) {
        o->kernels->integer_product(p->y + row * p->n + first, p->n,
                                    o->numbers + (row * o->stride + start) * group_bytes(o),
                                    o->row_scales + row * o->stride + start, o->stride,
                                    smaller(integer_rows, p->m - row), panels, p->scales + first, 0, groups, count,
                                    start > 0);
      }
    }
  }
}

/// Weight.fillRowPanels.
static void fill_panels(const ours *o, const product *p, size_t begin, size_t end, size_t first, size_t depth,
                        float *panels, float *buffer) {
  for (size_t output = begin; output < end; output += panel_width) {
    float *panel = panels + (output - begin) * depth;
    const size_t count = smaller(panel_width, end - output);
    if (p->type == weights_float32) {
      o->kernels->panel_of_rows(panel, (const float *)p->weights + output * p->k + first, p->k, count, depth);
      continue;
    }
    for (size_t row = 0; row < count; row++) {
      o->kernels->widen_bfloat16(buffer + row * depth, (const uint16_t *)p->weights + (output + row) * p->k + first,
                                 depth);
    }
    o->kernels->panel_of_rows(panel, buffer, depth, count, depth);
  }
}

/// LinearProduct.multiply with PanelProduct.add for all rows and some outputs.
static void add_floats(const ours *o, const product *p, size_t begin, size_t end, float *scratch) {
  const size_t columns = end - begin;
  const int copies = p->k > float_depth && columns >= columns_worth_copying;
  const size_t block = copies ? copied_rows : row_block;
  float *copy = scratch;
  scratch += copied_rows * float_depth;
  float *buffer = scratch + (columns + panel_width - 1) / panel_width * panel_width * smaller(float_depth, p->k);
  for (size_t first = 0; first < p->k; first += float_depth) {
    const size_t depth = smaller(float_depth, p->k - first);
    fill_panels(o, p, begin, end, first, depth, scratch, buffer);
    for (size_t row = 0; row < p->m; row += block) {
      const size_t height = smaller(block, p->m - row);
      const float *x = p->x + row * p->k + first;
      for (size_t line = 0; copies && line < height; line++) {
        memcpy(copy + line * depth, x + line * p->k, depth * sizeof *x);
      }
      o->kernels->panel_product(p->y + row * p->n + begin, p->n, copies ? copy : x, copies ? depth : p->k, 1, height,
                                scratch, panel_width * depth, depth, columns, first > 0);
    }
  }
}

void run_ours(void *state, const product *p) {
  const ours *o = state;
  if (p->type == weights_int8) quantize(o, p);
  const size_t parts = (p->n + o->width - 1) / o->width;
#pragma omp parallel for schedule(dynamic, 1) num_threads(p->threads)
  for (size_t part = 0; part < parts; part++) {
    float *scratch = o->scratch + (size_t)omp_get_thread_num() * o->scratch_floats;
    const size_t begin = part * o->width, end = smaller(begin + o->width, p->n);
    if (p->type == weights_int8) {
      add_integers(o, p, begin, end, scratch);
    } else {
      add_floats(o, p, begin, end, scratch);
    }
  }
}

size_t integer_sums(int32_t *sums, size_t set, const int16_t *x, const int8_t *weights, size_t m, size_t k, size_t n) {
  const elementwise_kernels *choices[elementwise_most_choices];
  const size_t count = elementwise_choices(choices);
  if (set >= count) return count;
  const elementwise_kernels *kernels = choices[set];
  const size_t groups = (k + integer_group - 1) / integer_group;
  const size_t row = groups * integer_group * kernels->integer_size;
  float *floats = memory(m * k * sizeof *floats), *y = memory(m * n * sizeof *y);
  for (size_t i = 0; i < m * k; i++) floats[i] = x[i];
  char *numbers = memory(m * row), *panel = memory(panel_width * row);
  integer_scale *scales = memory(m * groups * sizeof *scales);
  const float ones[panel_width] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  kernels->quantize_rows(numbers, scales, groups, floats, k, m, k);
  for (size_t first = 0; first < n; first += panel_width) {
    kernels->integer_panel(panel, weights + first * k, k, panel_width, k);
    kernels->integer_product(y + first, n, numbers, scales, groups, m, panel, ones, 0, groups, panel_width, 0);
  }
  for (size_t i = 0; i < m * n; i++) sums[i] = (int32_t)y[i];
  free(floats);
  free(y);
  free(numbers);
  free(panel);
  free(scales);
  return count;
}
