#include "CCLD2.h"

#include <climits>
// The detector's header names FILE and does not include this.
#include <cstdio>

#include <cld2/public/compact_lang_det.h>

const char *ccld2_language(const char *text, size_t length) {
  bool is_reliable = false;
  const CLD2::Language language =
      CLD2::DetectLanguage(text, length < INT_MAX ? static_cast<int>(length) : INT_MAX, true, &is_reliable);
  return is_reliable && language != CLD2::UNKNOWN_LANGUAGE ? CLD2::LanguageCode(language) : nullptr;
}
