import Foundation
import Glibc
import Synchronization
import Testing

@testable import Daemon

/// A service manager that listens.
private final class Manager: Sendable {
  let name: String
  private let socket: Int32
  private let messages = Mutex<[(text: String, at: Date)]>([])
  private let isOver = DispatchSemaphore(value: 0)

  init(_ name: String) throws {
    self.name = name
    socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = name.hasPrefix("@") ? [0] + Array(name.utf8.dropFirst()) : Array(name.utf8) + [0]
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + bytes.count)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) }
    }
    guard bound == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    Thread.detachNewThread { [self] in
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = recv(socket, &buffer, buffer.count, 0)
        if count <= 0 { break }
        let text = String(decoding: buffer.prefix(count), as: UTF8.self)
        if text == "OVER=1" { break }
        messages.withLock { $0.append((text, Date())) }
      }
      isOver.signal()
    }
  }

  /// All that was heard until now; the last call.
  func finish() -> [(text: String, at: Date)] {
    ManagerSocket(["NOTIFY_SOCKET": name])!.send([("OVER", "1")])
    isOver.wait()
    close(socket)
    return messages.withLock { $0 }
  }
}

@Suite(.timeLimit(.minutes(20)))
struct ManagerSocketTests {
  let spool: TemporarySpool

  init() throws { spool = try TemporarySpool() }

  @Test(arguments: [false, true])
  func `hears that the spool is served, what runs, and the end`(isAbstract: Bool) throws {
    defer { spool.remove() }
    let name = isAbstract ? "@scispool-\(UUID().uuidString)" : "/tmp/scispool-\(UUID().uuidString)"
    defer { if !isAbstract { unlink(name) } }
    let manager = try Manager(name)
    try spool.drop(TemporarySpool.job(), as: "a.json")
    try spool.drop(TemporarySpool.job(), as: "b\nMAINPID=1.json")
    try spool.drain { $0.manager = ManagerSocket(["NOTIFY_SOCKET": name]).map { ManagerReport($0) } }
    let heard = manager.finish().map(\.text)
    #expect(heard.first == "READY=1\nSTATUS=idle")
    #expect(heard.contains { $0.hasPrefix("STATUS=runs a") })
    // A line break in a job's name is no new assignment.
    #expect(heard.contains { $0.hasPrefix("STATUS=runs b MAINPID=1") }, "\(heard)")
    #expect(heard.allSatisfy { $0 == heard[0] || !$0.contains("\n") })
    // Nobody asked for signs of life.
    #expect(!heard.contains("WATCHDOG=1"))
  }

  @Test func `gets signs of life while the loop turns, and none while it does not`() throws {
    defer { spool.remove() }
    let name = "@scispool-\(UUID().uuidString)"
    let manager = try Manager(name)
    let blocked = Mutex<(from: Date, to: Date)?>(nil)
    // The first attempt goes on until its time is used up, two seconds, while the loop waits; then the loop is held up.
    try spool.drop(TemporarySpool.job("stay", #", "timeout": 2"#), as: "a.json")
    try spool.drop(TemporarySpool.job(), as: "b.json")
    try spool.drain {
      $0.manager = ManagerSocket(["NOTIFY_SOCKET": name, "WATCHDOG_USEC": "1000000"]).map {
        ManagerReport($0)
      }
      let starts = Mutex(0)
      $0.memoryKills = {
        guard
          starts.withLock({
            $0 += 1
            return $0
          }) == 2
        else { return 0 }
        let from = Date()
        usleep(1_500_000)
        blocked.withLock { $0 = (from, Date()) }
        return 0
      }
    }
    let signs = manager.finish().filter { $0.text == "WATCHDOG=1" }.map(\.at)
    let gap = try #require(blocked.withLock { $0 })
    #expect(!signs.contains { $0 > gap.from.addingTimeInterval(0.05) && $0 < gap.to })
    // Never so long between two others that the manager would lose patience.
    let before = signs.filter { $0 <= gap.from.addingTimeInterval(0.05) }
    #expect(before.count >= 5, "\(signs)")
    #expect(zip(before, before.dropFirst()).allSatisfy { $1.timeIntervalSince($0) < 1 }, "\(signs)")
  }

  @Test func `is told of the stop`() throws {
    defer { spool.remove() }
    let name = "@scispool-\(UUID().uuidString)"
    let manager = try Manager(name)
    let service = try spool.service {
      $0.drains = false
      $0.manager = ManagerSocket(["NOTIFY_SOCKET": name]).map { ManagerReport($0) }
    }
    service.stopper()
    try service.run()
    #expect(manager.finish().last?.text == "STOPPING=1\nSTATUS=stopping at the next step")
  }

  @Test func `is asked only where it listens, and watched only if it says so`() throws {
    defer { spool.remove() }
    #expect(ManagerSocket([:]) == nil)
    #expect(ManagerSocket(["NOTIFY_SOCKET": ""]) == nil)
    #expect(ManagerSocket(["NOTIFY_SOCKET": "vsock:2:1234"]) == nil)
    #expect(ManagerSocket(["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 107)]) == nil)
    let asked = ["NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "60000000"]
    #expect(ManagerSocket(asked)?.watchdog == 60)
    #expect(ManagerSocket(asked.merging(["WATCHDOG_PID": "7"]) { $1 }, processID: 7)?.watchdog == 60)
    #expect(ManagerSocket(asked.merging(["WATCHDOG_PID": "7"]) { $1 }, processID: 8)?.watchdog == nil)
    #expect(ManagerSocket(["NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "no"])?.watchdog == nil)
    // Nobody listens: the service is served all the same.
    try spool.drop(TemporarySpool.job(), as: "a.json")
    try spool.drain {
      $0.manager = ManagerSocket(["NOTIFY_SOCKET": "@nobody-\(UUID().uuidString)"]).map { ManagerReport($0) }
    }
    #expect(try spool.summary(of: "a")?.state == .done)
  }
}
