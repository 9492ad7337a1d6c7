import Foundation

/// How much memory this process may take, and how much there is for it now.
package struct MachineMemory: Sendable, Equatable {
  /// Bytes that the machine, or the control group, has in all.
  package let total: Int
  /// Bytes that could be had without pushing anybody else out, with what this process holds already.
  package let available: Int

  package init(total: Int, available: Int) { (self.total, self.available) = (total, available) }

  /// The machine as it is; nil where the kernel does not tell.
  package static func now() -> MachineMemory? {
    guard let machine = file("/proc/meminfo"), let total = kilobytes("MemTotal", in: machine),
      let available = kilobytes("MemAvailable", in: machine)
    else { return nil }
    let status = file("/proc/self/status") ?? ""
    // Pages of files are available to whoever needs them; only what is our own comes on top.
    let own = kilobytes("RssAnon", in: status) ?? 0
    var memory = (total: total, available: available + own)
    for group in groups() {
      guard let limit = file("\(group)/memory.max").flatMap({ Int($0.trimmed) }) else { continue }
      memory.total = min(memory.total, limit)
      guard let used = file("\(group)/memory.current").flatMap({ Int($0.trimmed) }) else { continue }
      let reclaimable = file("\(group)/memory.stat").flatMap { field("inactive_file", in: $0) } ?? 0
      memory.available = min(memory.available, limit - used + reclaimable + own)
    }
    return MachineMemory(total: memory.total, available: max(0, memory.available))
  }

  /// The control groups (version 2) that this process is in, the innermost first.
  private static func groups() -> [String] {
    let line = (file("/proc/self/cgroup") ?? "").split(separator: "\n").first { $0.hasPrefix("0::") }
    guard let line else { return [] }
    var parts = line.dropFirst(3).split(separator: "/")
    var groups: [String] = []
    while !parts.isEmpty {
      groups.append("/sys/fs/cgroup/" + parts.joined(separator: "/"))
      parts.removeLast()
    }
    return groups
  }

  private static func file(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

  /// A line: `MemTotal:       24683340 kB`
  private static func kilobytes(_ name: String, in content: String) -> Int? {
    field("\(name):", in: content).map { $0 * 1024 }
  }

  private static func field(_ name: String, in content: String) -> Int? {
    let line = content.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
  }
}

extension String {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
