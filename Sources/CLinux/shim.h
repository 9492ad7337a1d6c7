// Linux calls that Swift's Glibc module leaves out.
#pragma once
#include <sys/syscall.h>
#include <unistd.h>

/// Renames unless the target exists (then -1 with EEXIST).
static inline int rename_without_replacing(const char *from, const char *to) {
  const unsigned int no_replace = 1;  // RENAME_NOREPLACE
  return (int)syscall(SYS_renameat2, -100 /* AT_FDCWD */, from, -100, to, no_replace);
}

/// Writes everything of a file's file system to its disk.
static inline int sync_file_system(int descriptor) { return (int)syscall(SYS_syncfs, descriptor); }
