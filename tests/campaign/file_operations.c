// A library to be preloaded (LD_PRELOAD) into a program. It counts the operations that change files of one
// folder, and at the n-th of them lets the world go wrong: the process is killed, the power fails, or the
// operation ends in an error. kill.py compiles and steers it, by the environment:
//
//   OPERATIONS_FOLDER   absolute path; only what lies below counts
//   OPERATIONS_COUNTER  file of 8 bytes: the operations so far, of this process and those that it starts
//   OPERATIONS_LOG      a line is added for every operation: number, kind, path
//   OPERATIONS_AT       the number of the operation at which it happens; 0: never
//   OPERATIONS_ACT      before, after: SIGKILL before or after it; torn: within it, half of a write is done;
//                       error: it fails with OPERATIONS_ERROR; sticky: so do all that follow;
//                       short: half of a write is done, which is said, and all that follow fail
//   OPERATIONS_ERROR    the errno of error, sticky and short
//   OPERATIONS_POWER    with before, after, torn, or with OPERATIONS_AT=0 at the process's end: the power
//                       fails too: what was written to files since they were last synced is lost (drop), half
//                       of it is (half), or the files have their length, with zeros there (zero). Names stay
//                       as they are.
//
// SIGKILL goes to the process group, and where the power fails to that of the session's leader too. For Linux
// where a long has 64 bits.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

// The C library's own function of this name.
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#include "power_failure.h"

