import Daemon
import Foundation
import Glibc
import Jobs
import Ledger
import Logging
import Spooling

/// A spool of its own for a test, with a scripted worker.
struct TemporarySpool {
  let folders: SpoolFolders
  let worker: [String]

  init() throws {
    // In memory where there is such a place: the tests of recovery sync thousands of times.
    let memory = URL(filePath: "/dev/shm")
    let place = access(memory.path, W_OK) == 0 ? memory : FileManager.default.temporaryDirectory
    let root = place.appending(path: "scispool-\(UUID().uuidString)")
    try self.init(root: root)
    try folders.prepare()
  }

  /// A spool that is there already, or will be.
  init(root: URL) throws {
    folders = SpoolFolders(root: root)
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    worker = try ScriptedWorker.write(to: root)
    // As in the program: a worker that is gone is an error of the write.
    signal(SIGPIPE, SIG_IGN)
  }

  func remove() { try? FileManager.default.removeItem(at: folders.root) }

  static func job(_ play: String = "done", _ options: String = "") -> Data {
    Data(
      """
      {"kind": "score", "model": "m", "items": [{"prompt": "a green apple", "images": ["a.png"]}],
       "labels": {"play": "\(play)"}\(options)}
      """.utf8)
  }

  /// Drops a file as a careful person does: complete, by one rename.
  func drop(_ data: Data, as name: String) throws {
    let hidden = folders.inbox.appending(path: ".\(UUID().uuidString)")
    try data.write(to: hidden)
    guard rename(hidden.path, folders.inbox.path + "/" + name) == 0 else {
      throw JobFailure(.cannotWrite, String(cString: strerror(errno)))
    }
  }

  func service(
    files: FileSystem = .system, _ change: (inout SpoolService.Options) -> Void = { _ in }
  ) throws(JobFailure) -> SpoolService {
    var options = SpoolService.Options(folders: folders, worker: worker)
    options.drains = true
    options.files = files
    options.watches = false
    options.quietWindow = 0.1
    options.rescan = 0.2
    (options.backoff.crash, options.backoff.outOfMemory, options.backoff.machine) = (0.02, 0.02, 0.02)
    options.backoff.memory = 0.02
    change(&options)
    return try SpoolService(options, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  /// Serves until nothing is left to start.
  func drain(
    files: FileSystem = .system, _ change: (inout SpoolService.Options) -> Void = { _ in }
  ) throws(JobFailure) {
    try service(files: files, change).run()
  }

  func names(in folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  func failure(of name: String) throws -> JobFailure {
    let file = folders.failed.path + "/" + name + "/error.json"
    return try JobJSON.value(JobFailure.self, from: Data(contentsOf: URL(filePath: file)))
  }

  func summary(of name: String) throws -> LedgerReader.Summary? {
    try Ledger.reading(path: folders.ledger.path).job(named: name)
  }
}
