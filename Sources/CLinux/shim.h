// Linux calls that Swift's Glibc module leaves out.
#pragma once
#include <elf.h>
#include <fcntl.h>
#include <malloc.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/// Renames unless the target exists (then -1 with EEXIST).
static inline int rename_without_replacing(const char *from, const char *to) {
  const unsigned int no_replace = 1;  // RENAME_NOREPLACE
  return (int)syscall(SYS_renameat2, -100 /* AT_FDCWD */, from, -100, to, no_replace);
}

/// Lets two names of one file system change places in one step (-1 with EINVAL where the file system cannot).
static inline int exchange_names(const char *one, const char *other) {
  const unsigned int exchange = 2;  // RENAME_EXCHANGE
  return (int)syscall(SYS_renameat2, -100 /* AT_FDCWD */, one, -100, other, exchange);
}

/// Writes everything of a file's file system to its disk.
static inline int sync_file_system(int descriptor) { return (int)syscall(SYS_syncfs, descriptor); }

/// Names the thread that calls, for `top` and debuggers; the first 15 bytes are kept.
static inline void name_this_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

/// A pipe whose ends no program started later inherits.
static inline int pipe_closed_on_exec(int ends[2]) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }

/// Has a spawned child close every descriptor from this number on (glibc 2.34).
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

/// The number of a path's sort of file system (statfs's f_type); -1 with errno when it cannot be told.
static inline long file_system_magic(const char *path) {
  struct statfs status;
  return statfs(path, &status) == 0 ? (long)status.f_type : -1;
}

/// Opens a path without access to its content (O_PATH): for the calls that take a descriptor of a place.
static inline int open_place(const char *path) { return open(path, 010000000 /* O_PATH */ | O_CLOEXEC); }

/// The version of the kernel's Landlock; -1 with errno when it has none.
static inline int landlock_version(void) { return (int)syscall(444, 0, 0, 1u); }

/// A set of rules that handles the given rights to files; nothing is allowed yet.
static inline int landlock_ruleset(uint64_t handled) { return (int)syscall(444, &handled, sizeof handled, 0u); }

/// Allows rights to a place, open by its descriptor, and all below it.
static inline int landlock_allow(int ruleset, int place, uint64_t rights) {
  struct { uint64_t rights; int32_t place; } __attribute__((packed)) rule = {rights, place};
  return (int)syscall(445, ruleset, 1 /* PATH_BENEATH */, &rule, 0u);
}

/// Has the rules hold for this thread and all that it starts, for ever.
static inline int landlock_enter(int ruleset) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return (int)syscall(446, ruleset, 0u);
}

/// What the loader tells of a program or library (glibc's `struct dl_phdr_info`, which its headers show to GNU programs only).
struct loaded_object {
  uintptr_t address;
  const char *name;
  const Elf64_Phdr *segments;
  uint16_t count;
};

int each_loaded_object(int (*visit)(const struct loaded_object *, size_t, void *), void *context) __asm__("dl_iterate_phdr");

static inline int release_unwritable_segments(const struct loaded_object *object, size_t size, void *context) {
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (uint16_t i = 0; i < object->count; i++) {
    const Elf64_Phdr *segment = &object->segments[i];
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W)) continue;
    // Whole pages of the segment alone: its neighbours may be written to.
    const uintptr_t start = (object->address + segment->p_vaddr + page - 1) & ~(page - 1);
    const uintptr_t end = (object->address + segment->p_vaddr + segment->p_filesz) & ~(page - 1);
    if (start < end) madvise((void *)start, end - start, MADV_DONTNEED);
  }
  return 0;
}

/// Gives back the pages of code and constants of the program and its libraries: nobody writes to them, and what is used next is
/// mapped again from their files. The loader's lock keeps libraries in place meanwhile.
static inline void release_program_pages(void) { each_loaded_object(release_unwritable_segments, 0); }

/// Has all threads take memory from one heap, where glibc would give them several.
static inline void use_one_heap(void) { mallopt(M_ARENA_MAX, 1); }