enum { descriptors = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *folder, *act = "", *power;
static long at;
static int error_number, log_file = -1;
static _Atomic int64_t* counter;
static bool is_failing;               // sticky, and it has begun
static char* path_of[descriptors];    // of the descriptors opened below the folder
static bool is_written[descriptors];  // opened for writing

__attribute__((constructor)) static void start(void) {
  folder = getenv("OPERATIONS_FOLDER");
  if (!folder) return;
  if (getenv("OPERATIONS_AT")) at = atol(getenv("OPERATIONS_AT"));
  if (getenv("OPERATIONS_ACT")) act = getenv("OPERATIONS_ACT");
  if (getenv("OPERATIONS_ERROR")) error_number = atoi(getenv("OPERATIONS_ERROR"));
  power = getenv("OPERATIONS_POWER");
  const int shared = REAL(open)(getenv("OPERATIONS_COUNTER"), O_RDWR | O_CLOEXEC);
  counter = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
  if (counter == MAP_FAILED) abort();
  REAL(close)(shared);
  if (getenv("OPERATIONS_LOG"))
    log_file = REAL(open)(getenv("OPERATIONS_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

__attribute__((destructor)) static void finish(void) {
  if (folder && power && at == 0) fail_power(power);
}

static void die(void) {
  if (power) {
    fail_power(power);
    kill(-getsid(0), SIGKILL);
  }
  kill(0, SIGKILL);
  for (;;) pause();
}

// The absolute path if it lies below the folder; else NULL. To be freed.
static char* path_below(int base, const char* path) {
  if (!folder || !path) return NULL;
  char whole[2 * PATH_MAX] = "";
  if (path[0] != '/') {
    char link[64];
    snprintf(link, sizeof link, base == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", base);
    const ssize_t length = readlink(link, whole, PATH_MAX);
    if (length < 0) return NULL;
    whole[length] = '/', whole[length + 1] = '\0';
  }
  strncat(whole, path, PATH_MAX - 1);
  const size_t length = strlen(folder);
  return strncmp(whole, folder, length) == 0 && whole[length] == '/' ? strdup(whole) : NULL;
}

enum fate { pass, fails, halved, killed_after, killed_torn };

// Counts an operation and says what becomes of it. `path` NULL: it does not count.
static enum fate fate_of(const char* kind, const char* path) {
  if (!path) return pass;
  pthread_mutex_lock(&lock);
  const int64_t number = atomic_fetch_add(counter, 1) + 1;
  if (log_file >= 0) dprintf(log_file, "%ld\t%s\t%s\n", (long)number, kind, path + strlen(folder) + 1);
  enum fate fate = pass;
  const bool is_now = at > 0 && number == at, removes = strcmp(kind, "unlink") == 0;
  if (is_now && strcmp(act, "after") == 0) fate = killed_after;
  if (is_now && strcmp(act, "torn") == 0 && strcmp(kind, "write") == 0) fate = killed_torn;
  if (is_now && fate == pass && (strcmp(act, "before") == 0 || strcmp(act, "torn") == 0)) die();
  if (is_now && strcmp(act, "short") == 0 && strcmp(kind, "write") == 0) fate = halved;
  // A full disk keeps nothing from being removed.
  if ((is_failing || (is_now && (strcmp(act, "error") == 0 || strcmp(act, "sticky") == 0))) &&
      !(removes && error_number == ENOSPC))
    fate = fails;
  if (is_now && (strcmp(act, "sticky") == 0 || strcmp(act, "short") == 0)) is_failing = true;
  pthread_mutex_unlock(&lock);
  if (fate == fails) errno = error_number;
  return fate;
}

static void note_size(int descriptor, bool is_synced) {
  if (!power) return;
  pthread_mutex_lock(&lock);
  note_length(descriptor, is_synced);
  pthread_mutex_unlock(&lock);
}

static void note_opened(int descriptor, char* path, bool is_for_writing) {
  if (descriptor < 0 || descriptor >= descriptors || !path) return free(path);
  free(path_of[descriptor]);
  path_of[descriptor] = path;
  is_written[descriptor] = is_for_writing;
  if (is_for_writing) note_size(descriptor, false);
}

static const char* path_of_written(int descriptor) {
  return descriptor >= 0 && descriptor < descriptors && is_written[descriptor] ? path_of[descriptor] : NULL;
}

static void note_closed(int descriptor) {
  if (descriptor < 0 || descriptor >= descriptors) return;
  free(path_of[descriptor]);
  path_of[descriptor] = NULL;
  is_written[descriptor] = false;
}

static int opened_at(int base, const char* path, int flags, mode_t mode) {
  char* whole = path_below(base, path);
  const bool is_for_writing = (flags & O_ACCMODE) != O_RDONLY;
  const enum fate fate = fate_of("open", is_for_writing ? whole : NULL);
  if (fate == fails) return free(whole), -1;
  const int descriptor = REAL(openat)(base, path, flags, mode);
  if (fate == killed_after) die();
  note_opened(descriptor, whole, is_for_writing);
  return descriptor;
}

static mode_t mode_of(int flags, va_list list) {
  return flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
}

int open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = mode_of(flags, list);
  va_end(list);
  return opened_at(AT_FDCWD, path, flags, mode);
}
int openat(int base, const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = mode_of(flags, list);
  va_end(list);
  return opened_at(base, path, flags, mode);
}
int open64(const char*, int, ...) __attribute__((alias("open")));
int openat64(int, const char*, int, ...) __attribute__((alias("openat")));
int creat(const char* path, mode_t mode) {
  return opened_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}
int creat64(const char*, mode_t) __attribute__((alias("creat")));

FILE* fopen(const char* path, const char* mode) {
  char* whole = path_below(AT_FDCWD, path);
  const bool is_for_writing = strpbrk(mode, "wa+") != NULL;
  const enum fate fate = fate_of("open", is_for_writing ? whole : NULL);
  if (fate == fails) return free(whole), NULL;
  FILE* stream = REAL(fopen)(path, mode);
  if (fate == killed_after) die();
  note_opened(stream ? fileno(stream) : -1, whole, is_for_writing);
  return stream;
}
FILE* fopen64(const char*, const char*) __attribute__((alias("fopen")));

int mkostemps(char* template, int suffix, int flags) {
  char* whole = path_below(AT_FDCWD, template);
  const enum fate fate = fate_of("open", whole);
  if (fate == fails) return free(whole), -1;
  const int descriptor = REAL(mkostemps)(template, suffix, flags);
  if (fate == killed_after) die();
  note_opened(descriptor, whole, true);
  return descriptor;
}
int mkostemp(char* template, int flags) {
  return mkostemps(template, 0, flags);
}
int mkstemps(char* template, int suffix) {
  return mkostemps(template, suffix, 0);
}
int mkstemp(char* template) {
  return mkostemps(template, 0, 0);
}
int mkostemps64(char*, int, int) __attribute__((alias("mkostemps")));
int mkostemp64(char*, int) __attribute__((alias("mkostemp")));
int mkstemps64(char*, int) __attribute__((alias("mkstemps")));
int mkstemp64(char*) __attribute__((alias("mkstemp")));

// A write of `size` bytes, of which `part` is asked to do a number.
#define WRITE(size, part)                                                                    \
  do {                                                                                       \
    const enum fate fate = fate_of("write", path_of_written(descriptor));                    \
    if (fate == fails) return -1;                                                            \
    const size_t wanted = fate == halved || fate == killed_torn ? ((size) + 1) / 2 : (size); \
    const ssize_t done = (part);                                                             \
    if (fate == killed_after || fate == killed_torn) die();                                  \
    return done;                                                                             \
  } while (0)

ssize_t write(int descriptor, const void* bytes, size_t size) {
  WRITE(size, REAL(write)(descriptor, bytes, wanted));
}
ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t offset) {
  WRITE(size, REAL(pwrite)(descriptor, bytes, wanted, offset));
}
ssize_t pwrite64(int, const void*, size_t, off_t) __attribute__((alias("pwrite")));
ssize_t writev(int descriptor, const struct iovec* parts, int count) {
  if (!path_of_written(descriptor)) return REAL(writev)(descriptor, parts, count);
  size_t size = 0;
  for (int i = 0; i < count; ++i) size += parts[i].iov_len;
  char* bytes = malloc(size ? size : 1);
  size_t filled = 0;
  for (int i = 0; i < count; filled += parts[i++].iov_len)
    memcpy(bytes + filled, parts[i].iov_base, parts[i].iov_len);
  const ssize_t done = write(descriptor, bytes, size);
  const int saved = errno;
  free(bytes);
  errno = saved;
  return done;
}

// Any other operation: counted, and then `call`, whose failure is -1.
#define OPERATION(kind, path, call)              \
  do {                                           \
    char* whole = (path);                        \
    const enum fate fate = fate_of(kind, whole); \
    free(whole);                                 \
    if (fate == fails) return -1;                \
    const int result = (call);                   \
    if (fate == killed_after) die();             \
    return result;                               \
  } while (0)

static char* copy_of_path(int descriptor) {
  return descriptor >= 0 && descriptor < descriptors && path_of[descriptor] ? strdup(path_of[descriptor])
                                                                            : NULL;
}

static int synced(int descriptor, int result) {
  if (result == 0 && path_of_written(descriptor)) note_size(descriptor, true);
  return result;
}
int fsync(int descriptor) {
  OPERATION("fsync", copy_of_path(descriptor), synced(descriptor, REAL(fsync)(descriptor)));
}
int fdatasync(int descriptor) {
  OPERATION("fsync", copy_of_path(descriptor), synced(descriptor, REAL(fdatasync)(descriptor)));
}

static int resized(int descriptor, int result) {
  if (result == 0) note_size(descriptor, false);
  return result;
}
int ftruncate(int descriptor, off_t size) {
  OPERATION("truncate", copy_of_path(descriptor), resized(descriptor, REAL(ftruncate)(descriptor, size)));
}
int ftruncate64(int, off_t) __attribute__((alias("ftruncate")));
static int truncate_by_name(const char* path, off_t size) {
  const int descriptor = REAL(open)(path, O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return -1;
  const int result = resized(descriptor, REAL(ftruncate)(descriptor, size));
  REAL(close)(descriptor);
  return result;
}
int truncate(const char* path, off_t size) {
  OPERATION("truncate", path_below(AT_FDCWD, path), truncate_by_name(path, size));
}
int truncate64(const char*, off_t) __attribute__((alias("truncate")));

int rename(const char* from, const char* to) {
  OPERATION("rename", path_below(AT_FDCWD, to), REAL(rename)(from, to));
}
int renameat(int base, const char* from, int other, const char* to) {
  OPERATION("rename", path_below(other, to), REAL(renameat)(base, from, other, to));
}
int renameat2(int base, const char* from, int other, const char* to, unsigned int flags) {
  OPERATION("rename", path_below(other, to), REAL(renameat2)(base, from, other, to, flags));
}
int link(const char* from, const char* to) {
  OPERATION("link", path_below(AT_FDCWD, to), REAL(link)(from, to));
}
int linkat(int base, const char* from, int other, const char* to, int flags) {
  OPERATION("link", path_below(other, to), REAL(linkat)(base, from, other, to, flags));
}
int symlink(const char* target, const char* path) {
  OPERATION("link", path_below(AT_FDCWD, path), REAL(symlink)(target, path));
}
int unlink(const char* path) {
  OPERATION("unlink", path_below(AT_FDCWD, path), REAL(unlink)(path));
}
int unlinkat(int base, const char* path, int flags) {
  OPERATION("unlink", path_below(base, path), REAL(unlinkat)(base, path, flags));
}
int remove(const char* path) {
  OPERATION("unlink", path_below(AT_FDCWD, path), REAL(remove)(path));
}
int rmdir(const char* path) {
  OPERATION("unlink", path_below(AT_FDCWD, path), REAL(rmdir)(path));
}
int mkdir(const char* path, mode_t mode) {
  OPERATION("mkdir", path_below(AT_FDCWD, path), REAL(mkdir)(path, mode));
}
int mkdirat(int base, const char* path, mode_t mode) {
  OPERATION("mkdir", path_below(base, path), REAL(mkdirat)(base, path, mode));
}

// A failed close has closed its descriptor all the same.
int close(int descriptor) {
  const enum fate fate = fate_of("close", path_of_written(descriptor));
  note_closed(descriptor);
  const int result = REAL(close)(descriptor);
  if (fate == killed_after) die();
  if (fate != fails) return result;
  errno = error_number;
  return -1;
}
int fclose(FILE* stream) {
  const int descriptor = fileno(stream);
  const enum fate fate = fate_of("close", path_of_written(descriptor));
  note_closed(descriptor);
  const int result = REAL(fclose)(stream);
  if (fate == killed_after) die();
  if (fate != fails) return result;
  errno = error_number;
  return EOF;
}
