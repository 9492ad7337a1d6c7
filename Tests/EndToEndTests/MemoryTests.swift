import Foundation
import Jobs
import Testing

/// What jobs are reckoned to take of the memory, beside what they take.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct MemoryTests {
  /// How far the plan may be from the peak: small pictures are reckoned a half too high, as every small
  /// matrix counts as one with panels, embeddings too, and memory that is freed goes back
  /// to the kernel when the allocator likes. A plan that forgets a part is off by far more.
  private static let tolerance = 0.75...1.75

  /// Trainings of miniature models were reckoned 1.1 to 1.6 times too high.
  private static let trainingTolerance = 0.9...2.0

  private static let generate = """
    {"kind": "generate", "model": "flux-mini", "prompts": ["an unripe apple"], "height": 384, "width": 384,
     "num_inference_steps": 1, "score": {"model": "clip-mini"}}
    """

  private func ran(_ job: String, withScenes: Bool = false) throws -> JobTimings {
    let spool = try Program.spool()
    defer { try? FileManager.default.removeItem(at: spool) }
    if withScenes {
      let made = try Program.run(
        "scenes", "write", "--out", spool.path + "/datasets/scenes", "--count", "128", "--seed", "3")
      try #require(made.status == 0, "\(made.errors)")
    }
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

  private static let trainings = [
    """
    {"kind": "reward", "model": "clip-mini", "dataset": "datasets/scenes", "output": "trained", "learning_rate": 1e-4,
     "max_train_steps": 3, "train_batch_size": 16, "gradient_accumulation_steps": 1}
    """,
    """
    {"kind": "sft", "model": "flux-mini", "dataset": "datasets/scenes", "output": "trained", "learning_rate": 1e-3,
     "max_train_steps": 3, "train_batch_size": 16, "gradient_accumulation_steps": 1, "resolution": 64}
    """,
    """
    {"kind": "oft", "model": "flux-mini", "dataset": "datasets/scenes", "output": "trained", "learning_rate": 1e-3,
     "reward": {"model": "clip-mini"}, "detector": {"model": "grounding-dino-mini"}, "rounds": 1, "prompts_per_round": 4,
     "num_inference_steps": 4, "height": 64, "width": 64, "gradient_accumulation_steps": 4}
    """,
  ]

  @Test(arguments: trainings)
  func `training takes what was reckoned`(job: String) throws {
    let timings = try ran(job, withScenes: true)
    let (planned, peak) = (try #require(timings.plannedMemory), try #require(timings.peakMemory))
    print("memory of \(job.prefix(20)): planned \(planned >> 20) MiB, took \(peak >> 20) MiB")
    #expect(Self.trainingTolerance.contains(Double(planned) / Double(peak)))
  }

  @Test func `no memory is taken from the system by a pass that follows another`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bench-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let outcome = try Program.run("bench", "models", "--once", "toy-flux", "--folder", folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("\"fresh_pages\":0"), "\(outcome.output)")
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
