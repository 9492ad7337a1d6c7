// The Compact Language Detector 2, whose interface is C++.
#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The code of the language that most of a text is in; NULL when the detector itself does not rely on its answer.
///
/// - Parameter text: UTF-8 without markup.
/// - Returns: A string that lasts.
const char *ccld2_language(const char *text, size_t length);

#ifdef __cplusplus
}
#endif
