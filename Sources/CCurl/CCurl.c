// For dladdr.
#define _GNU_SOURCE

#include "CCurl.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

// What libcurl's headers declare, as far as it is used.
struct version_info {
  int age;
  const char *version;
  unsigned version_number;
  const char *host;
  int features;
  const char *tls;
  long tls_number;
  const char *zlib;
  const char *const *protocols;
  const char *ares;
  int ares_number;
  const char *idn;
  int iconv_number;
  const char *ssh;
  unsigned brotli_number;
  const char *brotli;
  unsigned http2_number;
  const char *http2;
  const char *quic;
  const char *ca_file;
  const char *ca_folder;
};

struct ccurl_list {
  char *text;
  ccurl_list *next;
};

struct certificates {
  int count;
  ccurl_list **lists;
};

struct message {
  int kind;
  ccurl_easy *easy;
  union {
    void *pointer;
    int result;
  } data;
};

enum {
  OLDEST_VERSION = 0x074200,
  FIRST_OF_LINGERING_HEADERS = 0x075300,
  FIRST_WITHOUT_THEM = 0x080100,
  FEATURE_SSL = 1 << 2,
  FEATURE_ASYNCHDNS = 1 << 7,
  VERSION_NOW = 0,
  FIRST_AGE_WITH_CA = 6,
  GLOBAL_DEFAULT = 3,
  CSELECT_IN = 1,
  CSELECT_OUT = 2,
  CSELECT_ERR = 4,
  SOCKET_TIMEOUT = -1,
  MESSAGE_DONE = 1,
  OPTION_WRITEFUNCTION = 20011,
  OPTION_READFUNCTION = 20012,
  OPTION_HEADERFUNCTION = 20079,
  OPTION_DEBUGFUNCTION = 20094,
  OPTION_SOCKOPTFUNCTION = 20148,
  OPTION_PREREQFUNCTION = 20312,
  MULTI_OPTION_SOCKETFUNCTION = 20001,
  MULTI_OPTION_SOCKETDATA = 10002,
  MULTI_OPTION_TIMERFUNCTION = 20004,
  MULTI_OPTION_TIMERDATA = 10005,
  INFO_TYPE_MASK = 0xf00000,
  INFO_LONG = 0x200000,
  INFO_CERTINFO = 0x400022,
};

// The library's functions. All are set, or none is.
static struct {
  int (*global_init)(long flags);
  const struct version_info *(*version_info)(int age);
  ccurl_easy *(*easy_init)(void);
  ccurl_easy *(*easy_duphandle)(ccurl_easy *easy);
  void (*easy_cleanup)(ccurl_easy *easy);
  int (*easy_setopt)(ccurl_easy *easy, int option, ...);
  int (*easy_getinfo)(ccurl_easy *easy, int info, ...);
  const char *(*easy_strerror)(int code);
  ccurl_list *(*slist_append)(ccurl_list *list, const char *text);
  void (*slist_free_all)(ccurl_list *list);
  ccurl_multi *(*multi_init)(void);
  int (*multi_cleanup)(ccurl_multi *multi);
  int (*multi_setopt)(ccurl_multi *multi, int option, ...);
  int (*multi_add_handle)(ccurl_multi *multi, ccurl_easy *easy);
  int (*multi_remove_handle)(ccurl_multi *multi, ccurl_easy *easy);
  int (*multi_socket_action)(ccurl_multi *multi, int descriptor, int events, int *running);
  struct message *(*multi_info_read)(ccurl_multi *multi, int *left);
} curl;

static const struct {
  const char *name;
  void **function;
} symbols[] = {
  {"curl_global_init", (void **)&curl.global_init},
  {"curl_version_info", (void **)&curl.version_info},
  {"curl_easy_init", (void **)&curl.easy_init},
  {"curl_easy_duphandle", (void **)&curl.easy_duphandle},
  {"curl_easy_cleanup", (void **)&curl.easy_cleanup},
  {"curl_easy_setopt", (void **)&curl.easy_setopt},
  {"curl_easy_getinfo", (void **)&curl.easy_getinfo},
  {"curl_easy_strerror", (void **)&curl.easy_strerror},
  {"curl_slist_append", (void **)&curl.slist_append},
  {"curl_slist_free_all", (void **)&curl.slist_free_all},
  {"curl_multi_init", (void **)&curl.multi_init},
  {"curl_multi_cleanup", (void **)&curl.multi_cleanup},
  {"curl_multi_setopt", (void **)&curl.multi_setopt},
  {"curl_multi_add_handle", (void **)&curl.multi_add_handle},
  {"curl_multi_remove_handle", (void **)&curl.multi_remove_handle},
  {"curl_multi_socket_action", (void **)&curl.multi_socket_action},
  {"curl_multi_info_read", (void **)&curl.multi_info_read},
};

