import ChildProcesses
import Foundation
import Glibc
import Jobs
import Spooling
import Testing
import Trials

private let thorough = ProcessInfo.processInfo.environment["SCISPOOL_FAULTS"]
private let kinds = ["ENOSPC", "EIO", "EINTR", "EMFILE", "EACCES", "SHORT", "FULL", "KILL", "KILLED"]

/// Fails or kills the supervisor at system calls of a scripted day, SQLite's among them, and starts it again.
///
/// Every call and every error take an hour: `SCISPOOL_FAULTS=all` does that, and `SCISPOOL_FAULTS=FULL,KILL` for these errors;
/// of others one call in some is tried.
@Suite(.serialized, .timeLimit(.minutes(thorough == nil ? 20 : 600)))
struct FaultTests {
  /// The library of `faults.c`, built once.
  private static let shim: Result<String, any Error> = Result {
    let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "faults.c").path
    let library = FileManager.default.temporaryDirectory.appending(path: "faults-\(getpid()).so").path
    let compiler = try ChildProcess(
      "/usr/bin/env", ["cc", "-O1", "-shared", "-fPIC", source, "-o", library, "-ldl"], input: .nothing)
    guard compiler.wait() == .exited(status: 0) else {
      throw JobFailure(.missingInput, "faults.c cannot be compiled", hint: "Install gcc.")
    }
    return library
  }

  /// In memory where there is such a place.
  private static let place = URL(
    filePath: access("/dev/shm", W_OK) == 0 ? "/dev/shm" : FileManager.default.temporaryDirectory.path)

  private static let done: Set = ["folder", "good", "taken-2"]
  private static let failed: Set = ["broken", "later", "refused"]

  /// A day: a job that succeeds, one whose name is taken, a folder with an input, one that is refused, one that is no JSON, and
  /// one that waits and is cancelled.
  private static func day() throws -> TrialSpool {
    let spool = try TrialSpool(in: place)
    let folders = spool.folders
    for name in ["good", "taken"] { try spool.drop(TrialSpool.job(), as: name) }
    try spool.drop(TrialSpool.job(["play": "refuse"]), as: "refused")
    try spool.drop(Data("{\"kind\": \"score\", ".utf8), as: "broken")
    try spool.drop(TrialSpool.job(options: ", \"not_before\": \"2999-01-01T00:00:00Z\""), as: "later")
    // Of somebody who called a folder so; complete, as all there are.
    let taken = folders.outbox.appending(path: "taken")
    try FileManager.default.createDirectory(at: taken, withIntermediateDirectories: true)
    for file in ["result.json", "log.txt", ".job-id"] { try Data().write(to: taken.appending(path: file)) }
    let folder = folders.inbox.appending(path: "folder.job")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try TrialSpool.job().write(to: folder.appending(path: "job.json"))
    try Data("pixels".utf8).write(to: folder.appending(path: "a.png"))
    // Long enough ago that nobody is still writing it.
    var times = [timespec(tv_sec: time(nil) - 60, tv_nsec: 0), timespec(tv_sec: time(nil) - 60, tv_nsec: 0)]
    for path in [
      folder.path, folder.path + "/job.json", folder.path + "/a.png", folders.inbox.path + "/broken.json",
    ] {
      utimensat(AT_FDCWD, path, &times, 0)
    }
    _ = try ControlBox(folders: folders).post(ControlRequest(.cancel, name: "later"))
    return spool
  }

  /// Serves the day to its end, or to what the settings of the library bring about.
  private static func serve(_ spool: TrialSpool, _ settings: [String: String]?) throws -> ChildProcess.End {
    var environment = ProcessInfo.processInfo.environment
    if let settings {
      environment["LD_PRELOAD"] = try shim.get()
      environment["SCISPOOL_FAULT_ROOT"] = spool.folders.root.path
      environment.merge(settings) { $1 }
    }
    let daemon = try ChildProcess(
      Program.path, ["bench", "supervisor", "--drain", "--spool", spool.folders.root.path],
      environment: environment, errors: .file(spool.folders.root.path + ".log"))
    // A disk that stays full keeps it waiting; being killed then is one more thing to bear.
    let deadline = ContinuousClock.now + .seconds(settings == nil ? 60 : 10)
    while daemon.end == nil, ContinuousClock.now < deadline { usleep(5000) }
    daemon.send(signal: SIGKILL)
    return daemon.wait()
  }

  private static func remove(_ spool: TrialSpool) {
    spool.remove()
    unlink(spool.folders.root.path + ".log")
  }

  /// How many calls an undisturbed day has.
  private static let calls: Result<[String], any Error> = Result {
    let spool = try day()
    defer { remove(spool) }
    let trace = spool.folders.root.path + ".trace"
    defer { unlink(trace) }
    let end = try serve(spool, ["SCISPOOL_FAULT_TRACE": trace])
    let log = (try? String(contentsOfFile: spool.folders.root.path + ".log", encoding: .utf8)) ?? ""
    #expect(end == .exited(status: 0), "\(log)")
    try expectEnded(spool, "undisturbed")
    return try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  private static func expectEnded(_ spool: TrialSpool, _ what: String) throws {
    // It took a name and is no job.
    try FileManager.default.removeItem(at: spool.folders.outbox.appending(path: "taken"))
    #expect(try spool.brokenPromises(dropped: done.union(failed)) == [], "\(what)")
    #expect(Set(spool.names(in: spool.folders.outbox)) == done, "\(what)")
    #expect(Set(spool.names(in: spool.folders.failed)) == failed, "\(what)")
    #expect(spool.names(in: spool.folders.control) == ["answers"], "\(what)")
    let input = spool.folders.failed.appending(path: "broken/job.json")
    #expect(try Data(contentsOf: input) == Data("{\"kind\": \"score\", ".utf8), "\(what)")
  }

  @Test func `the day has calls of every sort, SQLite's among them`() throws {
    let calls = try Self.calls.get()
    for call in ["open", "read", "write", "pwrite", "fsync", "fdatasync", "rename", "mkdir", "unlink"] {
      #expect(calls.contains { $0.contains(" \(call) ") }, "\(call)")
    }
    for file in ["/ledger.sqlite", "/ledger.sqlite-wal", "/status.html", "/outbox/"] {
      #expect(calls.contains { $0.contains(file) }, "\(file)")
    }
  }

  @Test(arguments: kinds)
  func `a call that fails, or is the last, loses nothing`(kind: String) throws {
    let count = try Self.calls.get().count
    // Other calls for every kind, and all of them at one time or another.
    let isThorough = thorough == "all" || thorough?.split(separator: ",").contains { $0 == kind } == true
    let step = isThorough ? 1 : max(1, count / 8)
    for number in stride(from: 1 + kind.hashValue.magnitude % UInt(step), through: UInt(count), by: step) {
      let spool = try Self.day()
      _ = try Self.serve(spool, ["SCISPOOL_FAULT_AT": "\(number)", "SCISPOOL_FAULT_KIND": kind])
      let what = "\(kind) at call \(number)"
      #expect(spool.halfPublished() == [], "\(what)")
      #expect(try Self.serve(spool, nil) == .exited(status: 0), "\(what)")
      try Self.expectEnded(spool, what)
      Self.remove(spool)
    }
  }
}
