import Foundation

/// How often the kernel has killed a process for want of memory since it was started.
enum MemoryKills {
  static func count() -> Int {
    let counters = (try? String(contentsOfFile: "/proc/vmstat", encoding: .utf8)) ?? ""
    let line = counters.split(separator: "\n").first { $0.hasPrefix("oom_kill ") }
    return line.flatMap { Int($0.dropFirst("oom_kill ".count)) } ?? 0
  }
}
