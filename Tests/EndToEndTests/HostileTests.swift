import ChildProcesses
import Foundation
import Glibc
import Jobs
import Testing

/// What somebody may drop who must not become the daemon.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct HostileTests {
  let spool: URL

  init() throws { spool = try Program.spool() }

  private func remove() { try? FileManager.default.removeItem(at: spool) }

  private func isConfining() throws -> Bool {
    try !String(contentsOf: spool.appending(path: "daemon.log"), encoding: .utf8).contains("not confined")
  }

  @Test func `names and prompts do not talk to terminals or forge log lines`() throws {
    defer { remove() }
    let name = "night\u{1B}]0;owned\u{7}\n1999-01-01 error: forged\u{9B}2J"
    let job = #"{"kind": "generate", "model": "m\u001b[31m", "prompts": ["p\u001b[2J\u009b31m"], "seed": 1}"#
    let hidden = spool.appending(path: ".hidden")
    try Data(job.utf8).write(to: hidden)
    #expect(rename(hidden.path, spool.path + "/inbox/\(name).json") == 0)
    let served = try Program.run("serve", "--spool", spool.path, "--drain")
    var texts = [served.errors, served.output]
    for command in [
      ["status"], ["status", "--json"], ["show", name], ["show", name, "--json"], ["logs", name],
      ["wait", name], ["retry", name],
    ] {
      let outcome = try Program.run(command + ["--spool", spool.path])
      texts += [outcome.output, outcome.errors]
    }
    let log = try String(contentsOf: spool.appending(path: "failed/\(name)/log.txt"), encoding: .utf8)
    texts.append(log)
    for text in texts {
      let active = text.unicodeScalars.filter {
        $0.properties.generalCategory == .control && $0 != "\n" && $0 != "\t"
      }
      #expect(active.isEmpty, "\(text.debugDescription)")
      #expect(!text.split(separator: "\n").contains { $0.hasPrefix("1999") }, "\(text)")
    }
    let page = try String(contentsOf: spool.appending(path: "status.html"), encoding: .utf8)
    #expect(page.contains("Content-Security-Policy"))
  }

  @Test func `a model in a job folder whose files are links out is not read`() throws {
    defer { remove() }
    let secret = FileManager.default.temporaryDirectory.appending(path: "secret-\(UUID().uuidString)")
    try Data("{\"secret\": \"hunter2\"".utf8).write(to: secret)
    defer { try? FileManager.default.removeItem(at: secret) }
    let folder = spool.appending(path: "inbox/a.job")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: spool.appending(path: "models/clip-mini"), to: folder.appending(path: "m"))
    let config = folder.appending(path: "m/config.json")
    try FileManager.default.removeItem(at: config)
    try FileManager.default.createSymbolicLink(at: config, withDestinationURL: secret)
    try FileManager.default.copyItem(
      at: URL(filePath: #filePath).appending(path: "../../../docs/images/contact-sheet.png")
        .standardizedFileURL, to: folder.appending(path: "a.png"))
    try Data(
      #"{"kind": "score", "model": "m", "items": [{"prompt": "p", "images": ["a.png"]}]}"#.utf8
    ).write(to: folder.appending(path: "job.json"))
    let daemon = try Program.serve(spool, ["--drain"])
    #expect(daemon.wait() == .exited(status: 0))
    guard try isConfining() else { return }
    let error = try String(contentsOf: spool.appending(path: "failed/a/error.json"), encoding: .utf8)
    #expect(!error.contains("hunter2") && !error.contains("secret\\\""), "\(error)")
    #expect(error.lowercased().contains("permission"), "\(error)")
  }

  @Test func `pictures that are swapped for links while they are scored are never read from outside`() throws
  {
    defer { remove() }
    let sheet = URL(filePath: #filePath).appending(path: "../../../docs/images/contact-sheet.png")
      .standardizedFileURL
    let outside = FileManager.default.temporaryDirectory.appending(path: "outside-\(UUID().uuidString).png")
    try FileManager.default.copyItem(at: sheet, to: outside)
    defer { try? FileManager.default.removeItem(at: outside) }
    let inside = spool.appending(path: "inside.png")
    try Self.plainPicture.write(to: inside)
    let link = spool.path + "/link.png"
    #expect(symlink(inside.path, link) == 0)
    let daemon = try Program.serve(spool)
    defer { daemon.send(signal: SIGKILL) }
    let flag = Flag()
    let thread = Thread {
      while !flag.isSet {
        for target in [outside.path, inside.path] {
          symlink(target, link + ".new")
          rename(link + ".new", link)
        }
      }
      flag.isOver.signal()
    }
    thread.start()
    var scores: Set<Double> = []
    for number in 0..<30 {
      let name = "s\(number)"
      let file = spool.appending(path: ".\(name)")
      try Data(
        #"{"kind": "score", "model": "clip-mini", "items": [{"prompt": "p", "images": ["link.png"]}]}"#.utf8
      ).write(to: file)
      #expect(rename(file.path, spool.path + "/inbox/\(name).json") == 0)
      try Program.wait("the job \(number)") {
        access(spool.path + "/outbox/\(name)/result.json", F_OK) == 0
          || access(spool.path + "/failed/\(name)", F_OK) == 0
      }
      if let data = try? Data(contentsOf: spool.appending(path: "outbox/\(name)/result.json")),
        case .score(let result) = try JobJSON.value(JobResult.self, from: data).outcome
      {
        scores.formUnion(result.items.flatMap(\.images).map(\.score))
      }
    }
    flag.set()
    daemon.send(signal: SIGTERM)
    daemon.wait()
    // One picture, one score: the other one's never came up.
    #expect(scores.count <= 1, "\(scores)")
  }

  private final class Flag: @unchecked Sendable {
    // Unchecked: under the lock.
    private let lock = NSLock()
    private var value = false
    let isOver = DispatchSemaphore(value: 0)
    var isSet: Bool { lock.withLock { value } }
    func set() {
      lock.withLock { value = true }
      isOver.wait()
    }
  }

  /// A grey picture of 8×8 pixels.
  private static let plainPicture = Data(
    base64Encoded:
      "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAD0lEQVR4nGNowAEYhpYEAILzYAGc7g8kAAAAAElFTkSuQmCC"
  )!
}
