// The part of libcurl's interface that the bridge uses, for a libcurl that is found at run time.
//
// libcurl's functions are looked up by name in a library that is opened on demand, so that neither building nor
// starting the bridge needs it. The numbers below are part of libcurl's stable ABI (https://curl.se/libcurl/abi.html).
// What takes any type of argument in libcurl has a function for each type here, because Swift can't call such functions
// and because a wrong type would go unnoticed.

#ifndef CCURL_H
#define CCURL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// libcurl's handles. Nothing outside libcurl looks into them.
typedef struct ccurl_easy ccurl_easy;
typedef struct ccurl_multi ccurl_multi;
typedef struct ccurl_list ccurl_list;

/// What became of opening the library.
typedef enum {
  CCURL_LOADED,
  /// There is no such library; ccurl_load_error() has the system's words.
  CCURL_NOT_FOUND,
  /// There is a library of this name, but it is no libcurl.
  CCURL_NO_LIBCURL,
  /// It is older than 7.66, or lacks a function.
  CCURL_TOO_OLD,
  /// It can't do what it must: it has no TLS, makes callers wait for the look-up of a name, or failed to start.
  CCURL_UNUSABLE,
} ccurl_load_result;

/// Opens the library of this file name or path, once: later calls do nothing.
ccurl_load_result ccurl_load(const char *name);

/// The system's words for the last failure to open the library; "" if there are none.
const char *ccurl_load_error(void);

/// The version of the library that was opened, such as "7.88.1"; "" before.
const char *ccurl_version(void);

/// The TLS library that it uses and its version, such as "OpenSSL/3.0.11".
const char *ccurl_tls(void);

/// The file that the library was read from; "" where the system doesn't tell.
const char *ccurl_path(void);

/// Whether the library tells which CA certificates it trusts unless it is told otherwise; it does since 7.70.
bool ccurl_tells_ca(void);

/// The file of the CA certificates that it trusts unless it is told otherwise; NULL if it has none.
const char *ccurl_ca_file(void);

/// The folder of such certificates; NULL if it has none.
const char *ccurl_ca_folder(void);

/// Whether a handle may be used again for another request. From 7.83 until 8.1 a handle that is remembers the last
/// header of the answer before, which is freed, and adds to it what the next answer begins with, if that looks like a
/// folded header (https://github.com/curl/curl/pull/11103).
int ccurl_can_reuse(void);

/// Results of libcurl's functions (CURLcode); 0 is success.
enum {
  CCURLE_UNSUPPORTED_PROTOCOL = 1,
  CCURLE_URL_MALFORMAT = 3,
  CCURLE_COULDNT_RESOLVE_PROXY = 5,
  CCURLE_COULDNT_RESOLVE_HOST = 6,
  CCURLE_COULDNT_CONNECT = 7,
  CCURLE_WEIRD_SERVER_REPLY = 8,
  CCURLE_SSL_CONNECT_ERROR = 35,
  CCURLE_ABORTED_BY_CALLBACK = 42,
  /// Of a function of its own, too, which was given a header that is none.
  CCURLE_BAD_FUNCTION_ARGUMENT = 43,
  CCURLE_SSL_CERTPROBLEM = 58,
  CCURLE_SSL_CIPHER = 59,
  CCURLE_PEER_FAILED_VERIFICATION = 60,
  CCURLE_SEND_FAIL_REWIND = 65,
  CCURLE_SSL_CACERT_BADFILE = 77,
  CCURLE_SSL_ISSUER_ERROR = 83,
  CCURLE_PROXY = 97,
};

