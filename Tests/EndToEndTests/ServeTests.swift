import Foundation
import Glibc
import Jobs
import Ledger
import Testing

/// Drives the real daemon, worker and models.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct ServeTests {
  let spool: URL

  init() throws { spool = try Program.spool() }

  private func remove() { try? FileManager.default.removeItem(at: spool) }

  private func exists(_ path: String) -> Bool { access(spool.path + "/" + path, F_OK) == 0 }

  private func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: spool.path + "/" + folder)) ?? []).sorted()
  }

  private func drop(_ text: String, as name: String) throws {
    let hidden = spool.appending(path: ".\(name)")
    try Data(text.utf8).write(to: hidden)
    #expect(rename(hidden.path, spool.path + "/inbox/" + name) == 0)
  }

  private func result(of name: String) throws -> GenerateResult {
    let data = try Data(contentsOf: spool.appending(path: "outbox/\(name)/result.json"))
    guard case .generate(let result) = try JobJSON.value(JobResult.self, from: data).outcome else {
      throw JobFailure(.internalError, "\(name) is no generate job")
    }
    return result
  }

  private static func job(images: Int, steps: Int) -> String {
    """
    {"kind": "generate", "model": "flux-mini", "prompts": ["a green apple"], "num_images_per_prompt": \(images),
     "height": 64, "width": 64, "num_inference_steps": \(steps), "seed": 7}
    """
  }

  @Test func `draws what is dropped and drains`() throws {
    defer { remove() }
    try drop(Self.job(images: 2, steps: 2), as: "two words.json")
    try drop("{\"kind\": \"generate\"}", as: "bad.json")
    let outcome = try Program.run("serve", "--spool", spool.path, "--drain")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(names(in: "outbox") == ["two words"] && names(in: "failed") == ["bad"])
    let images = try result(of: "two words").images
    #expect(images.map(\.seed) == [7, 8])
    for image in images { #expect(exists("outbox/two words/\(image.file)")) }
    for file in ["result.json", "job.json", "report.html", "log.txt"] {
      #expect(exists("outbox/two words/\(file)"), "\(file)")
    }
    let recorded = try Ledger.reading(path: spool.path + "/ledger.sqlite")
    let job = try #require(try recorded.job(named: "two words"))
    #expect(try recorded.images(of: job.id).map(\.sha256) == images.map(\.sha256))
  }

  @Test(arguments: ["daemon", "worker"])
  func `kill -9 in the middle of a job loses nothing and publishes once`(victim: String) throws {
    defer { remove() }
    try drop(Self.job(images: 20, steps: 8), as: "a.json")
    var daemon = try Program.serve(spool)
    defer { daemon.send(signal: SIGKILL) }
    // Some images are there, the job is not done.
    try Program.wait("an image") {
      names(in: "active").contains { names(in: "active/\($0)/output/images").count > 1 }
    }
    if victim == "daemon" {
      daemon.send(signal: SIGKILL)
      daemon.wait()
      #expect(names(in: "outbox").isEmpty)
      daemon = try Program.serve(spool)
    } else {
      let workers = try Program.children(of: daemon)
      #expect(workers.count == 1)
      for worker in workers { kill(worker, SIGKILL) }
    }
    try Program.wait("the outbox") { exists("outbox/a") }
    try Program.wait("the end of the claim") { names(in: "active").isEmpty }
    let images = try result(of: "a").images
    #expect(images.count == 20 && images.contains { $0.resumed })
    #expect(names(in: "outbox") == ["a"] && names(in: "failed").isEmpty)
    daemon.send(signal: SIGTERM)
    #expect(daemon.wait() == .exited(status: 0))
    let recorded = try Ledger.reading(path: spool.path + "/ledger.sqlite")
    let job = try #require(try recorded.job(named: "a"))
    #expect(job.state == .done && job.attempts == 2)
  }

  @Test func `SIGTERM puts the running job back, and the next daemon finishes it`() throws {
    defer { remove() }
    try drop(Self.job(images: 20, steps: 8), as: "a.json")
    let daemon = try Program.serve(spool)
    try Program.wait("an image") {
      names(in: "active").contains { names(in: "active/\($0)/output/images").count > 1 }
    }
    daemon.send(signal: SIGTERM)
    #expect(daemon.wait() == .exited(status: 0))
    #expect(names(in: "outbox").isEmpty && names(in: "active").count == 1)
    #expect(try Program.run("serve", "--spool", spool.path, "--drain").status == 0)
    #expect(names(in: "outbox") == ["a"])
  }

  @Test func `exits with what the reader of an exit code expects`() throws {
    defer { remove() }
    let bad = spool.appending(path: "bad.json")
    try Data("{\"kind\": \"scroe\"}".utf8).write(to: bad)
    let good = spool.appending(path: "good.json")
    try Data(Self.job(images: 1, steps: 1).utf8).write(to: good)
    #expect(try Program.run("frobnicate").status == 64)
    #expect(try Program.run("validate", bad.path).status == 65)
    #expect(try Program.run("submit", bad.path, "--spool", spool.path).status == 65)
    #expect(try Program.run("submit", spool.path + "/none.json", "--spool", spool.path).status == 66)
    #expect(try Program.run("submit", good.path, "--spool", spool.path, "--wait").status == 69)
    let daemon = try Program.serve(spool)
    defer { daemon.send(signal: SIGKILL) }
    try Program.wait("the daemon") { exists("ledger.sqlite") }
    let second = try Program.run("serve", "--spool", spool.path)
    #expect(second.status == 75 && second.errors.contains("\(daemon.processID)"))
    let waited = try Program.run("submit", good.path, "--spool", spool.path, "--wait")
    #expect(waited.status == 0 && exists("outbox/good"), "\(waited.errors)")
    #expect(try Program.run("status", "good", "--spool", spool.path).output.contains("done"))
    #expect(try Program.run("logs", "good", "--spool", spool.path).status == 0)
    #expect(try Program.run("status", "none", "--spool", spool.path).status == 66)
    daemon.send(signal: SIGTERM)
    #expect(daemon.wait() == .exited(status: 0))
  }
}
