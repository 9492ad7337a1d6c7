// Fails one system call of a program, or kills the program at it: loaded with LD_PRELOAD.
//
// Counted are the calls on files below SCISPOOL_FAULT_ROOT that open, read, write, sync, rename, make or remove. At the call
// with the number SCISPOOL_FAULT_AT that can fail so, SCISPOOL_FAULT_KIND happens: the name of an error (ENOSPC, EIO, EINTR,
// EMFILE, EACCES), SHORT (half of a write), FULL (no space from then on), KILL (SIGKILL before the call) or KILLED (after it).
// SCISPOOL_FAULT_TRACE names a file that gets a line for every call. Programs started from this one are left alone.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum ability { NO_SPACE = 1, IO = 2, INTERRUPTED = 4, DESCRIPTORS = 8, ACCESS = 16, SHORT = 32 };

static char root[4096];
static size_t root_length;
static long at;
static int error_number, ability_needed, is_short, is_full, kills_before, kills_after;
static int trace = -1;
static atomic_long count;
static atomic_int full;

static void read_settings(const char *kind) {
  static const struct { const char *name; int number, ability; } errors[] = {
      {"ENOSPC", ENOSPC, NO_SPACE}, {"EIO", EIO, IO}, {"EINTR", EINTR, INTERRUPTED}, {"EMFILE", EMFILE, DESCRIPTORS},
      {"EACCES", EACCES, ACCESS}, {"FULL", ENOSPC, NO_SPACE}, {"SHORT", 0, SHORT}};
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
    if (!strcmp(kind, errors[i].name)) error_number = errors[i].number, ability_needed = errors[i].ability;
  is_short = !strcmp(kind, "SHORT");
  is_full = !strcmp(kind, "FULL");
  kills_before = !strcmp(kind, "KILL");
  kills_after = !strcmp(kind, "KILLED");
}