/// Options of a transfer (CURLoption).
typedef enum {
  CCURLOPT_WRITEDATA = 10001,
  CCURLOPT_URL = 10002,
  CCURLOPT_PROXY = 10004,
  CCURLOPT_READDATA = 10009,
  CCURLOPT_ERRORBUFFER = 10010,
  CCURLOPT_POSTFIELDS = 10015,
  CCURLOPT_USERAGENT = 10018,
  CCURLOPT_HTTPHEADER = 10023,
  CCURLOPT_HEADERDATA = 10029,
  CCURLOPT_SSLVERSION = 32,
  CCURLOPT_VERBOSE = 41,
  CCURLOPT_NOBODY = 44,
  CCURLOPT_POST = 47,
  CCURLOPT_SSL_VERIFYPEER = 64,
  CCURLOPT_FRESH_CONNECT = 74,
  CCURLOPT_FORBID_REUSE = 75,
  CCURLOPT_CAINFO = 10065,
  CCURLOPT_SSL_VERIFYHOST = 81,
  CCURLOPT_HTTP_VERSION = 84,
  CCURLOPT_DEBUGDATA = 10095,
  CCURLOPT_CAPATH = 10097,
  CCURLOPT_NOSIGNAL = 99,
  CCURLOPT_PRIVATE = 10103,
  CCURLOPT_POSTFIELDSIZE = 60,
  CCURLOPT_CONNECTTIMEOUT_MS = 156,
  CCURLOPT_SOCKOPTDATA = 10149,
  CCURLOPT_CERTINFO = 172,
  CCURLOPT_SUPPRESS_CONNECT_HEADERS = 265,
  // Since 7.80.
  CCURLOPT_PREREQDATA = 10313,
  // Since 7.87.
  CCURLOPT_QUICK_EXIT = 322,
} ccurl_option;

/// CURL_SSLVERSION_TLSv1_2: that version or a later one.
static const long CCURL_SSLVERSION_TLSv1_2 = 6;

/// CURL_HTTP_VERSION_NONE, the best that both sides know, and CURL_HTTP_VERSION_1_1.
static const long CCURL_HTTP_VERSION_NONE = 0, CCURL_HTTP_VERSION_1_1 = 2;

/// What there is to know of a transfer (CURLINFO).
typedef enum {
  CCURLINFO_RESPONSE_CODE = 0x200002,
  CCURLINFO_HTTP_CONNECTCODE = 0x200016,
  CCURLINFO_OS_ERRNO = 0x200019,
  CCURLINFO_PRIMARY_PORT = 0x200028,
  CCURLINFO_LOCAL_PORT = 0x20002a,
  CCURLINFO_NAMELOOKUP_TIME_T = 0x600033,
  CCURLINFO_CONNECT_TIME_T = 0x600034,
  CCURLINFO_PRETRANSFER_TIME_T = 0x600035,
  CCURLINFO_RETRY_AFTER = 0x600039,
  CCURLINFO_PRIVATE = 0x100015,
  CCURLINFO_REDIRECT_URL = 0x10001f,
  CCURLINFO_PRIMARY_IP = 0x100020,
} ccurl_info;

/// Options of a set of transfers (CURLMoption).
typedef enum {
  CCURLMOPT_MAXCONNECTS = 6,
} ccurl_multi_option;

/// The size that a buffer for CCURLOPT_ERRORBUFFER must have (CURL_ERROR_SIZE).
enum { CCURL_ERROR_SIZE = 256 };

/// What a read callback returns to end the transfer (CURL_READFUNC_ABORT).
enum { CCURL_READFUNC_ABORT = 0x10000000 };

/// What a socket function is told to wait for (CURL_POLL_*).
enum { CCURL_POLL_NONE = 0, CCURL_POLL_IN = 1, CCURL_POLL_OUT = 2, CCURL_POLL_INOUT = 3, CCURL_POLL_REMOVE = 4 };

/// What a sockopt function returns to have the socket used (CURL_SOCKOPT_OK), or closed (CURL_SOCKOPT_ERROR).
enum { CCURL_SOCKOPT_OK = 0, CCURL_SOCKOPT_ERROR = 1 };

/// What a prereq function returns to have the request sent (CURL_PREREQFUNC_OK), or not (CURL_PREREQFUNC_ABORT).
enum { CCURL_PREREQFUNC_OK = 0, CCURL_PREREQFUNC_ABORT = 1 };

/// What a debug function is told: libcurl's own words about the connection (CURLINFO_TEXT). All else is what is sent and
/// received.
enum { CCURL_DEBUG_TEXT = 0 };

/// Takes `count` bytes (the size is always 1) and returns how many it took; fewer end the transfer.
typedef size_t (*ccurl_write_function)(char *bytes, size_t size, size_t count, void *data);
/// Puts up to `size * count` bytes in the buffer and returns how many; 0 at the end.
typedef size_t (*ccurl_read_function)(char *buffer, size_t size, size_t count, void *data);
/// Learns what libcurl does, if CCURLOPT_VERBOSE is set. Returns 0.
typedef int (*ccurl_debug_function)(ccurl_easy *easy, int what, char *bytes, size_t count, void *data);
/// Says whether a new socket may be used.
typedef int (*ccurl_sockopt_function)(void *data, int socket, int purpose);
/// Says whether a request may go out on the connection that it has got, each time that libcurl is about to send it.
typedef int (*ccurl_prereq_function)(
  void *data, char *remote_address, char *own_address, int remote_port, int own_port);
