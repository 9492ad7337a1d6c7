import Foundation
import Glibc

/// What a process has used, as `/proc` tells it.
package struct ProcessFigures: Sendable, Equatable {
  /// Seconds of processor time in all.
  package let processorSeconds: Double
  /// Bytes in memory now.
  package let resident: Int
  package let descriptors: Int

  /// nil when there is no such process.
  package init?(_ process: pid_t) {
    guard let line = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let name = line.lastIndex(of: ")")
    else { return nil }
    // Behind the name: state is field 3, utime 14, stime 15, rss 24 (in pages).
    let fields = line[line.index(name, offsetBy: 2)...].split(separator: " ")
    guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
      let pages = Int(fields[21])
    else { return nil }
    processorSeconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    resident = pages * sysconf(Int32(_SC_PAGESIZE))
    descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count) ?? 0
  }
}
