import Foundation
import Glibc

/// What the machine has left; nil for what it does not tell.
package enum Machine {
  /// Bytes of a folder's file system that are free for this user.
  package static func freeBytes(of folder: URL) -> Int? {
    var status = statvfs()
    guard statvfs(folder.path, &status) == 0 else { return nil }
    return Int(status.f_bavail) * Int(status.f_frsize)
  }

  /// Bytes of memory that programs could have without swapping, and all there are.
  static func memory() -> (available: Int, total: Int)? {
    let content = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
    guard let available = kilobytes("MemAvailable", in: content),
      let total = kilobytes("MemTotal", in: content)
    else { return nil }
    return (available * 1024, total * 1024)
  }

  /// Bytes of memory that a process holds.
  package static func resident(_ process: pid_t) -> Int? {
    let content = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
    return kilobytes("VmRSS", in: content).map { $0 * 1024 }
  }

  /// Seconds of processor time that a process has used, in its own code and in the kernel.
  package static func processorSeconds(of process: pid_t) -> Double? {
    let content = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
    // The name stands in brackets and may have any in itself; utime and stime are the 12th and 13th of what follows.
    guard let end = content.lastIndex(of: ")") else { return nil }
    let fields = content[content.index(after: end)...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let kernel = Double(fields[12]) else {
      return nil
    }
    return (user + kernel) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// A line: `VmRSS:	   45232 kB`
  private static func kilobytes(_ name: String, in content: String) -> Int? {
    let line = content.split(separator: "\n").first { $0.hasPrefix("\(name):") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
  }
}
