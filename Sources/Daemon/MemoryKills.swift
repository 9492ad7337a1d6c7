import Foundation
import Glibc

/// How often the kernel has killed a process for want of memory since it was started.
enum MemoryKills {
  /// Read before every attempt: as bytes, since to take the file apart as text takes longer than a small job.
  static func count() -> Int {
    let file = open("/proc/vmstat", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return 0 }
    defer { close(file) }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32_768) { buffer in
      let length = read(file, buffer.baseAddress, buffer.count - 1)
      buffer[max(0, length)] = 0
      let key = "\noom_kill "
      guard let line = strstr(buffer.baseAddress!, key) else { return 0 }
      return Int(strtol(line + key.utf8.count, nil, 10))
    }
  }
}
