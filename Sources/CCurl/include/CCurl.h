// One HTTP POST through libcurl, whose interface is variadic and works by callbacks: both stay in this target.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef enum {
  /// There is a whole reply, whatever its status.
  CCURL_DONE,
  CCURL_CANCELLED,
  CCURL_TIMED_OUT,
  /// The body exceeds the limit; reading stopped there.
  CCURL_TOO_LARGE,
  CCURL_UNKNOWN_HOST,
  CCURL_NOT_CONNECTED,
  /// No agreement on encryption, or a certificate that is not trusted.
  CCURL_TLS,
  /// The connection ended before the reply did, or what came is not HTTP.
  CCURL_BROKEN,
  CCURL_FAILED,
} ccurl_outcome;

typedef struct {
  /// `http` or `https`; redirections are not followed.
  const char *url;
  /// Lines `Name: value`.
  const char *const *headers;
  size_t header_count;
  const uint8_t *body;
  size_t body_count;
  /// For the whole exchange.
  long timeout_milliseconds;
  long connect_milliseconds;
  /// Bytes of the reply's body.
  size_t reply_limit;
  void *context;
  /// Asked about once a second or more often; nonzero ends the exchange.
  int (*is_cancelled)(void *context);
} ccurl_request;

typedef struct {
  long status;
  /// The header Retry-After as it came; empty without one.
  char retry_after[64];
  uint8_t *body;
  size_t body_count;
  /// Why the exchange failed.
  char message[256];
} ccurl_reply;

/// Free the reply afterwards, whatever the outcome.
ccurl_outcome ccurl_post(const ccurl_request *request, ccurl_reply *reply);
void ccurl_free(ccurl_reply *reply);
