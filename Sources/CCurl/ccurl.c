#include "CCurl.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct {
  const ccurl_request *request;
  ccurl_reply *reply;
  size_t capacity;
  int is_too_large, is_out_of_memory;
} exchange;

static void start_library(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
  exchange *own = context;
  ccurl_reply *reply = own->reply;
  size_t length = size * count;
  if (length > own->request->reply_limit - reply->body_count) {
    own->is_too_large = 1;
    return CURL_WRITEFUNC_ERROR;
  }
  if (reply->body_count + length > own->capacity) {
    size_t capacity = 2 * (reply->body_count + length);
    uint8_t *body = realloc(reply->body, capacity);
    if (!body) {
      own->is_out_of_memory = 1;
      return CURL_WRITEFUNC_ERROR;
    }
    reply->body = body;
    own->capacity = capacity;
  }
  memcpy(reply->body + reply->body_count, bytes, length);
  reply->body_count += length;
  return length;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context) {
  static const char name[] = "retry-after:";
  ccurl_reply *reply = ((exchange *)context)->reply;
  size_t length = size * count, start = sizeof name - 1;
  // A status line begins a new reply: the one before was a mere "continue".
  if (length >= 5 && !memcmp(bytes, "HTTP/", 5)) reply->retry_after[0] = 0;
  if (length <= start || strncasecmp(bytes, name, start)) return length;
  while (start < length && (bytes[start] == ' ' || bytes[start] == '\t')) start++;
  size_t end = length;
  while (end > start && (unsigned char)bytes[end - 1] <= ' ') end--;
  if (end - start < sizeof reply->retry_after) {
    memcpy(reply->retry_after, bytes + start, end - start);
    reply->retry_after[end - start] = 0;
  }
  return length;
}

static int on_progress(void *context, curl_off_t total, curl_off_t now, curl_off_t upload, curl_off_t sent) {
  (void)total, (void)now, (void)upload, (void)sent;
  const ccurl_request *request = ((exchange *)context)->request;
  return request->is_cancelled && request->is_cancelled(request->context);
}

static ccurl_outcome outcome(CURLcode code, const exchange *own) {
  if (own->is_too_large) return CCURL_TOO_LARGE;
  switch (code) {
    case CURLE_OK: return CCURL_DONE;
    case CURLE_ABORTED_BY_CALLBACK: return CCURL_CANCELLED;
    case CURLE_OPERATION_TIMEDOUT: return CCURL_TIMED_OUT;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return CCURL_UNKNOWN_HOST;
    case CURLE_COULDNT_CONNECT: return CCURL_NOT_CONNECTED;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS: return CCURL_TLS;
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return CCURL_BROKEN;
    default: return CCURL_FAILED;
  }
}

ccurl_outcome ccurl_post(const ccurl_request *request, ccurl_reply *reply) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, start_library);
  memset(reply, 0, sizeof *reply);
  exchange own = {request, reply, 0, 0, 0};
  struct curl_slist *headers = NULL;
  CURL *curl = curl_easy_init();
  int is_ready = curl != NULL;
  for (size_t i = 0; i < request->header_count && is_ready; i++) {
    struct curl_slist *longer = curl_slist_append(headers, request->headers[i]);
    if (longer) headers = longer;
    is_ready = longer != NULL;
  }
  if (!is_ready) {
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    strcpy(reply->message, "out of memory");
    return CCURL_FAILED;
  }
  char error[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(curl, CURLOPT_URL, request->url);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_count);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, request->timeout_milliseconds);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, request->connect_milliseconds);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &own);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &own);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &own);
  CURLcode code = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
  const char *message = own.is_out_of_memory ? "out of memory" : error[0] ? error : curl_easy_strerror(code);
  if (code != CURLE_OK) strncpy(reply->message, message, sizeof reply->message - 1);
  curl_easy_cleanup(curl);
  curl_slist_free_all(headers);
  return outcome(code, &own);
}

void ccurl_free(ccurl_reply *reply) {
  free(reply->body);
  reply->body = NULL;
  reply->body_count = 0;
}
