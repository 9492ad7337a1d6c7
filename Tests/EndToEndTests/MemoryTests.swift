import Foundation
import Jobs
import Testing

/// What jobs are reckoned to take of the memory, beside what they take.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct MemoryTests {
  /// How far the plan may be from the peak: small pictures are reckoned a third too high, and memory that is freed goes back
  /// to the kernel when the allocator likes. A plan that forgets a part is off by far more.
  private static let tolerance = 0.75...1.6

  private static let generate = """
    {"kind": "generate", "model": "flux-mini", "prompts": ["an unripe apple"], "height": 384, "width": 384,
     "num_inference_steps": 1, "score": {"model": "clip-mini"}}
    """

  private func ran(_ job: String) throws -> JobTimings {
    let spool = try Program.spool()
    defer { try? FileManager.default.removeItem(at: spool) }
    let file = spool.appending(path: "job.json")
    try Data(job.utf8).write(to: file)
    let out = spool.appending(path: "out")
    let outcome = try Program.run("run", file.path, "--spool", spool.path, "--out", out.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try JobJSON.value(JobResult.self, from: Data(contentsOf: out.appending(path: "result.json")))
      .timings
  }

  @Test(arguments: [256, 512])
  func `drawing takes what was reckoned`(side: Int) throws {
    let timings = try ran(Self.generate.replacing("384", with: "\(side)"))
    let (planned, peak) = (try #require(timings.plannedMemory), try #require(timings.peakMemory))
    print("memory of drawing \(side) pixels: planned \(planned >> 20) MiB, took \(peak >> 20) MiB")
    #expect(Self.tolerance.contains(Double(planned) / Double(peak)))
  }

  @Test func `a job that can never fit is refused with the numbers before it loads anything`() throws {
    let spool = try Program.spool()
    defer { try? FileManager.default.removeItem(at: spool) }
    try Data(Self.generate.utf8).write(to: spool.appending(path: "inbox/large.json"))
    let daemon = try Program.serve(spool, ["--drain"], environment: ["SCISPOOL_MEMORY_LIMIT": "60M"])
    #expect(daemon.wait() == .exited(status: 0))
    let file = spool.appending(path: "failed/large/error.json")
    let failure = try JobJSON.value(JobFailure.self, from: Data(contentsOf: file))
    #expect(failure.code == .outOfMemory && failure.disposition == .reject)
    #expect(failure.message.contains("the limit is 60.0 MB") && failure.message.contains("weights"))
  }

  @Test func `validate shows the parts`() throws {
    let spool = try Program.spool()
    defer { try? FileManager.default.removeItem(at: spool) }
    let file = spool.appending(path: "job.json")
    try Data(Self.generate.utf8).write(to: file)
    let shown = try Program.run("validate", "--plan", file.path, "--spool", spool.path)
    #expect(shown.status == 0, "\(shown.errors)")
    for part in [
      "weights of ", "flux-mini", "clip-mini", "activations", "scratch", "peak", "the limit here is",
    ] {
      #expect(shown.output.contains(part), "\(part)")
    }
  }
}
