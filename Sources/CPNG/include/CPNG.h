// PNG through libpng's full interface. libpng reports errors by longjmp, which Swift cannot receive: this target catches
// it here and hands out messages.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint32_t width, height;
  /// Nonzero when there is an alpha channel, a transparent colour or a palette with transparency.
  int has_alpha;
  char message[256];
} cpng_image;

/// Reads the header. Returns 0, or -1 with a message.
int cpng_read_header(const uint8_t *bytes, size_t count, cpng_image *image);

/// Decodes to 8-bit RGBA, rows from the top, `4 * width * height` bytes; 16-bit samples keep their high byte.
/// Returns 0, or -1 with a message (then the pixels are not to be used).
int cpng_decode(const uint8_t *bytes, size_t count, uint8_t *rgba, cpng_image *image);

/// Calls `found` with every text chunk: keyword and UTF-8 or Latin-1 text (`is_utf8`).
int cpng_read_texts(const uint8_t *bytes, size_t count, void *context,
                    void (*found)(void *context, const char *keyword, const char *text, size_t length, int is_utf8),
                    cpng_image *image);

typedef struct {
  const char *keyword;
  const char *text;
  /// Nonzero for an iTXt chunk (UTF-8), zero for tEXt (Latin-1).
  int is_utf8;
} cpng_text;

/// Encodes 8-bit RGB; `write` receives the file piece by piece. Returns 0, or -1 with a message.
int cpng_encode(const uint8_t *rgb, uint32_t width, uint32_t height, const cpng_text *texts, int text_count,
                void *context, void (*write)(void *context, const uint8_t *bytes, size_t count), cpng_image *image);
