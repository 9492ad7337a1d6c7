import Foundation
import Glibc

/// How often the kernel has killed a process for want of memory since it was started.
enum MemoryKills {
  /// Read before every attempt: as bytes, since to take the file apart as text takes longer than a small job.
  static func count() -> Int {
    let file = open("/proc/vmstat", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return 0 }
    defer { close(file) }
    return withUnsafeTemporaryAllocation(byteCount: 32_768, alignment: 1) { buffer in
      let length = read(file, buffer.baseAddress, buffer.count)
      let counters = UnsafeRawBufferPointer(rebasing: buffer[..<max(0, length)])
      guard let key = counters.firstRange(of: Array("\noom_kill ".utf8)) else { return 0 }
      return counters[key.upperBound...].prefix { (0x30...0x39).contains($0) }.reduce(0) {
        $0 &* 10 &+ Int($1 - 0x30)
      }
    }
  }
}
