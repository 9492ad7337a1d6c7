import Foundation
import Jobs
import LocalServer
import Testing

/// A judging job through the daemon, the worker and the ledger.
@Suite struct JudgeTests {
  @Test func `a key of the daemon's environment judges pictures and is in no file of the spool`() throws {
    let secret = "sk-e2e-secret-0123456789"
    let server = try LocalServer { request in
      let key = request.headers["authorization"] ?? "none"
      return request.number == 0
        ? .status(429, headers: ["Retry-After": "0"], message: "slow down, \(key)")
        : .says("\(key): {\"scene score\": 1, \"reality score\": 3}")
    }
    defer { server.stop() }
    let spool = try Program.spool()
    defer { try? FileManager.default.removeItem(at: spool) }
    let job = spool.appending(path: "inbox/.grade.job")
    try FileManager.default.createDirectory(
      at: job.appending(path: "pictures"), withIntermediateDirectories: true)
    try Self.png.write(to: job.appending(path: "pictures/a.png"))
    let row = #"{"file_name": "a.png", "prompt": "p", "scene_scoring": "s", "real_scoring": "r"}"#
    try Data(row.utf8).write(to: job.appending(path: "pictures/metadata.jsonl"))
    let text = """
      {"kind": "benchmark", "suite": "judge", "folder": "pictures", "model": "m", "endpoint": "\(server.base)",
       "api_key_env": "E2E_API_KEY"}
      """
    try Data(text.utf8).write(to: job.appending(path: "job.json"))
    try FileManager.default.moveItem(at: job, to: spool.appending(path: "inbox/grade.job"))
    let daemon = try Program.serve(spool, environment: ["E2E_API_KEY": secret])
    defer { daemon.send(signal: SIGTERM) }
    let result = spool.appending(path: "outbox/grade/result.json")
    try Program.wait("the result") { FileManager.default.fileExists(atPath: result.path) }
    let read = try JobJSON.value(JobResult.self, from: Data(contentsOf: result))
    guard case .benchmark(.judge(let judged)) = read.outcome else {
      Issue.record("\(read.outcome)")
      return
    }
    #expect(judged.overall?.score == 1 && judged.usage.asked == 1 && judged.usage.retries == 1)
    #expect(server.received.map { $0.headers["authorization"] } == ["Bearer \(secret)", "Bearer \(secret)"])
    daemon.send(signal: SIGTERM)
    daemon.wait()
    let files = FileManager.default.enumerator(atPath: spool.path)?.compactMap { $0 as? String } ?? []
    #expect(files.contains("ledger.sqlite") && files.contains("daemon.log"))
    let traces = files.filter { file in
      let content = try? Data(contentsOf: spool.appending(path: file))
      return content?.range(of: Data(secret.utf8)) != nil
    }
    #expect(traces.isEmpty, "\(traces)")
  }

  /// One grey pixel.
  private static let png =
    Data(
      base64Encoded:
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==")
    ?? Data()
}
