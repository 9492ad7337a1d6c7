#include "CPNG.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const uint8_t *bytes;
  size_t count, position;
} source;

static void on_error(png_structp png, png_const_charp message) {
  cpng_image *image = png_get_error_ptr(png);
  strncpy(image->message, message, sizeof image->message - 1);
  image->message[sizeof image->message - 1] = 0;
  longjmp(png_jmpbuf(png), 1);
}

// Warnings are about odd but readable chunks (a wrong colour profile, say): the pixels are whole.
static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void pull(png_structp png, png_bytep out, size_t count) {
  source *from = png_get_io_ptr(png);
  if (count > from->count - from->position) png_error(png, "the file ends before the image does");
  memcpy(out, from->bytes + from->position, count);
  from->position += count;
}

// What a chunk beside the pixels may have.
static const uint32_t chunk_limit = 8u << 20;

// Whether every chunk up to the last lies within the file: libpng makes room for what a chunk's length says before it reads
// a byte of it, and only warns of one beyond its limit.
static int chunks_fit(const source *from, cpng_image *image) {
  size_t at = 8;
  while (from->count - at >= 12) {
    const uint8_t *chunk = from->bytes + at;
    uint32_t length = (uint32_t)chunk[0] << 24 | (uint32_t)chunk[1] << 16 | (uint32_t)chunk[2] << 8 | chunk[3];
    if (length > from->count - at - 12) {
      strcpy(image->message, "the file ends before the image does");
      return 0;
    }
    if (!memcmp(chunk + 4, "IEND", 4)) return 1;
    if (length > chunk_limit && memcmp(chunk + 4, "IDAT", 4)) {
      snprintf(image->message, sizeof image->message, "a chunk of %u bytes beside the pixels, more than %u", length,
               chunk_limit);
      return 0;
    }
    at += 12 + (size_t)length;
  }
  strcpy(image->message, "the file ends before the image does");
  return 0;
}

static png_structp open_reader(source *from, png_infop *info, cpng_image *image) {
  memset(image, 0, sizeof *image);
  if (from->count < 8 || png_sig_cmp(from->bytes, 0, 8)) {
    strcpy(image->message, "not a PNG file");
    return NULL;
  }
  if (!chunks_fit(from, image)) return NULL;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, image, on_error, on_warning);
  *info = png ? png_create_info_struct(png) : NULL;
  if (!*info) {
    png_destroy_read_struct(&png, NULL, NULL);
    strcpy(image->message, "out of memory");
    return NULL;
  }
  png_set_read_fn(png, from, pull);
  // Text and profiles are allowed 8 MB, no more; what pixels may take is the caller's to judge from the header.
  png_set_chunk_malloc_max(png, chunk_limit);
  return png;
}

static void fill_header(png_structp png, png_infop info, cpng_image *image) {
  image->width = png_get_image_width(png, info);
  image->height = png_get_image_height(png, info);
  image->has_alpha =
      (png_get_color_type(png, info) & PNG_COLOR_MASK_ALPHA) || png_get_valid(png, info, PNG_INFO_tRNS);
}

int cpng_read_header(const uint8_t *bytes, size_t count, cpng_image *image) {
  source from = {bytes, count, 0};
  png_infop info;
  png_structp png = open_reader(&from, &info, image);
  if (!png) return -1;
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return -1;
  }
  png_read_info(png, info);
  fill_header(png, info, image);
  png_destroy_read_struct(&png, &info, NULL);
  return 0;
}

int cpng_decode(const uint8_t *bytes, size_t count, uint8_t *rgba, cpng_image *image) {
  source from = {bytes, count, 0};
  png_infop info;
  png_structp png = open_reader(&from, &info, image);
  if (!png) return -1;
  png_bytep *volatile rows = NULL;
  if (setjmp(png_jmpbuf(png))) {
    free(rows);
    png_destroy_read_struct(&png, &info, NULL);
    return -1;
  }
  png_read_info(png, info);
  fill_header(png, info, image);
  png_set_expand(png);
  png_set_strip_16(png);
  png_set_gray_to_rgb(png);
  png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != 4 * (size_t)image->width) png_error(png, "unexpected pixel format");
  rows = malloc(image->height * sizeof *rows);
  if (!rows) png_error(png, "out of memory");
  for (uint32_t y = 0; y < image->height; y++) rows[y] = rgba + 4 * (size_t)image->width * y;
  png_read_image(png, rows);
  png_read_end(png, NULL);
  free(rows);
  png_destroy_read_struct(&png, &info, NULL);
  return 0;
}

int cpng_read_texts(const uint8_t *bytes, size_t count, void *context,
                    void (*found)(void *context, const char *keyword, const char *text, size_t length, int is_utf8),
                    cpng_image *image) {
  source from = {bytes, count, 0};
  png_infop info;
  png_structp png = open_reader(&from, &info, image);
  if (!png) return -1;
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return -1;
  }
  png_read_info(png, info);
  fill_header(png, info, image);
  png_textp texts;
  int n = png_get_text(png, info, &texts, NULL);
  for (int i = 0; i < n; i++) {
    int is_utf8 = texts[i].compression >= PNG_ITXT_COMPRESSION_NONE;
    size_t length = is_utf8 ? texts[i].itxt_length : texts[i].text_length;
    found(context, texts[i].key, texts[i].text ? texts[i].text : "", texts[i].text ? length : 0, is_utf8);
  }
  png_destroy_read_struct(&png, &info, NULL);
  return 0;
}

typedef struct {
  void *context;
  void (*write)(void *context, const uint8_t *bytes, size_t count);
} sink;

static void push(png_structp png, png_bytep bytes, size_t count) {
  sink *to = png_get_io_ptr(png);
  to->write(to->context, bytes, count);
}

static void flush(png_structp png) { (void)png; }

int cpng_encode(const uint8_t *rgb, uint32_t width, uint32_t height, const cpng_text *texts, int text_count,
                void *context, void (*write)(void *context, const uint8_t *bytes, size_t count), cpng_image *image) {
  memset(image, 0, sizeof *image);
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, image, on_error, on_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (!info) {
    png_destroy_write_struct(&png, NULL);
    strcpy(image->message, "out of memory");
    return -1;
  }
  sink to = {context, write};
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return -1;
  }
  png_set_write_fn(png, &to, push, flush);
  png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  for (int i = 0; i < text_count; i++) {
    png_text text;
    memset(&text, 0, sizeof text);
    text.compression = texts[i].is_utf8 ? PNG_ITXT_COMPRESSION_NONE : PNG_TEXT_COMPRESSION_NONE;
    text.key = (png_charp)texts[i].keyword;
    text.text = (png_charp)texts[i].text;
    text.lang = (png_charp) "";
    text.lang_key = (png_charp) "";
    if (texts[i].is_utf8) {
      text.itxt_length = strlen(texts[i].text);
    } else {
      text.text_length = strlen(texts[i].text);
    }
    png_set_text(png, info, &text, 1);
  }
  png_write_info(png, info);
  for (uint32_t y = 0; y < height; y++) png_write_row(png, rgb + 3 * (size_t)width * y);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return 0;
}
