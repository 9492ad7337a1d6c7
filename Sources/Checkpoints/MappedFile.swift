import Glibc

/// A whole file in memory, read-only and mapped: pages come from disk when touched and are shared between processes.
///
/// The descriptor is closed as soon as the map stands. A file that somebody shortens while it is mapped kills the
/// process that reads behind the new end (SIGBUS): checkpoints are replaced by rename, never written in place.
package final class MappedFile: @unchecked Sendable {
  // Unchecked: the bytes are never written through this map and the fields never change.
  package let path: String
  package let bytes: UnsafeRawBufferPointer

  /// How a range is going to be read, as a hint to the kernel.
  package enum Advice: Sendable {
    case sequential, random, willNeed
    /// Gives the pages back; the next touch reads them from the page cache or the disk again.
    case dontNeed
  }

  /// - Throws: ``CheckpointError`` when there is no such file, it cannot be read or is not a regular file.
  package init(path: String) throws(CheckpointError) {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.failure(path, "cannot be opened", errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.failure(path, "cannot be examined", errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw CheckpointError(file: path, problem: "is not a regular file", expected: "a file with data in it")
    }
    self.path = path
    let count = Int(status.st_size)
    // A map of no bytes is refused by the kernel.
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address, address != MAP_FAILED else { throw Self.failure(path, "cannot be mapped", errno) }
    bytes = UnsafeRawBufferPointer(start: address, count: count)
  }

  /// Zeros that take no memory until written, which nobody can: what a missing tensor is stood in by until the
  /// whole list of missing tensors is known.
  init(zeros count: Int, for path: String) throws(CheckpointError) {
    self.path = path
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let address = mmap(nil, count, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let address, address != MAP_FAILED else {
      throw Self.failure(path, "asks for a tensor of \(count) bytes", errno)
    }
    bytes = UnsafeRawBufferPointer(start: address, count: count)
  }

  deinit {
    if let address = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: address), bytes.count) }
  }

  /// Tells the kernel how a range of the file will be used; a hint, so failure is not reported.
  package func advise(_ advice: Advice, for range: Range<Int>? = nil) {
    guard let base = bytes.baseAddress else { return }
    let range = range ?? 0..<bytes.count
    precondition(range.upperBound <= bytes.count, "advice for \(range) of a map of \(bytes.count) bytes")
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let start = range.lowerBound / page * page
    let code =
      switch advice {
      case .sequential: MADV_SEQUENTIAL
      case .random: MADV_RANDOM
      case .willNeed: MADV_WILLNEED
      case .dontNeed: MADV_DONTNEED
      }
    madvise(UnsafeMutableRawPointer(mutating: base + start), range.upperBound - start, Int32(code))
  }

  private static func failure(_ path: String, _ problem: String, _ code: Int32) -> CheckpointError {
    CheckpointError(file: path, problem: "\(problem) (\(String(cString: strerror(code))))")
  }
}
