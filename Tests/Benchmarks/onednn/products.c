// Times products of FLUX.1-dev's and CLIP-H's shapes by our kernels, by OpenBLAS and by oneDNN, in turns; see run.sh.
#include "products.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "Kernels.h"

static const contender contenders[] = {
    {"ours", weights_int8, prepare_ours, run_ours, release_ours},
    {"oneDNN, convolution, s8", weights_int8, prepare_onednn_convolution, run_onednn, release_onednn},
    {"oneDNN, convolution, u8 of 7 bits", weights_int8, prepare_onednn_convolution_7_bits, run_onednn, release_onednn},
    {"oneDNN, matmul, u8, in place", weights_int8, prepare_onednn_matmul_u8, run_onednn, release_onednn},
    {"oneDNN, matmul, s8", weights_int8, prepare_onednn_matmul, run_onednn, release_onednn},
    {"ours", weights_float32, prepare_ours, run_ours, release_ours},
    {"OpenBLAS", weights_float32, prepare_openblas, run_openblas, release_openblas},
    {"oneDNN, matmul", weights_float32, prepare_onednn_matmul, run_onednn, release_onednn},
    {"oneDNN, convolution", weights_float32, prepare_onednn_convolution, run_onednn, release_onednn},
    {"ours", weights_bfloat16, prepare_ours, run_ours, release_ours},
    {"OpenBLAS, widened before", weights_bfloat16, prepare_openblas, run_openblas, release_openblas},
    {"oneDNN, matmul, widened before", weights_bfloat16, prepare_onednn_matmul, run_onednn, release_onednn},
    {"oneDNN, matmul, bfloat16", weights_bfloat16, prepare_onednn_bfloat16, run_onednn, release_onednn},
};
enum { contender_count = sizeof contenders / sizeof *contenders, most_rounds = 99 };

static const char *const type_names[] = {"int8", "float32", "bfloat16"};

static const struct {
  size_t m, k, n;
  /// Only with --long.
  bool is_long;
} shapes[] = {
    // CLIP-H's layers: one picture, one prompt.
    {77, 1280, 5120, false},
    {257, 1280, 5120, false},
    {257, 5120, 1280, false},
    // FLUX.1-dev's: 512 tokens of text and 1024 of a picture of 512×512, or 4096 of one of 1024×1024.
    {1536, 3072, 3072, false},
    {1536, 3072, 9216, false},
    {1536, 3072, 12288, false},
    {1536, 12288, 3072, false},
    {1536, 15360, 3072, false},
    {4608, 3072, 12288, true},
};
enum { shape_count = sizeof shapes / sizeof *shapes };

void *memory(size_t bytes) {
  void *made = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (!made) {
    fprintf(stderr, "no memory for %zu bytes\n", bytes);
    exit(71);
  }
  return made;
}

// Numbers

static uint64_t state = 0x9e3779b97f4a7c15;

static uint64_t next(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state;
}

/// One of 2^16 numbers of the normal distribution.
static float normal(void) {
  enum { count = 1 << 16 };
  static float table[count];
  static bool made;
  if (!made) {
    for (size_t i = 0; i < count; i++) {
      const double u = ((double)(next() >> 11) + 0.5) * 0x1p-53, v = (double)(next() >> 11) * 0x1p-53;
      table[i] = (float)(sqrt(-2 * log(u)) * cos(6.283185307179586 * v));
    }
    made = true;
  }
  return table[next() >> 48];
}

/// Normal numbers; of those with `outliers` every 128th of a row is twenty times as large.
static float *activations(size_t m, size_t k, bool outliers) {
  float *x = memory(m * k * sizeof *x);
  for (size_t i = 0; i < m * k; i++) x[i] = normal() * (outliers && i % k % 128 == 0 ? 20 : 1);
  return x;
}

/// As `models quantize` makes them of normal numbers: the largest of a row becomes 127.
static int8_t *byte_weights(size_t n, size_t k, float *scales) {
  int8_t *bytes = memory(n * k);
  float *row = memory(k * sizeof *row);
  for (size_t r = 0; r < n; r++) {
    float largest = 0;
    for (size_t i = 0; i < k; i++) largest = fmaxf(largest, fabsf(row[i] = 0.02f * normal()));
    scales[r] = largest / 127;
    for (size_t i = 0; i < k; i++) bytes[r * k + i] = (int8_t)lrintf(row[i] / scales[r]);
  }
  free(row);
  return bytes;
}