__attribute__((constructor)) static void begin(void) {
  const char *folder = getenv("SCISPOOL_FAULT_ROOT"), *number = getenv("SCISPOOL_FAULT_AT"),
             *kind = getenv("SCISPOOL_FAULT_KIND"), *file = getenv("SCISPOOL_FAULT_TRACE");
  // The worker and hooks are other programs.
  unsetenv("LD_PRELOAD");
  if (!folder || strlen(folder) >= sizeof root) return;
  strcpy(root, folder);
  root_length = strlen(root);
  at = number ? atol(number) : 0;
  if (kind) read_settings(kind);
  if (file) trace = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_below(const char *path) { return root_length && path && !strncmp(path, root, root_length); }

static int path_of(int descriptor, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  long length = syscall(SYS_readlink, link, path, size - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return 1;
}

// Whether this is the call: 0 to go on, 1 to fail with errno set, 2 to do half, 3 to do it and be killed.
static int strikes(const char *call, const char *path, int abilities) {
  if (!is_below(path)) return 0;
  long number = atomic_fetch_add(&count, 1) + 1;
  if (trace >= 0) {
    char line[4300];
    int length = snprintf(line, sizeof line, "%ld %s %s\n", number, call, path + root_length);
    syscall(SYS_write, trace, line, (size_t)length);
  }
  if (atomic_load(&full) && (abilities & NO_SPACE)) {
    errno = ENOSPC;
    return 1;
  }
  if (number != at) return 0;
  if (kills_before) kill(getpid(), SIGKILL);
  if (kills_after) return 3;
  if (!(abilities & ability_needed)) return 0;
  if (is_full) atomic_store(&full, 1);
  if (is_short) return 2;
  errno = error_number;
  return 1;
}

static int strikes_descriptor(const char *call, int descriptor, int abilities) {
  char path[4096];
  if (!root_length || !path_of(descriptor, path, sizeof path)) return 0;
  return strikes(call, path, abilities);
}

static int strikes_at(const char *call, int folder, const char *name, int abilities) {
  char path[4096];
  if (!root_length || !name) return 0;
  if (*name == '/') return strikes(call, name, abilities);
  if (folder == AT_FDCWD || !path_of(folder, path, sizeof path)) return 0;
  size_t length = strlen(path);
  snprintf(path + length, sizeof path - length, "/%s", name);
  return strikes(call, path, abilities);
}

static long over(int strike, long result) {
  if (strike == 3) kill(getpid(), SIGKILL);
  return result;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define MODE(flags) \
  mode_t mode = 0; \
  if (flags & (O_CREAT | O_TMPFILE)) { \
    va_list list; \
    va_start(list, flags); \
    mode = va_arg(list, mode_t); \
    va_end(list); \
  }
// A file that one may not read is somebody's doing, and refused; one that one may not make is trouble.
#define OPENING (IO | INTERRUPTED | DESCRIPTORS | (flags & O_CREAT ? NO_SPACE | ACCESS : 0))

int open(const char *path, int flags, ...) {
  MODE(flags)
  int strike = strikes("open", path, OPENING);
  return strike == 1 ? -1 : (int)over(strike, syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}
int open64(const char *path, int flags, ...) {
  MODE(flags)
  int strike = strikes("open", path, OPENING);
  return strike == 1 ? -1 : (int)over(strike, syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}
int openat(int folder, const char *path, int flags, ...) {
  MODE(flags)
  int strike = strikes_at("open", folder, path, OPENING);
  return strike == 1 ? -1 : (int)over(strike, syscall(SYS_openat, folder, path, flags, mode));
}
int openat64(int folder, const char *path, int flags, ...) {
  MODE(flags)
  int strike = strikes_at("open", folder, path, OPENING);
  return strike == 1 ? -1 : (int)over(strike, syscall(SYS_openat, folder, path, flags, mode));
}

ssize_t write(int descriptor, const void *bytes, size_t size) {
  int strike = strikes_descriptor("write", descriptor, NO_SPACE | IO | INTERRUPTED | SHORT);
  if (strike == 1) return -1;
  return over(strike, syscall(SYS_write, descriptor, bytes, strike == 2 ? (size + 1) / 2 : size));
}
ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
  int strike = strikes_descriptor("pwrite", descriptor, NO_SPACE | IO | INTERRUPTED | SHORT);
  if (strike == 1) return -1;
  return over(strike, syscall(SYS_pwrite64, descriptor, bytes, strike == 2 ? (size + 1) / 2 : size, offset));
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off_t offset) {
  return pwrite(descriptor, bytes, size, offset);
}
ssize_t read(int descriptor, void *bytes, size_t size) {
  int strike = strikes_descriptor("read", descriptor, IO | INTERRUPTED);
  return strike == 1 ? -1 : over(strike, syscall(SYS_read, descriptor, bytes, size));
}
ssize_t pread(int descriptor, void *bytes, size_t size, off_t offset) {
  int strike = strikes_descriptor("pread", descriptor, IO | INTERRUPTED);
  return strike == 1 ? -1 : over(strike, syscall(SYS_pread64, descriptor, bytes, size, offset));
}
ssize_t pread64(int descriptor, void *bytes, size_t size, off_t offset) {
  return pread(descriptor, bytes, size, offset);
}
int fsync(int descriptor) {
  int strike = strikes_descriptor("fsync", descriptor, NO_SPACE | IO);
  return strike == 1 ? -1 : (int)over(strike, syscall(SYS_fsync, descriptor));
}
int fdatasync(int descriptor) {
  int strike = strikes_descriptor("fdatasync", descriptor, NO_SPACE | IO);
  return strike == 1 ? -1 : (int)over(strike, syscall(SYS_fdatasync, descriptor));
}
int ftruncate(int descriptor, off_t size) {
  int strike = strikes_descriptor("ftruncate", descriptor, NO_SPACE | IO | INTERRUPTED);
  return strike == 1 ? -1 : (int)over(strike, syscall(SYS_ftruncate, descriptor, size));
}
int ftruncate64(int descriptor, off_t size) { return ftruncate(descriptor, size); }
int mkdir(const char *path, mode_t mode) {
  int strike = strikes("mkdir", path, NO_SPACE | IO | ACCESS);
  return strike == 1 ? -1 : (int)over(strike, syscall(SYS_mkdir, path, mode));
}
int rename(const char *from, const char *to) {
  int strike = strikes("rename", to, NO_SPACE | IO | ACCESS);
  return strike == 1 ? -1 : (int)over(strike, syscall(SYS_rename, from, to));
}
int unlink(const char *path) {
  int strike = strikes("unlink", path, IO | ACCESS);
  return strike == 1 ? -1 : (int)over(strike, syscall(SYS_unlink, path));
}
int unlinkat(int folder, const char *path, int flags) {
  int strike = strikes_at("unlink", folder, path, IO | ACCESS);
  return strike == 1 ? -1 : (int)over(strike, syscall(SYS_unlinkat, folder, path, flags));
}
int rmdir(const char *path) {
  int strike = strikes("rmdir", path, IO | ACCESS);
  return strike == 1 ? -1 : (int)over(strike, syscall(SYS_rmdir, path));
}

// renameat2 has come this way. Others pass through with as many arguments as a call can have.
long syscall(long number, ...) {
  static long (*next)(long, ...);
  if (!next) next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  va_list list;
  va_start(list, number);
  long a[6];
  for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
  va_end(list);
  int strike = number == SYS_renameat2 ? strikes("rename", (const char *)a[3], NO_SPACE | IO | ACCESS) : 0;
  return strike == 1 ? -1 : over(strike, next(number, a[0], a[1], a[2], a[3], a[4], a[5]));
}
