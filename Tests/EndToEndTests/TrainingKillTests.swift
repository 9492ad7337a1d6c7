import ChildProcesses
import Foundation
import Glibc
import Jobs
import Testing

/// Kills the real daemon and worker while a training runs.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct TrainingKillTests {
  let spool: URL

  init() throws {
    spool = try Program.spool()
    let made = try Program.run(
      "scenes", "write", "--out", spool.path + "/datasets/scenes", "--count", "32", "--seed", "3")
    try #require(made.status == 0, "\(made.errors)")
  }

  private static func job(output: String) -> String {
    """
    {"kind": "sft", "model": "flux-mini", "dataset": "datasets/scenes", "output": "\(output)", "rank": 4, "lora_alpha": 4,
     "learning_rate": 1e-3, "max_train_steps": 120, "train_batch_size": 4, "gradient_accumulation_steps": 1, "resolution": 64,
     "checkpointing_steps": 6, "validation_prompts": ["an unripe banana"], "validation_steps": 40, "num_inference_steps": 2,
     "reward": {"model": "clip-mini"}, "seed": 11}
    """
  }

  private func drop(_ name: String) throws {
    let hidden = spool.appending(path: ".\(name)")
    try Data(Self.job(output: "tuned").utf8).write(to: hidden)
    #expect(rename(hidden.path, spool.path + "/inbox/\(name).json") == 0)
  }

  private func newestCheckpoint() -> Int {
    let active = spool.path + "/active"
    let claims = (try? FileManager.default.contentsOfDirectory(atPath: active)) ?? []
    return claims.flatMap { claim in
      (try? FileManager.default.contentsOfDirectory(atPath: "\(active)/\(claim)/output/.checkpoints")) ?? []
    }.compactMap { $0.hasPrefix("step-") ? Int($0.dropFirst(5)) : nil }.max() ?? 0
  }

  @Test func `kill -9 at any moment: the adapter has the bytes of an undisturbed run`() throws {
    defer { try? FileManager.default.removeItem(at: spool) }
    try drop("whole")
    let drained = try Program.run("serve", "--spool", spool.path, "--drain")
    try #require(drained.status == 0 && exists("outbox/whole"), "\(drained.errors)")
    try drop("killed")
    var daemon = try Program.serve(spool)
    defer { daemon.send(signal: SIGKILL) }
    var (kills, before) = (0, 0)
    for (index, pause) in [3_000, 71_000, 20_000, 113_000].enumerated() {
      // Beyond the last kill's checkpoint, so that none repeats the same crash.
      try Program.wait("a checkpoint") { newestCheckpoint() > before || exists("outbox/killed") }
      guard !exists("outbox/killed") else { break }
      before = newestCheckpoint()
      usleep(UInt32(pause))
      if index % 2 == 0 {
        for worker in try Program.children(of: daemon) { kills += kill(worker, SIGKILL) == 0 ? 1 : 0 }
      } else {
        daemon.send(signal: SIGKILL)
        daemon.wait()
        kills += 1
        daemon = try Program.serve(spool)
      }
    }
    #expect(kills >= 2)
    try Program.wait("the outbox") { exists("outbox/killed") }
    for file in ["pytorch_lora_weights.safetensors", "last/pytorch_lora_weights.safetensors"] {
      let (whole, killed) = (try read("outbox/whole/\(file)"), try read("outbox/killed/\(file)"))
      #expect(!whole.isEmpty && whole == killed, "\(file)")
    }
    let result = try JobJSON.value(JobResult.self, from: read("outbox/killed/result.json"))
    guard case .training(let trained) = result.outcome else {
      Issue.record("no training's result")
      return
    }
    #expect(trained.steps == 120 && trained.resumedFrom != nil)
  }

  private func exists(_ path: String) -> Bool { access(spool.path + "/" + path, F_OK) == 0 }
  private func read(_ path: String) throws -> Data { try Data(contentsOf: spool.appending(path: path)) }
}