/// Learns what to wait for on a socket (CURL_POLL_*), instead of what it was told before. Returns 0.
typedef int (*ccurl_socket_function)(ccurl_easy *easy, int socket, int what, void *data, void *socket_data);
/// Learns in how many milliseconds ccurl_multi_take_timer() is due, instead of what it was told before; -1 for never.
/// Returns 0.
typedef int (*ccurl_timer_function)(ccurl_multi *multi, long milliseconds, void *data);

// One transfer (https://curl.se/libcurl/c/libcurl-easy.html).
ccurl_easy *ccurl_easy_init(void);
/// Another with the same options, which share what they point to; NULL where memory is out.
ccurl_easy *ccurl_easy_duplicate(ccurl_easy *easy);
void ccurl_easy_cleanup(ccurl_easy *easy);
int ccurl_easy_set_long(ccurl_easy *easy, ccurl_option option, long value);
int ccurl_easy_set_string(ccurl_easy *easy, ccurl_option option, const char *value);
int ccurl_easy_set_pointer(ccurl_easy *easy, ccurl_option option, void *value);
int ccurl_easy_set_list(ccurl_easy *easy, ccurl_option option, ccurl_list *value);
int ccurl_easy_set_write_function(ccurl_easy *easy, ccurl_write_function function);
int ccurl_easy_set_header_function(ccurl_easy *easy, ccurl_write_function function);
int ccurl_easy_set_read_function(ccurl_easy *easy, ccurl_read_function function);
int ccurl_easy_set_sockopt_function(ccurl_easy *easy, ccurl_sockopt_function function);
int ccurl_easy_set_debug_function(ccurl_easy *easy, ccurl_debug_function function);
/// Fails before 7.80, which knows no such function.
int ccurl_easy_set_prereq_function(ccurl_easy *easy, ccurl_prereq_function function);
/// A number of the transfer, of either of libcurl's types; 0 where there is none.
int64_t ccurl_easy_number(ccurl_easy *easy, ccurl_info info);
/// A pointer or string of the transfer; NULL where there is none.
void *ccurl_easy_pointer(ccurl_easy *easy, ccurl_info info);
/// What the certificate that the transfer was shown says of itself under a name such as "Expire date", whose case depends
/// on the TLS library; NULL if it says nothing, or CCURLOPT_CERTINFO is not set.
const char *ccurl_easy_certificate(ccurl_easy *easy, const char *name);
/// libcurl's words for a result.
const char *ccurl_easy_strerror(int code);

// A list of strings, such as a request's headers. Appending returns the list, or NULL where memory is out.
ccurl_list *ccurl_list_append(ccurl_list *list, const char *text);
void ccurl_list_free(ccurl_list *list);

// Many transfers at once (https://curl.se/libcurl/c/libcurl-multi.html). Results are 0 on success (CURLMcode).
ccurl_multi *ccurl_multi_init(void);
void ccurl_multi_cleanup(ccurl_multi *multi);
int ccurl_multi_set_long(ccurl_multi *multi, ccurl_multi_option option, long value);
int ccurl_multi_set_socket_function(ccurl_multi *multi, ccurl_socket_function function, void *data);
int ccurl_multi_set_timer_function(ccurl_multi *multi, ccurl_timer_function function, void *data);
int ccurl_multi_add(ccurl_multi *multi, ccurl_easy *easy);
int ccurl_multi_remove(ccurl_multi *multi, ccurl_easy *easy);
/// Does what is possible now that `poll` has filled in this target, which a socket function had asked for.
int ccurl_multi_take(ccurl_multi *multi, const struct pollfd *target);
/// Does what is due now, above all for transfers that were added.
int ccurl_multi_take_timer(ccurl_multi *multi);
/// The next transfer that is done, and its result; NULL when there is none.
ccurl_easy *ccurl_multi_next_done(ccurl_multi *multi, int *result);

#endif
