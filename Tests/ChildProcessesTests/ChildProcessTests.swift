import ChildProcesses
import Foundation
import Testing

struct ChildProcessTests {
  static func shell(
    _ script: String, _ arguments: String..., input: ChildProcess.Stream = .nothing,
    output: ChildProcess.Stream = .pipe, environment: [String: String]? = nil, handing: [Int32] = []
  ) throws -> ChildProcess {
    try ChildProcess(
      "/bin/sh", ["-c", script, "sh"] + arguments, environment: environment, input: input, output: output,
      handing: handing)
  }

  static func text(_ process: ChildProcess) -> String {
    String(decoding: process.output?.readDataToEndOfFile() ?? Data(), as: UTF8.self)
  }

  @Test(arguments: [0, 1, 77, 255] as [Int32])
  func `reports the exit status`(status: Int32) throws {
    let process = try Self.shell("exit \(status)")
    #expect(process.wait() == .exited(status: status))
    #expect(process.end == .exited(status: status))
  }

  @Test func `reports the signal that ended it, once and for all`() throws {
    let process = try Self.shell("exec sleep 60")
    #expect(process.end == nil)
    process.send(signal: SIGKILL)
    #expect(process.wait() == .killed(signal: SIGKILL))
    #expect(process.wait().description.contains("signal 9"))
    process.send(signal: SIGKILL)
  }

  @Test func `carries what is written and read, and ends its input`() throws {
    let process = try Self.shell("exec cat", input: .pipe)
    let data = Data((0..<500_000).map { UInt8(truncatingIfNeeded: $0) })
    // More than a pipe holds: written beside the reading.
    let writer = Thread {
      try? process.input?.write(contentsOf: data)
      try? process.input?.close()
    }
    writer.start()
    #expect(process.output?.readDataToEndOfFile() == data)
    #expect(process.wait() == .exited(status: 0))
  }

  @Test func `passes words as they are, and the environment whole`() throws {
    let process = try Self.shell(
      #"printf '%s|' "$@"; /usr/bin/env"#, "a b", "$HOME", "", environment: ["PATH": "/bin", "ONE": "1=2"])
    let lines = Self.text(process).split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("a b|$HOME||") } && lines.contains { $0.hasSuffix("ONE=1=2") })
    #expect(!lines.contains { $0.contains("HOME=") })
  }

  @Test func `gives the child no descriptor that was not handed to it`() throws {
    // Without close-on-exec, as a library may open one.
    let stray = open("/dev/null", O_RDONLY)
    var handed: [Int32] = [0, 0]
    try #require(stray >= 0 && pipe(&handed) == 0)
    defer { for number in handed + [stray] { close(number) } }
    let process = try Self.shell("echo beyond >&4; ls /proc/$$/fd", handing: handed)
    #expect(Self.text(process).split(separator: "\n").map(String.init) == ["0", "1", "2", "3", "4"])
    var buffer = [UInt8](repeating: 0, count: 6)
    #expect(read(handed[0], &buffer, 6) == 6 && buffer == Array("beyond".utf8))
  }

  @Test func `the end of one is seen while another lives`() throws {
    let long = try Self.shell("exec sleep 60", input: .pipe)
    defer { long.send(signal: SIGKILL) }
    let short = try Self.shell("exec cat", input: .pipe)
    let other = try Self.shell("exec sleep 60", input: .pipe)
    defer { other.send(signal: SIGKILL) }
    try short.input?.close()
    #expect(Self.text(short).isEmpty)
    #expect(short.wait() == .exited(status: 0))
  }

  @Test func `many at once all end, and leave no zombie`() async throws {
    let statuses = try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<60 {
        group.addTask {
          let process = try Self.shell("cat >/dev/null; exit \(number)", input: .pipe)
          try process.input?.close()
          return process.wait() == .exited(status: Int32(number))
            && access("/proc/\(process.processID)/stat", F_OK) != 0
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(statuses == Array(repeating: true, count: 60))
  }

  @Test func `does not ignore what this process ignores`() throws {
    signal(SIGPIPE, SIG_IGN)
    let process = try Self.shell("grep SigIgn /proc/self/status")
    let mask = try #require(
      Self.text(process).split(separator: "\t").last?.trimmingCharacters(in: .whitespacesAndNewlines))
    #expect(try #require(UInt64(mask, radix: 16)) & 1 << UInt64(SIGPIPE - 1) == 0)
  }

  @Test func `what cannot be started is an error, and leaks nothing`() throws {
    let before = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    for _ in 0..<200 {
      #expect(throws: POSIXError.self) {
        try ChildProcess("/nonexistent/program", [], input: .pipe, output: .pipe, errors: .pipe)
      }
    }
    // Other tests run beside this one and open files of their own.
    #expect(try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count < before + 200)
  }
}
