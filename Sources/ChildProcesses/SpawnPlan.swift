import CLinux
import Foundation
import Glibc

/// What `posix_spawn` is to do between the fork and the program: which descriptors it gets, and which signals.
///
/// The descriptors made here carry close-on-exec and have numbers far from those that the child uses, so that no order
/// of `dup2` can overwrite one that is still needed, even in a process that was started without standard streams.
struct SpawnPlan: ~Copyable {
  private var actions = posix_spawn_file_actions_t()
  private var attributes = posix_spawnattr_t()
  /// Ends that belong to the child; closed here once it runs.
  private var theirs: [Int32] = []
  private static let firstFarNumber: Int32 = 32

  init() throws {
    try Self.check(posix_spawn_file_actions_init(&actions))
    try Self.check(posix_spawnattr_init(&attributes))
    // What the daemon ignores for itself is not ignored in its children; nor is any signal blocked in them.
    var defaults = sigset_t()
    var blocked = sigset_t()
    sigemptyset(&blocked)
    sigemptyset(&defaults)
    sigaddset(&defaults, SIGPIPE)
    sigaddset(&defaults, SIGTERM)
    try Self.check(posix_spawnattr_setsigdefault(&attributes, &defaults))
    try Self.check(posix_spawnattr_setsigmask(&attributes, &blocked))
    try Self.check(
      posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK)))
  }

  deinit {
    for descriptor in theirs { close(descriptor) }
    withUnsafePointer(to: actions) {
      _ = posix_spawn_file_actions_destroy(UnsafeMutablePointer(mutating: $0))
    }
    withUnsafePointer(to: attributes) { _ = posix_spawnattr_destroy(UnsafeMutablePointer(mutating: $0)) }
  }

  /// Leads a standard stream somewhere.
  ///
  /// - Returns: This process's end of the pipe, if it is one.
  mutating func connect(_ stream: ChildProcess.Stream, to number: Int32, access: Int32) throws -> FileHandle?
  {
    switch stream {
    case .inherited: return nil
    case .nothing:
      try Self.check(posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0))
      return nil
    case .file(let path):
      try Self.check(posix_spawn_file_actions_addopen(&actions, number, path, access, 0o644))
      return nil
    case .pipe:
      let (read, write) = try Self.pipe()
      let (ours, end) = number == STDIN_FILENO ? (write, read) : (read, write)
      theirs.append(end)
      try Self.check(posix_spawn_file_actions_adddup2(&actions, end, number))
      return FileHandle(fileDescriptor: ours, closeOnDealloc: true)
    }
  }

  /// Gives the child a descriptor of this process under a number.
  mutating func hand(_ descriptor: Int32, as number: Int32) throws {
    let far = try Self.far(descriptor)
    theirs.append(far)
    try Self.check(posix_spawn_file_actions_adddup2(&actions, far, number))
  }

  /// Closes whatever else this process has open, also what a library opened without close-on-exec.
  mutating func closeOthers(from number: Int32) {
    _ = posix_spawn_file_actions_addclosefrom_np(&actions, number)
  }

  mutating func start(_ program: String, _ arguments: [String], _ environment: [String: String]?) throws
    -> pid_t
  {
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    var settings: [UnsafeMutablePointer<CChar>?] =
      (environment ?? [:]).map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for word in words + settings { free(word) } }
    var processID: pid_t = 0
    let status = settings.withUnsafeMutableBufferPointer { settings in
      posix_spawn(
        &processID, program, &actions, &attributes, &words,
        environment == nil ? environ : settings.baseAddress)
    }
    try Self.check(status)
    return processID
  }

  private static func pipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    guard pipe_closed_on_exec(&ends) == 0 else { throw error(errno) }
    defer { for end in ends { close(end) } }
    let read = try far(ends[0])
    do { return (read, try far(ends[1])) } catch {
      close(read)
      throw error
    }
  }

  private static func far(_ descriptor: Int32) throws -> Int32 {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, firstFarNumber)
    guard copy >= 0 else { throw error(errno) }
    return copy
  }

  private static func check(_ status: Int32) throws {
    guard status == 0 else { throw error(status) }
  }

  private static func error(_ number: Int32) -> POSIXError {
    POSIXError(POSIXErrorCode(rawValue: number) ?? .EIO)
  }
}