static void *library;
// What it says of itself, once it is open.
static const struct version_info *about;
static char path[4096];
static char version[32];
static int can_reuse;
static char load_error[512];

static ccurl_load_result give_up(void *handle, ccurl_load_result result) {
  memset(&curl, 0, sizeof curl);
  dlclose(handle);
  return result;
}

ccurl_load_result ccurl_load(const char *name) {
  if (library) return CCURL_LOADED;
  version[0] = load_error[0] = 0;
  void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *words = dlerror();
    snprintf(load_error, sizeof load_error, "%s", words ? words : "");
    return CCURL_NOT_FOUND;
  }
  const struct version_info *(*version_info)(int) = dlsym(handle, "curl_version_info");
  const struct version_info *info = version_info ? version_info(VERSION_NOW) : NULL;
  if (info && info->version) snprintf(version, sizeof version, "%s", info->version);
  if (!info) return give_up(handle, CCURL_NO_LIBCURL);
  if (info->version_number < OLDEST_VERSION) return give_up(handle, CCURL_TOO_OLD);
  for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
    *symbols[i].function = dlsym(handle, symbols[i].name);
    if (!*symbols[i].function) return give_up(handle, CCURL_TOO_OLD);
  }
  const int needed = FEATURE_SSL | FEATURE_ASYNCHDNS;
  if ((info->features & needed) != needed || curl.global_init(GLOBAL_DEFAULT)) return give_up(handle, CCURL_UNUSABLE);
  can_reuse = info->version_number < FIRST_OF_LINGERING_HEADERS || info->version_number >= FIRST_WITHOUT_THEM;
  library = handle;
  about = info;
  Dl_info place;
  if (dladdr((void *)version_info, &place) && place.dli_fname) snprintf(path, sizeof path, "%s", place.dli_fname);
  return CCURL_LOADED;
}

const char *ccurl_load_error(void) { return load_error; }

const char *ccurl_version(void) { return version; }

const char *ccurl_tls(void) { return about && about->tls ? about->tls : ""; }

const char *ccurl_path(void) { return path; }

bool ccurl_tells_ca(void) { return about && about->age >= FIRST_AGE_WITH_CA; }

const char *ccurl_ca_file(void) { return ccurl_tells_ca() ? about->ca_file : NULL; }

const char *ccurl_ca_folder(void) { return ccurl_tells_ca() ? about->ca_folder : NULL; }

int ccurl_can_reuse(void) { return can_reuse; }

ccurl_easy *ccurl_easy_init(void) { return curl.easy_init(); }

ccurl_easy *ccurl_easy_duplicate(ccurl_easy *easy) { return curl.easy_duphandle(easy); }

void ccurl_easy_cleanup(ccurl_easy *easy) { curl.easy_cleanup(easy); }

int ccurl_easy_set_long(ccurl_easy *easy, ccurl_option option, long value) {
  return curl.easy_setopt(easy, option, value);
}

int ccurl_easy_set_string(ccurl_easy *easy, ccurl_option option, const char *value) {
  return curl.easy_setopt(easy, option, value);
}

int ccurl_easy_set_pointer(ccurl_easy *easy, ccurl_option option, void *value) {
  return curl.easy_setopt(easy, option, value);
}

int ccurl_easy_set_list(ccurl_easy *easy, ccurl_option option, ccurl_list *value) {
  return curl.easy_setopt(easy, option, value);
}

int ccurl_easy_set_write_function(ccurl_easy *easy, ccurl_write_function function) {
  return curl.easy_setopt(easy, OPTION_WRITEFUNCTION, function);
}

int ccurl_easy_set_header_function(ccurl_easy *easy, ccurl_write_function function) {
  return curl.easy_setopt(easy, OPTION_HEADERFUNCTION, function);
}

int ccurl_easy_set_read_function(ccurl_easy *easy, ccurl_read_function function) {
  return curl.easy_setopt(easy, OPTION_READFUNCTION, function);
}

