#include "CJPEG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

typedef struct {
  struct jpeg_error_mgr manager;
  jmp_buf escape;
  char *message;
} trap;

static void on_error(j_common_ptr info) {
  trap *error = (trap *)info->err;
  char text[JMSG_LENGTH_MAX];
  info->err->format_message(info, text);
  strncpy(error->message, text, 255);
  error->message[255] = 0;
  longjmp(error->escape, 1);
}

// A negative level is damage that libjpeg would paper over with grey.
static void on_message(j_common_ptr info, int level) {
  if (level < 0) on_error(info);
}

static uint32_t number(const uint8_t *at, int bytes, int little) {
  uint32_t value = 0;
  for (int i = 0; i < bytes; i++) value |= (uint32_t)at[i] << 8 * (little ? i : bytes - 1 - i);
  return value;
}

// The orientation tag (0x0112) of the first image directory of an EXIF block, every offset checked.
static int exif_orientation(const uint8_t *data, size_t count) {
  if (count < 14 || memcmp(data, "Exif\0\0", 6)) return 1;
  const uint8_t *tiff = data + 6;
  size_t size = count - 6;
  int little = tiff[0] == 'I';
  if (!(little || tiff[0] == 'M') || tiff[0] != tiff[1] || number(tiff + 2, 2, little) != 42) return 1;
  size_t directory = number(tiff + 4, 4, little);
  if (directory > size - 2) return 1;
  size_t entries = number(tiff + directory, 2, little);
  for (size_t i = 0; i < entries; i++) {
    size_t at = directory + 2 + 12 * i;
    if (at + 12 > size) return 1;
    if (number(tiff + at, 2, little) != 0x0112) continue;
    uint32_t value = number(tiff + at + 8, 2, little);
    return value >= 1 && value <= 8 ? (int)value : 1;
  }
  return 1;
}

static void read_header(struct jpeg_decompress_struct *info, const uint8_t *bytes, size_t count, cjpeg_image *image) {
  jpeg_mem_src(info, bytes, count);
  jpeg_save_markers(info, JPEG_APP0 + 1, 0xffff);
  jpeg_read_header(info, TRUE);
  image->width = info->image_width;
  image->height = info->image_height;
  image->components = info->num_components;
  image->orientation = 1;
  for (jpeg_saved_marker_ptr marker = info->marker_list; marker; marker = marker->next)
    if (marker->marker == JPEG_APP0 + 1 && image->orientation == 1)
      image->orientation = exif_orientation(marker->data, marker->data_length);
}

static void arm(struct jpeg_decompress_struct *info, trap *error, cjpeg_image *image) {
  memset(image, 0, sizeof *image);
  info->err = jpeg_std_error(&error->manager);
  error->manager.error_exit = on_error;
  error->manager.emit_message = on_message;
  error->message = image->message;
}

int cjpeg_read_header(const uint8_t *bytes, size_t count, cjpeg_image *image) {
  struct jpeg_decompress_struct info;
  trap error;
  memset(&info, 0, sizeof info);
  arm(&info, &error, image);
  if (setjmp(error.escape)) {
    jpeg_destroy_decompress(&info);
    return -1;
  }
  jpeg_create_decompress(&info);
  read_header(&info, bytes, count, image);
  jpeg_destroy_decompress(&info);
  return 0;
}

int cjpeg_decode(const uint8_t *bytes, size_t count, uint8_t *rgb, cjpeg_image *image) {
  struct jpeg_decompress_struct info;
  trap error;
  memset(&info, 0, sizeof info);
  arm(&info, &error, image);
  if (setjmp(error.escape)) {
    jpeg_destroy_decompress(&info);
    return -1;
  }
  jpeg_create_decompress(&info);
  read_header(&info, bytes, count, image);
  info.out_color_space = JCS_RGB;
  jpeg_start_decompress(&info);
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = rgb + 3 * (size_t)info.output_width * info.output_scanline;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return 0;
}

int cjpeg_encode(const uint8_t *rgb, uint32_t width, uint32_t height, int quality, uint8_t **bytes, size_t *count,
                 cjpeg_image *image) {
  struct jpeg_compress_struct info;
  trap error;
  // Volatile: libjpeg sets them between setjmp and longjmp.
  unsigned char *volatile buffer = NULL;
  volatile unsigned long size = 0;
  memset(&info, 0, sizeof info);
  memset(image, 0, sizeof *image);
  info.err = jpeg_std_error(&error.manager);
  error.manager.error_exit = on_error;
  error.message = image->message;
  if (setjmp(error.escape)) {
    jpeg_destroy_compress(&info);
    free(buffer);
    return -1;
  }
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, (unsigned char **)&buffer, (unsigned long *)&size);
  info.image_width = width;
  info.image_height = height;
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < height) {
    JSAMPROW row = (JSAMPROW)rgb + 3 * (size_t)width * info.next_scanline;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  *bytes = buffer;
  *count = size;
  return 0;
}
