import Foundation
import Glibc

/// Where the service manager wants to be told how the daemon stands: the datagrams of sd_notify(3).
///
/// Nothing here can fail the daemon: a message that nobody takes within a second is dropped.
package struct ManagerSocket: Sendable {
  private let address: sockaddr_un
  private let length: socklen_t
  /// Seconds without a sign of life after which the manager kills the daemon; nil when it does not watch.
  package let watchdog: Double?

  /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
  ///
  /// - Returns: nil when no manager asks, or not at a local socket.
  package init?(_ environment: [String: String], processID: pid_t = getpid()) {
    guard let name = environment["NOTIFY_SOCKET"], let first = name.first, first == "/" || first == "@" else {
      return nil
    }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // An abstract name begins with a zero byte and ends with the length; a path ends with a zero byte.
    let bytes = first == "@" ? [0] + Array(name.utf8.dropFirst()) : Array(name.utf8) + [0]
    guard bytes.count <= MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    self.address = address
    length = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + bytes.count)
    let isMeant = environment["WATCHDOG_PID"].map { $0 == "\(processID)" } ?? true
    let microseconds = environment["WATCHDOG_USEC"].flatMap(UInt64.init) ?? 0
    watchdog = isMeant && microseconds > 0 ? Double(microseconds) / 1e6 : nil
  }

  /// What the manager's variables are called. They are for the daemon, not for what it starts.
  package static let variables = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]

  /// Sends assignments, a line each, such as `READY=1`.
  ///
  /// - Returns: Whether the manager has them.
  @discardableResult func send(_ assignments: [(name: String, value: String)]) -> Bool {
    let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { return false }
    defer { close(socket) }
    var limit = timeval(tv_sec: 1, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let text = Array(assignments.map { "\($0.name)=\(Self.oneLine($0.value))" }.joined(separator: "\n").utf8)
    var address = address
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        while true {
          let sent = sendto(socket, text, text.count, Int32(MSG_NOSIGNAL), address, length)
          if sent >= 0 || errno != EINTR { return sent == text.count }
        }
      }
    }
  }

  /// A line break in a value would begin another assignment.
  private static func oneLine(_ value: String) -> String {
    String(
      String.UnicodeScalarView(
        value.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }
}