static void *float_weights(size_t n, size_t k, weights_type type) {
  if (type == weights_float32) {
    float *values = memory(n * k * sizeof *values);
    for (size_t i = 0; i < n * k; i++) values[i] = 0.02f * normal();
    return values;
  }
  uint16_t *values = memory(n * k * sizeof *values);
  for (size_t i = 0; i < n * k; i++) {
    const float value = 0.02f * normal();
    uint32_t bits;
    memcpy(&bits, &value, 4);
    values[i] = (uint16_t)(bits >> 16);
  }
  return values;
}

// Errors

typedef struct {
  double root_mean_square, largest;
} error;

static double weight(const product *p, size_t row, size_t i) {
  const size_t place = row * p->k + i;
  if (p->type == weights_int8) return (double)p->scales[row] * ((const int8_t *)p->weights)[place];
  if (p->type == weights_float32) return ((const float *)p->weights)[place];
  const uint32_t bits = (uint32_t)((const uint16_t *)p->weights)[place] << 16;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

/// Of some results against sums in double precision, as a share of the results' root mean square.
static error error_of(const product *p) {
  enum { samples = 2000 };
  double squares = 0, errors = 0, largest = 0;
  const uint64_t kept = state;
  state = 42;
  for (int i = 0; i < samples; i++) {
    const size_t row = next() % p->m, column = next() % p->n;
    double sum = 0;
    for (size_t j = 0; j < p->k; j++) sum += p->x[row * p->k + j] * weight(p, column, j);
    const double off = fabs(p->y[row * p->n + column] - sum);
    squares += sum * sum, errors += off * off;
    // Not a number, too.
    if (!(off <= largest)) largest = off;
  }
  state = kept;
  return (error){sqrt(errors / squares), largest / sqrt(squares / samples)};
}

// Times

static double seconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, ascending);
  return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/// Lets the libraries' threads, which wait for work a while before they sleep, come to rest.
static void rest(int threads) {
  if (threads > 1) nanosleep(&(struct timespec){.tv_nsec = 40000000}, NULL);
}

static void compare(size_t shape, weights_type type, int threads, int rounds) {
  product p = {.m = shapes[shape].m, .k = shapes[shape].k, .n = shapes[shape].n, .type = type, .threads = threads};
  float *scales = memory(p.n * sizeof *scales);
  void *weights = type == weights_int8 ? (void *)byte_weights(p.n, p.k, scales) : float_weights(p.n, p.k, type);
  float *plain = activations(p.m, p.k, false), *outliers = activations(p.m, p.k, true);
  p.weights = weights, p.scales = scales, p.y = memory(p.m * p.n * sizeof *p.y);

  void *states[contender_count] = {0};
  char about[contender_count][80];
  error errors[contender_count][2];
  double prepared[contender_count];
  static double wall[contender_count][most_rounds], processor[contender_count][most_rounds];
  for (int i = 0; i < contender_count; i++) {
    if (contenders[i].type != type) continue;
    p.x = outliers;
    prepared[i] = -seconds(CLOCK_MONOTONIC);
    states[i] = contenders[i].prepare(&p, about[i], sizeof about[i]);
    prepared[i] += seconds(CLOCK_MONOTONIC);
    if (!states[i]) continue;
    contenders[i].run(states[i], &p);
    errors[i][1] = error_of(&p);
  }
  p.x = plain;
  // One thread's own time leaves out what others take of a shared machine.
  const clockid_t clock = threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_PROCESS_CPUTIME_ID;
  for (int round = 0; round < rounds; round++) {
    for (int i = 0; i < contender_count; i++) {
      if (!states[i]) continue;
      rest(threads);
      const double wall_start = seconds(CLOCK_MONOTONIC), processor_start = seconds(clock);
      contenders[i].run(states[i], &p);
      processor[i][round] = seconds(clock) - processor_start;
      wall[i][round] = seconds(CLOCK_MONOTONIC) - wall_start;
      if (round == 0) errors[i][0] = error_of(&p);
    }
  }
  const double operations = 2.0 * (double)p.m * (double)p.k * (double)p.n;
  for (int i = 0; i < contender_count; i++) {
    if (contenders[i].type != type) continue;
    printf("| %s | %zu×%zu×%zu | %s | %s | %d | ", type_names[type], p.m, p.k, p.n, contenders[i].name, about[i],
           threads);
    if (!states[i]) {
      printf("– | – | – | – | – | – | – | – | – |\n");
      continue;
    }
    double *times = threads == 1 ? processor[i] : wall[i];
    const double middle = median(times, rounds), other = median(threads == 1 ? wall[i] : processor[i], rounds);
    printf("%.4f | %.4f | %.1f | %.1f | %.4f | %.2g | %.2g | %.2g | %.3f |\n", middle, times[0],
           1e-9 * operations / middle, 1e-9 * operations / times[0], other, errors[i][0].root_mean_square,
           errors[i][0].largest, errors[i][1].root_mean_square, prepared[i]);
    contenders[i].release(states[i]);
  }
  fflush(stdout);
  free(p.y);
  free(plain);
  free(outliers);
  free(weights);
  free(scales);
}

