import Foundation
import Glibc
import Jobs
import Testing

/// The commands that say what becomes of jobs, against the real daemon.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct ControlTests {
  let spool: URL

  init() throws { spool = try Program.spool() }

  private func remove() { try? FileManager.default.removeItem(at: spool) }

  private func exists(_ path: String) -> Bool { access(spool.path + "/" + path, F_OK) == 0 }

  private func submit(_ name: String, images: Int, steps: Int = 8, priority: Int = 0) throws {
    let file = spool.appending(path: "\(name).json")
    let job = """
      {"kind": "generate", "model": "flux-mini", "prompts": ["a green apple"], "num_images_per_prompt": \(images),
       "height": 64, "width": 64, "num_inference_steps": \(steps), "seed": 7, "priority": \(priority)}
      """
    try Data(job.utf8).write(to: file)
    #expect(try Program.run("submit", file.path, "--spool", spool.path).status == 0)
  }

  private func run(_ arguments: String...) throws -> Program.Outcome {
    try Program.run(arguments + ["--spool", spool.path])
  }

  private var isAtWork: Bool {
    let ids = (try? FileManager.default.contentsOfDirectory(atPath: spool.path + "/active")) ?? []
    return ids.contains {
      ((try? FileManager.default.contentsOfDirectory(atPath: "\(spool.path)/active/\($0)/output/images"))
        ?? [])
        .contains { !$0.hasPrefix(".") }
    }
  }

  @Test func `cancels, holds, releases and retries, and tells scripts how jobs stand`() throws {
    defer { remove() }
    #expect(try run("cancel", "a").status == 66)
    let daemon = try Program.serve(spool)
    defer { daemon.send(signal: SIGKILL) }
    try Program.wait("the daemon") { exists("ledger.sqlite") && exists("control/answers") }
    let doctor = try run("doctor")
    #expect(doctor.status == 0 && !doctor.output.contains("BAD"), "\(doctor.output)")
    for subject in [
      "folders", "ledger", "clock", "processor", "model flux-mini", "model grounding-dino-mini",
    ] {
      #expect(doctor.output.contains("ok    \(subject): "), "\(doctor.output)")
    }
    #expect(try run("cancel").status == 64)
    #expect(try run("cancel", "none").status == 66)

    try submit("a", images: 400)
    try Program.wait("an image") { isAtWork }
    try submit("b", images: 2)
    #expect(try run("test", "a").status == 75)
    let held = try run("hold", "a", "b", "--reason", "not now")
    #expect(held.status == 0 && held.output == "held a\nheld b\n", "\(held.errors)")
    let status = try run("status").output
    #expect(status.components(separatedBy: "not now").count == 3, "\(status)")
    #expect(try run("show", "a").output.contains("requeued"))
    #expect(try run("wait", "b", "--timeout", "0.2").status == 75)
    #expect(try run("release", "b").status == 0)
    let waited = try run("wait", "b")
    #expect(waited.status == 0 && waited.output.hasSuffix("/outbox/b\n"), "\(waited.errors)")
    #expect(try run("test", "b").status == 0)

    #expect(try run("release", "a").status == 0)
    let log = try run("logs", "a").output
    #expect(log.contains("held: not now") && log.contains("released"))
    let cancelled = try run("cancel", "a")
    #expect(cancelled.status == 0, "\(cancelled.errors)")
    #expect(exists("failed/a/job.json") && !exists("outbox/a"))
    #expect(try run("cancel", "a").status == 0)
    #expect(try run("cancel", "b").status == 66)
    #expect(try run("test", "a").status == 65)
    #expect(try run("wait", "a").status == 75)
    #expect(try run("logs", "-f", "a").output.contains("cancelled by"))

    #expect(try run("retry", "a").status == 0)
    #expect(try run("test", "a").status == 75 && !exists("failed/a"))
    daemon.send(signal: SIGTERM)
    #expect(daemon.wait() == .exited(status: 0))
  }

  @Test func `requests made without a daemon are kept for the next one`() throws {
    defer { remove() }
    try submit("a", images: 1)
    #expect(try Program.run("serve", "--spool", spool.path, "--drain").status == 0)
    try submit("b", images: 1)
    let asked = try run("cancel", "b", "--reason", "too late")
    #expect(asked.status == 69 && asked.errors.contains("kept"))
    #expect(try run("wait", "b").status == 69)
    #expect(try run("cancel", "none").status == 66)
    #expect(try Program.run("serve", "--spool", spool.path, "--drain").status == 0)
    #expect(exists("failed/b") && exists("outbox/a"))
    #expect(try run("show", "b", "--json").output.contains("too late"))
  }

  @Test func `a worker that is stopped is found by its silence, and its job goes on in another`() throws {
    defer { remove() }
    let daemon = try Program.serve(spool, ["--heartbeat-timeout", "5"])
    defer { daemon.send(signal: SIGKILL) }
    try Program.wait("the inbox") { exists("control/answers") }
    try submit("a", images: 60)
    try Program.wait("an image") { isAtWork }
    let workers = try Program.children(of: daemon)
    #expect(workers.count == 1)
    for worker in workers { kill(worker, SIGSTOP) }
    let waited = try run("wait", "a", "--timeout", "120")
    #expect(waited.status == 0, "\(waited.errors)")
    let shown = try run("show", "a").output
    #expect(shown.contains("no sign of life for 5 s") && shown.contains("crashed"), "\(shown)")
    daemon.send(signal: SIGTERM)
    #expect(daemon.wait() == .exited(status: 0))
  }

  @Test func `a background job gives way and is resumed, and a paused spool waits`() throws {
    defer { remove() }
    let daemon = try Program.serve(spool)
    defer { daemon.send(signal: SIGKILL) }
    try Program.wait("the inbox") { exists("control/answers") }
    try submit("background", images: 60, priority: -1)
    try Program.wait("an image") { isAtWork }
    try submit("urgent", images: 1)
    #expect(try run("wait", "urgent", "--timeout", "60").status == 0)
    #expect(try run("pause", "--now", "--reason", "backup").status == 0)
    #expect(try run("status").output.contains("paused: backup"))
    try Program.wait("the job to be put back") {
      (try? run("show", "background").output.contains("queued")) == true
    }
    #expect(!exists("outbox/background"))
    #expect(try run("resume").status == 0)
    #expect(try run("wait", "background", "--timeout", "120").status == 0)
    let data = try Data(contentsOf: spool.appending(path: "outbox/background/result.json"))
    guard case .generate(let result) = try JobJSON.value(JobResult.self, from: data).outcome else {
      Issue.record("no generate job")
      return
    }
    #expect(result.images.count == 60 && result.images.contains { $0.resumed })
    daemon.send(signal: SIGTERM)
    #expect(daemon.wait() == .exited(status: 0))
  }
}