int ccurl_easy_set_sockopt_function(ccurl_easy *easy, ccurl_sockopt_function function) {
  return curl.easy_setopt(easy, OPTION_SOCKOPTFUNCTION, function);
}

int ccurl_easy_set_debug_function(ccurl_easy *easy, ccurl_debug_function function) {
  return curl.easy_setopt(easy, OPTION_DEBUGFUNCTION, function);
}

int ccurl_easy_set_prereq_function(ccurl_easy *easy, ccurl_prereq_function function) {
  return curl.easy_setopt(easy, OPTION_PREREQFUNCTION, function);
}

int64_t ccurl_easy_number(ccurl_easy *easy, ccurl_info info) {
  if ((info & INFO_TYPE_MASK) == INFO_LONG) {
    long value = 0;
    return curl.easy_getinfo(easy, info, &value) ? 0 : value;
  }
  int64_t value = 0;
  return curl.easy_getinfo(easy, info, &value) ? 0 : value;
}

void *ccurl_easy_pointer(ccurl_easy *easy, ccurl_info info) {
  void *value = NULL;
  return curl.easy_getinfo(easy, info, &value) ? NULL : value;
}

const char *ccurl_easy_certificate(ccurl_easy *easy, const char *name) {
  struct certificates *all = NULL;
  if (curl.easy_getinfo(easy, INFO_CERTINFO, &all) || !all || all->count < 1 || !all->lists) return NULL;
  const size_t size = strlen(name);
  for (const ccurl_list *entry = all->lists[0]; entry; entry = entry->next) {
    if (entry->text && !strncasecmp(entry->text, name, size) && entry->text[size] == ':') return entry->text + size + 1;
  }
  return NULL;
}

const char *ccurl_easy_strerror(int code) { return curl.easy_strerror(code); }

ccurl_list *ccurl_list_append(ccurl_list *list, const char *text) { return curl.slist_append(list, text); }

void ccurl_list_free(ccurl_list *list) { curl.slist_free_all(list); }

ccurl_multi *ccurl_multi_init(void) { return curl.multi_init(); }

void ccurl_multi_cleanup(ccurl_multi *multi) { curl.multi_cleanup(multi); }

int ccurl_multi_set_long(ccurl_multi *multi, ccurl_multi_option option, long value) {
  return curl.multi_setopt(multi, option, value);
}

int ccurl_multi_set_socket_function(ccurl_multi *multi, ccurl_socket_function function, void *data) {
  return curl.multi_setopt(multi, MULTI_OPTION_SOCKETDATA, data)
         || curl.multi_setopt(multi, MULTI_OPTION_SOCKETFUNCTION, function);
}

int ccurl_multi_set_timer_function(ccurl_multi *multi, ccurl_timer_function function, void *data) {
  return curl.multi_setopt(multi, MULTI_OPTION_TIMERDATA, data)
         || curl.multi_setopt(multi, MULTI_OPTION_TIMERFUNCTION, function);
}

int ccurl_multi_add(ccurl_multi *multi, ccurl_easy *easy) { return curl.multi_add_handle(multi, easy); }

int ccurl_multi_remove(ccurl_multi *multi, ccurl_easy *easy) { return curl.multi_remove_handle(multi, easy); }

int ccurl_multi_take(ccurl_multi *multi, const struct pollfd *target) {
  // As libcurl does where it calls poll itself.
  const short seen = target->revents;
  int events = 0;
  if (target->events & POLLIN) {
    events |= (seen & (POLLIN | POLLERR | POLLHUP) ? CSELECT_IN : 0) | (seen & (POLLPRI | POLLNVAL) ? CSELECT_ERR : 0);
  }
  if (target->events & POLLOUT) {
    events |= (seen & POLLOUT ? CSELECT_OUT : 0) | (seen & (POLLERR | POLLHUP | POLLPRI | POLLNVAL) ? CSELECT_ERR : 0);
  }
  int running;
  return curl.multi_socket_action(multi, target->fd, events, &running);
}

int ccurl_multi_take_timer(ccurl_multi *multi) {
  int running;
  return curl.multi_socket_action(multi, SOCKET_TIMEOUT, 0, &running);
}

ccurl_easy *ccurl_multi_next_done(ccurl_multi *multi, int *result) {
  struct message *message;
  int left;
  while ((message = curl.multi_info_read(multi, &left))) {
    if (message->kind != MESSAGE_DONE) continue;
    *result = message->data.result;
    return message->easy;
  }
  return NULL;
}
