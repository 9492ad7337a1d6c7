// JPEG through libjpeg-turbo, whose errors arrive by longjmp: caught here and handed out as messages.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint32_t width, height;
  /// Colour channels in the file: 1 grey, 3 colour, 4 CMYK.
  int components;
  /// EXIF orientation 1...8; 1 when the file names none.
  int orientation;
  char message[256];
} cjpeg_image;

/// Reads the header. Returns 0, or -1 with a message.
int cjpeg_read_header(const uint8_t *bytes, size_t count, cjpeg_image *image);

/// Decodes grey and colour files to 8-bit RGB as they are stored (not turned), `3 * width * height` bytes.
/// Returns 0, or -1 with a message: a truncated or damaged file is an error, not a grey area.
int cjpeg_decode(const uint8_t *bytes, size_t count, uint8_t *rgb, cjpeg_image *image);

/// Encodes 8-bit RGB rows as a baseline JPEG in memory that the caller frees with free(3); quality is 1...100.
/// Returns 0, or -1 with a message and nothing to free.
int cjpeg_encode(const uint8_t *rgb, uint32_t width, uint32_t height, int quality, uint8_t **bytes, size_t *count,
                 cjpeg_image *image);
