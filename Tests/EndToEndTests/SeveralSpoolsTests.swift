import ChildProcesses
import Foundation
import Glibc
import Jobs
import Ledger
import Testing

/// One daemon that serves what a configuration file says, with the real worker and models.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct SeveralSpoolsTests {
  let folder: URL
  let interactive: URL
  let nightly: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "scispool-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    (interactive, nightly) = (folder.appending(path: "interactive"), folder.appending(path: "nightly"))
    for spool in [interactive, nightly] {
      try FileManager.default.moveItem(at: try Program.spool(), to: spool)
    }
    try write(
      """
      {
        "default_spool": "interactive", // what commands mean
        "defaults": { "keep_days": 30 },
        "spools": {
          "nightly": { "root": "\(nightly.path)", "priority": -50 },
          "interactive": { "root": "\(interactive.path)" }
        }
      }
      """)
  }

  private var file: String { folder.path + "/config.jsonc" }

  private func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: file)) }

  private func remove() { try? FileManager.default.removeItem(at: folder) }

  private func exists(_ spool: URL, _ path: String) -> Bool { access(spool.path + "/" + path, F_OK) == 0 }

  private func run(_ arguments: String...) throws -> Program.Outcome {
    try Program.run(arguments + ["--config", file])
  }

  /// A daemon that serves both spools already.
  private func serve() throws -> ChildProcess {
    let daemon = try ChildProcess(
      Program.path, ["serve", "--config", file], errors: .file(folder.path + "/daemon.log"))
    try Program.wait("both spools") {
      exists(interactive, "control/answers") && exists(nightly, "control/answers")
    }
    return daemon
  }

  private var log: String {
    (try? String(contentsOfFile: folder.path + "/daemon.log", encoding: .utf8)) ?? ""
  }

  private func job(_ name: String, images: Int) throws -> String {
    let path = folder.path + "/\(name).json"
    let text = """
      {"kind": "generate", "model": "flux-mini", "prompts": ["a green apple"], "num_images_per_prompt": \(images),
       "height": 64, "width": 64, "num_inference_steps": 8, "seed": 7}
      """
    try Data(text.utf8).write(to: URL(filePath: path))
    return path
  }

  private func attempts(_ spool: URL, _ name: String) throws -> [LedgerReader.Attempt] {
    let ledger = try Ledger.reading(path: spool.path + "/ledger.sqlite")
    return try ledger.job(named: name).map { try ledger.attempts(of: $0.id) } ?? []
  }

  @Test func `a job of the urgent spool goes before the background spool's, which goes on afterwards`() throws
  {
    defer { remove() }
    let daemon = try serve()
    defer { daemon.send(signal: SIGKILL) }
    #expect(try run("submit", job("long", images: 60), "--spool", "nightly").status == 0)
    try Program.wait("an image") {
      let ids = (try? FileManager.default.contentsOfDirectory(atPath: nightly.path + "/active")) ?? []
      return ids.contains {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(nightly.path)/active/\($0)/output/images"))
          ?? []).count > 1
      }
    }
    let seen = try run("top", "--once")
    #expect(seen.status == 0 && seen.output.contains("nightly") && seen.output.contains("long"), "\(seen)")
    #expect(seen.output.contains("supervisor \(daemon.processID): CPU "))
    // Without --spool the default one is meant.
    let urgent = try run("submit", job("urgent", images: 1), "--wait")
    #expect(urgent.status == 0 && exists(interactive, "outbox/urgent"), "\(urgent.errors)")
    #expect(!exists(nightly, "outbox/long"))
    let waited = try run("wait", "long", "--spool", "nightly")
    #expect(waited.status == 0, "\(waited.errors)")
    let (slices, one) = (try attempts(nightly, "long"), try attempts(interactive, "urgent"))
    #expect(slices.map(\.outcome) == ["requeued", "done"] && one.map(\.outcome) == ["done"])
    #expect(slices[0].endedAt! <= one[0].startedAt && one[0].endedAt! <= slices[1].startedAt)
    daemon.send(signal: SIGTERM)
    #expect(daemon.wait() == .exited(status: 0))
    // One daemon serves both, and says of each line whose it is.
    #expect(
      log.contains("spool=nightly") && log.contains("long gives way to a job of another spool"), "\(log)")
  }

  @Test func `SIGHUP reads the file again, and a broken one changes nothing`() throws {
    defer { remove() }
    let daemon = try serve()
    defer { daemon.send(signal: SIGKILL) }
    #expect(try run("submit", job("long", images: 60), "--spool", "nightly").status == 0)
    try Program.wait("the job") { (try? attempts(nightly, "long").count) == 1 }
    let good = try String(contentsOfFile: file, encoding: .utf8)
    try write(good.replacing("\"default_spool\"", with: "\"defualt_spool\""))
    daemon.send(signal: SIGHUP)
    try Program.wait("the complaint") { log.contains("did you mean \"default_spool\"?") }
    let marker = folder.appending(path: "told")
    let hook = folder.appending(path: "hook")
    try Data("#!/bin/sh\necho \"$SCISPOOL_NAME\" >>\(marker.path)\n".utf8).write(to: hook)
    chmod(hook.path, 0o755)
    let third = folder.path + "/third"
    try write(
      good.replacing("\"keep_days\": 30", with: "\"keep_days\": 30, \"hook\": \"\(hook.path)\"")
        .replacing("\"nightly\": {", with: "\"third\": { \"root\": \"\(third)\" },\n    \"nightly\": {"))
    daemon.send(signal: SIGHUP)
    try Program.wait("the third spool") { access(third + "/control/answers", F_OK) == 0 }
    #expect(try run("wait", "long", "--spool", "nightly").status == 0)
    // The job went on through both, and the new hook is told of its end.
    #expect(try attempts(nightly, "long").map(\.outcome) == ["done"])
    try Program.wait("the hook") { (try? String(contentsOf: marker, encoding: .utf8)) == "long\n" }
    // Another root is said and not taken over.
    try write(good.replacing(nightly.path, with: nightly.path + "-2"))
    daemon.send(signal: SIGHUP)
    try Program.wait("the warning") { log.contains("the root of nightly changes to") }
    try Program.wait("the end of the third") {
      log.contains("the spool third is no longer in the configuration")
    }
    daemon.send(signal: SIGTERM)
    #expect(daemon.wait() == .exited(status: 0))
    #expect(!FileManager.default.fileExists(atPath: nightly.path + "-2"))
  }

  @Test func `drains all spools and tells what is set`() throws {
    defer { remove() }
    #expect(try run("serve", "--drain").status == 0)
    for (spool, name) in [(interactive, "a"), (nightly, "b")] {
      #expect(try run("submit", job(name, images: 1), "--spool", spool.path).status == 0)
    }
    #expect(try run("serve", "--drain").status == 0)
    #expect(exists(interactive, "outbox/a") && exists(nightly, "outbox/b"))
    #expect(try run("status", "a").output.contains("a: done"))
    #expect(try run("status", "b", "--spool", "nightly").output.contains("b: done"))
    let unknown = try run("status", "--spool", "nigthly")
    #expect(unknown.status == 66 && unknown.errors.contains("did you mean \"nightly\"?"), "\(unknown.errors)")

    let shown = try run("config", "--spool", "nightly")
    #expect(shown.status == 0 && shown.output.contains("configuration: \(file)\n"))
    let rows = shown.output.split(separator: "\n").map {
      $0.split(separator: " ", omittingEmptySubsequences: true)
    }
    #expect(rows.contains { $0 == ["nightly", "priority", "-50", "\(file):5"] }, "\(shown.output)")
    #expect(rows.contains { $0 == ["nightly", "keep_days", "30", "\(file):3"] })
    #expect(rows.contains { $0 == ["nightly", "rescan_seconds", "30", "default"] })
    #expect(!shown.output.contains("\ninteractive"))
    #expect(try Program.run("config", "--check", file).status == 0)
    try write("{\"spools\": {\"a\": {\"rot\": \"/x\"}}}")
    let broken = try Program.run("config", "--check", file)
    #expect(broken.status == 65 && broken.errors.contains("did you mean \"root\"?"), "\(broken.errors)")
    #expect(try run("serve", "--drain").status == 65)
    #expect(try Program.run("config", "--check", folder.path + "/none").status == 66)
  }

  @Test func `cleans every spool by its own limits`() throws {
    defer { remove() }
    try write(
      """
      {"spools": {"interactive": {"root": "\(interactive.path)"},
                  "nightly": {"root": "\(nightly.path)", "keep_jobs": 0, "include_unread": true}}}
      """)
    for spool in [interactive, nightly] {
      try Data("[]".utf8).write(to: spool.appending(path: "inbox/bad.json"))
    }
    #expect(try run("serve", "--drain").status == 0)
    #expect(exists(interactive, "failed/bad") && exists(nightly, "failed/bad"))
    #expect(try run("clean").status == 64)
    let cleaned = try run("clean", "--all-spools")
    #expect(
      cleaned.status == 0 && cleaned.output.contains("nightly:\n"), "\(cleaned.output)\(cleaned.errors)")
    #expect(exists(interactive, "failed/bad") && !exists(nightly, "failed/bad"))
  }
}
