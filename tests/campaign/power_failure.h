// What a power failure would leave of the files that a process has written: a part of file_operations.c.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { files = 1024 };

// Of each file `synced` bytes are left. The descriptor is this library's own.
static struct {
  dev_t device;
  ino_t inode;
  int descriptor;
  off_t synced;
} written[files];
static int written_count;

// Takes back what was not synced, as OPERATIONS_POWER says.
static void fail_power(const char* power) {
  for (int i = 0; i < written_count; ++i) {
    struct stat now;
    if (fstat(written[i].descriptor, &now) != 0 || now.st_size <= written[i].synced) continue;
    const off_t lost = now.st_size - written[i].synced;
    const off_t kept = written[i].synced + (strcmp(power, "half") == 0 ? lost / 2 : 0);
    REAL(ftruncate)(written[i].descriptor, kept);
    if (strcmp(power, "zero") == 0) REAL(ftruncate)(written[i].descriptor, now.st_size);
  }
}

// Its descriptor's file, for a power failure. Files that have no name any more are forgotten where there is
// no room.
static int file_of(int descriptor) {
  struct stat now;
  if (fstat(descriptor, &now) != 0 || !S_ISREG(now.st_mode)) return -1;
  for (int i = 0; i < written_count; ++i)
    if (written[i].device == now.st_dev && written[i].inode == now.st_ino) return i;
  if (written_count >= files / 4) {
    int kept = 0;
    for (int i = 0; i < written_count; ++i) {
      struct stat old;
      if (fstat(written[i].descriptor, &old) == 0 && old.st_nlink > 0)
        written[kept++] = written[i];
      else
        REAL(close)(written[i].descriptor);
    }
    written_count = kept;
  }
  if (written_count == files) abort();
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const int own = REAL(open)(link, O_WRONLY | O_CLOEXEC);
  if (own < 0) return -1;
  written[written_count].device = now.st_dev, written[written_count].inode = now.st_ino;
  written[written_count].descriptor = own, written[written_count].synced = now.st_size;
  return written_count++;
}

// Notes how long the file is now, and whether that is on the disk.
static void note_length(int descriptor, bool is_synced) {
  const int saved = errno;
  const int file = file_of(descriptor);
  struct stat now;
  if (file >= 0 && fstat(descriptor, &now) == 0 && (is_synced || now.st_size < written[file].synced))
    written[file].synced = now.st_size;
  errno = saved;
}
