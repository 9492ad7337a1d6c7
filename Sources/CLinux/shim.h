// Linux calls that Swift's Glibc module leaves out.
#pragma once
#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/// Renames unless the target exists (then -1 with EEXIST).
static inline int rename_without_replacing(const char *from, const char *to) {
  const unsigned int no_replace = 1;  // RENAME_NOREPLACE
  return (int)syscall(SYS_renameat2, -100 /* AT_FDCWD */, from, -100, to, no_replace);
}

/// Writes everything of a file's file system to its disk.
static inline int sync_file_system(int descriptor) { return (int)syscall(SYS_syncfs, descriptor); }

/// A pipe whose ends no program started later inherits.
static inline int pipe_closed_on_exec(int ends[2]) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }

/// Has a spawned child close every descriptor from this number on (glibc 2.34).
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

/// The number of a path's sort of file system (statfs's f_type); -1 with errno when it cannot be told.
static inline long file_system_magic(const char *path) {
  struct statfs status;
  return statfs(path, &status) == 0 ? (long)status.f_type : -1;
}