// Whole numbers

static void print_wrong(const char *numbers, const char *name, const int32_t *sums, const int32_t *exact,
                        size_t count) {
  size_t wrong = 0;
  int64_t largest = 0;
  for (size_t i = 0; i < count; i++) {
    const int64_t off = llabs((int64_t)sums[i] - exact[i]);
    wrong += off != 0;
    if (off > largest) largest = off;
  }
  printf("| %s | %s | %zu of %zu | %lld |\n", numbers, name, wrong, count, (long long)largest);
}

static void sum_exactly(int32_t *sums, const int16_t *x, const int8_t *weights, size_t m, size_t k, size_t n) {
  for (size_t row = 0; row < m; row++) {
    for (size_t column = 0; column < n; column++) {
      int32_t sum = 0;
      for (size_t i = 0; i < k; i++) sum += x[row * k + i] * weights[column * k + i];
      sums[row * n + column] = sum;
    }
  }
}

/// Rounds rows to whole numbers, the largest of each becoming `limit`.
static void round_rows(int16_t *whole, const float *x, size_t m, size_t k, int limit) {
  for (size_t row = 0; row < m; row++, x += k, whole += k) {
    float largest = 0;
    for (size_t i = 0; i < k; i++) largest = fmaxf(largest, fabsf(x[i]));
    for (size_t i = 0; i < k; i++) whole[i] = (int16_t)lrintf(x[i] * ((float)limit / largest));
  }
}

/// How many sums of bytes are wrong, through oneDNN and by each set of our kernels.
static void compare_integers(bool uniform) {
  enum { m = 96, k = 1024, n = 512 };
  const char *numbers = uniform ? "uniform" : "normal";
  float scales[n];
  float *x = activations(m, k, false);
  int8_t *weights = byte_weights(n, k, scales);
  if (uniform) {
    for (size_t i = 0; i < (size_t)m * k; i++) x[i] = (float)(int32_t)next();
    for (size_t i = 0; i < (size_t)n * k; i++) weights[i] = (int8_t)((int)(next() >> 40) % 255 - 127);
  }
  int16_t *whole = memory((size_t)m * k * sizeof *whole);
  uint8_t *bytes = memory((size_t)m * k);
  int32_t *exact = memory((size_t)m * n * sizeof *exact), *sums = memory((size_t)m * n * sizeof *sums);
  const elementwise_kernels *choices[elementwise_most_choices];
  elementwise_choices(choices);
  round_rows(whole, x, m, k, 127);
  for (size_t i = 0; i < (size_t)m * k; i += 32) whole[i] = 127;
  sum_exactly(exact, whole, weights, m, k, n);
  for (size_t set = 0; set < integer_sums(sums, set, whole, weights, m, k, n); set++) {
    char name[80];
    snprintf(name, sizeof name, "ours, %s", choices[set]->name);
    print_wrong(numbers, name, sums, exact, m * n);
  }
  const struct {
    const char *name;
    bool is_unsigned, convolution;
    int limit, zero;
  } kinds[] = {{"oneDNN, convolution, s8", false, true, 127, 0},
               {"oneDNN, convolution, u8", true, true, 127, 128},
               {"oneDNN, convolution, u8 of 7 bits", true, true, 63, 64},
               {"oneDNN, matmul, s8", false, false, 127, 0},
               {"oneDNN, matmul, u8", true, false, 127, 128},
               {"oneDNN, matmul, u8 of 7 bits", true, false, 63, 64}};
  for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
    round_rows(whole, x, m, k, kinds[kind].limit);
    for (size_t i = 0; i < (size_t)m * k; i++) {
      whole[i] = (int16_t)(whole[i] + kinds[kind].zero);
      bytes[i] = (uint8_t)whole[i];
    }
    sum_exactly(exact, whole, weights, m, k, n);
    if (onednn_sums(sums, bytes, kinds[kind].is_unsigned, weights, m, k, n, kinds[kind].convolution)) {
      print_wrong(numbers, kinds[kind].name, sums, exact, m * n);
    } else {
      printf("| %s | %s | – | – |\n", numbers, kinds[kind].name);
    }
  }
  free(x);
  free(weights);
  free(whole);
  free(bytes);
  free(exact);
  free(sums);
}

