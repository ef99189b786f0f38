/* Loaded before the C library (LD_PRELOAD), by scripts that compile it: pauses flock() while the file $SHIM_PAUSE
   does not exist, and lets call number $SHIM_CALL, from 1, of those counted here fail with EIO. With
   $SHIM_COUNT their number is written to that file at the end. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static long calls;

/* Counted: what is done to a file of the name *.partial or *.manifest. */
static int fails(int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 9) return 0;
  path[size] = 0;
  if (strcmp(path + size - 9, ".manifest") && strcmp(path + size - 8, ".partial")) return 0;
  const char* const call = getenv("SHIM_CALL");
  ++calls;
  if (!call || atol(call) != calls) return 0;
  errno = EIO;
  return 1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int flock(int file, int operation) {
  const char* const pause = getenv("SHIM_PAUSE");
  while (pause && access(pause, F_OK)) usleep(10000);
  return (int)syscall(SYS_flock, file, operation);
}
ssize_t pread(int file, void* out, size_t size, off_t at) { return fails(file) ? -1 : NEXT(pread)(file, out, size, at); }
ssize_t pread64(int file, void* out, size_t size, off64_t at) {
  return fails(file) ? -1 : NEXT(pread64)(file, out, size, at);
}
ssize_t read(int file, void* out, size_t size) { return fails(file) ? -1 : NEXT(read)(file, out, size); }
ssize_t pwrite(int file, const void* in, size_t size, off_t at) {
  return fails(file) ? -1 : NEXT(pwrite)(file, in, size, at);
}
ssize_t pwrite64(int file, const void* in, size_t size, off64_t at) {
  return fails(file) ? -1 : NEXT(pwrite64)(file, in, size, at);
}
int ftruncate(int file, off_t size) { return fails(file) ? -1 : NEXT(ftruncate)(file, size); }
int ftruncate64(int file, off64_t size) { return fails(file) ? -1 : NEXT(ftruncate64)(file, size); }
int fsync(int file) { return fails(file) ? -1 : NEXT(fsync)(file); }
int fdatasync(int file) { return fails(file) ? -1 : NEXT(fdatasync)(file); }

__attribute__((destructor)) static void tell(void) {
  const char* const path = getenv("SHIM_COUNT");
  FILE* const file = path ? fopen(path, "w") : 0;
  if (!file) return;
  fprintf(file, "%ld\n", calls);
  fclose(file);
}