/// Whether a row's floats are the same beside fewer rows, and by another number of threads.
static void compare_rows(void) {
  product p = {.m = 1536, .k = 3072, .n = 3072, .type = weights_float32};
  float *weights = float_weights(p.n, p.k, p.type), *x = activations(p.m, p.k, false);
  float *y[2] = {memory(p.m * p.n * sizeof(float)), memory(p.m * p.n * sizeof(float))};
  p.x = x, p.weights = weights;
  for (int i = 0; i < contender_count; i++) {
    if (contenders[i].type != p.type) continue;
    size_t different[2];
    for (int what = 0; what < 2; what++) {
      for (int turn = 0; turn < 2; turn++) {
        p.m = what == 0 && turn ? 77 : 1536;
        p.threads = what == 1 && turn ? 2 : 1;
        p.y = y[turn];
        omp_set_num_threads(p.threads);
        char about[80];
        void *made = contenders[i].prepare(&p, about, sizeof about);
        if (!made) continue;
        contenders[i].run(made, &p);
        contenders[i].release(made);
      }
      different[what] = 0;
      for (size_t j = 0; j < p.m * p.n; j++) different[what] += memcmp(y[0] + j, y[1] + j, sizeof(float)) != 0;
    }
    printf("| %s | %zu of %zu | %zu of %zu |\n", contenders[i].name, different[0], 77 * p.n, different[1], 1536 * p.n);
  }
  free(weights);
  free(x);
  free(y[0]);
  free(y[1]);
}

static void print_usage(void) {
  fprintf(stderr,
          "usage: products [--rounds N] [--long] [--shape MxKxN] [--weights TYPE]\n"
          "types: int8, float32, bfloat16\n");
}

int main(int count, char **words) {
  int rounds = 5;
  bool takes_long = false;
  const char *shape_name = NULL, *type_name = NULL;
  for (int i = 1; i < count; i++) {
    const bool has_next = i + 1 < count;
    if (!strcmp(words[i], "--long")) {
      takes_long = true;
    } else if (!strcmp(words[i], "--rounds") && has_next) {
      rounds = atoi(words[++i]);
    } else if (!strcmp(words[i], "--shape") && has_next) {
      shape_name = words[++i];
    } else if (!strcmp(words[i], "--weights") && has_next) {
      type_name = words[++i];
    } else {
      print_usage();
      return 64;
    }
  }
  if (rounds < 1 || rounds > most_rounds) {
    fprintf(stderr, "1 to %d rounds\n", most_rounds);
    return 64;
  }
  if (!shape_name && !type_name) {
    printf("Sums of whole numbers, 96 rows of 3072 with 512 columns:\n\n"
           "| numbers | who | wrong | farthest off |\n|---|---|---|---|\n");
    for (int uniform = 0; uniform < 2; uniform++) compare_integers(uniform);
    printf("\nFloats that differ, 1536×3072×3072:\n\n"
           "| who | 77 rows instead of 1536 | two threads instead of one |\n|---|---|---|\n");
    compare_rows();
  }
  printf("\nTimes of %d rounds: the thread's own with one thread, the clock's with two. Errors as shares of the results'\n"
         "root mean square: their root mean square and the largest, and the former where activations have outliers.\n\n"
         "| weights | m×k×n | who | implementation | threads | s, median | s, least | GOP/s, median | GOP/s, best |"
         " other clock, s | error | largest | with outliers | once, s |\n"
         "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
         rounds);
  for (size_t shape = 0; shape < shape_count; shape++) {
    char name[80];
    snprintf(name, sizeof name, "%zux%zux%zu", shapes[shape].m, shapes[shape].k, shapes[shape].n);
    if (shape_name ? strcmp(shape_name, name) : shapes[shape].is_long && !takes_long) continue;
    for (int type = weights_int8; type <= weights_bfloat16; type++) {
      if (type_name && strcmp(type_name, type_names[type])) continue;
      for (int threads = 1; threads <= 2; threads++) {
        omp_set_num_threads(threads);
        compare(shape, (weights_type)type, threads, rounds);
      }
    }
  }
  return 0;
}
